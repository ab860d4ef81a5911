package servertime

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestTimestamp checks how exactly timestamps of the services, of this machine and of
// another machine are known, with and without the services' time. The clock of this
// machine is 5 minutes fast.
func TestTimestamp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fast := func() time.Time { return time.Now().Add(5 * time.Minute) }
		unknown, known := New("me", fast), New("me", fast)
		known.Update(dateHeader(time.Now()))
		services, wall := time.Now().UnixMilli(), fast().UnixMilli()
		for _, c := range []struct {
			name      string
			clock     *Clock
			timestamp Timestamp
			maxError  time.Duration
			local     time.Duration // from now
		}{
			{"by the services, known", known, Timestamp{At: services}, 0, 0},
			{"by the services, unknown", unknown, Timestamp{At: services}, maxClockError, -5 * time.Minute},
			{"by this machine, known", known, Timestamp{At: wall, By: "me"}, 0, 0},
			{"by this machine, unknown", unknown, Timestamp{At: wall, By: "me"}, 0, 0},
			{"by another machine, known", known, Timestamp{At: services, By: "other"}, maxClockError, 0},
			{"by another machine, unknown", unknown, Timestamp{At: services, By: "other"}, 2 * maxClockError, -5 * time.Minute},
		} {
			if got := c.clock.maxError(c.timestamp); got != c.maxError {
				t.Errorf("%s: maxError = %v, want %v", c.name, got, c.maxError)
			}
			if got := time.Until(c.clock.Local(c.timestamp)); (got - c.local).Abs() > time.Second {
				t.Errorf("%s: Local is %v from now, want %v", c.name, got, c.local)
			}
		}
		if got, want := unknown.Timestamp(time.Now()), (Timestamp{At: wall, By: "me"}); !got.Same(want) {
			t.Errorf("without the services' time, Timestamp = %v, want %v", got, want)
		}
		if got := known.Timestamp(time.Now()); got.By != "" {
			t.Errorf("with the services' time, Timestamp is by %q, want the services", got.By)
		}
	})
}

// TestCorrectedWithoutServicesTime sets the wall clock forward while the services' time is
// not known: the end of a wait does not move.
func TestCorrectedWithoutServicesTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := New("me", func() time.Time { return time.Now().Add(3 * time.Hour) })
		end := time.Now().Add(time.Hour)
		ts := Timestamp{Local: end, At: end.UnixMilli()}
		if got := ts.Corrected(clock); !got.Equal(end) {
			t.Errorf("the wait ends in %v, want in 1h0m0s", time.Until(got))
		}
	})
}

package ringcx

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// TestRestIsBounded has a record say that a stage rests for more than an hour. It
// does not, however often the record is read.
func TestRestIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := record{Gates: map[Stage]gate{StageLogin: {Rests: rests(mark{At: time.Now().Add(75 * time.Minute).UnixMilli()})}}}
		l := newLimits()
		for range 13 {
			l = r.limits(knownClock(), l)
			time.Sleep(maxRetryAfter / 12)
		}
		if err := l.take(StageLogin, 0); err != nil {
			t.Errorf("after more than an hour: %v", err)
		}
	})
}

// TestRestOfAnotherHost has a process find a rest of a minute of another one. If it does not
// know the services' time it keeps the whole of it.
func TestRestOfAnotherHost(t *testing.T) {
	for _, c := range []struct {
		name      string
		known     bool
		off       time.Duration // of the host's clock
		in        time.Duration // when the rest is over
		wantRest  time.Duration
		wantWrite bool
	}{
		{"half an hour", true, 0, 30 * time.Minute, 30 * time.Minute, true},
		{"over", true, 0, -time.Second, 0, false},
		{"far beyond an hour", true, 0, 24 * time.Hour, 0, false},
		{"unknown time", false, 0, 30 * time.Second, time.Minute, true},
		{"fast clock", false, 10 * time.Minute, 30 * time.Second, time.Minute, true},
		{"slow clock", false, -10 * time.Minute, -5 * time.Minute, time.Minute, true},
		{"clock that is wrong by hours", false, 3 * time.Hour, 30 * time.Second, time.Minute, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				clock := knownClock()
				if !c.known {
					clock = &serverClock{host: "me", wall: func() time.Time { return time.Now().Add(c.off) }}
				}
				now, _ := knownClock().now()
				m := mark{At: now.Add(c.in).UnixMilli()}
				r := record{Gates: map[Stage]gate{StageLogin: {Rests: rests(m)}}}
				l := r.limits(clock, newLimits())
				if got := max(time.Until(l.closedUntil(StageLogin)), 0); got != c.wantRest {
					t.Errorf("it rests for %v, want %v", got, c.wantRest)
				}
				r.set(&session{limits: l}, clock, time.Now())
				if got := len(r.Gates[StageLogin].Rests) == 1 && r.Gates[StageLogin].Rests[0].Until == m; got != c.wantWrite {
					t.Errorf("written again: %v, want %v", got, c.wantWrite)
				}
				time.Sleep(c.wantRest)
				if err := l.take(StageLogin, 0); err != nil {
					t.Errorf("after %v: %v", c.wantRest, err)
				}
			})
		})
	}
}

// TestRestAfterAClockStep has a host write its own rest, and read it after its clock
// was set.
func TestRestAfterAClockStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		off := time.Duration(0)
		clock := &serverClock{host: "me", wall: func() time.Time { return time.Now().Add(off) }}
		own := newLimits()
		own.rest(StageLogin, time.Minute, penalty)
		var r record
		r.set(&session{limits: own}, clock, time.Now())
		for _, off = range []time.Duration{-10 * time.Minute, 10 * time.Minute} {
			l := r.limits(clock, own)
			if got := time.Until(l.closedUntil(StageLogin)); got != time.Minute {
				t.Errorf("with a clock that is %v off it rests for %v, want 1m0s", off, got)
			}
		}
	})
}

// TestRestIsSleptAway has a machine sleep for hours after it was told to wait for one.
func TestRestIsSleptAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slept := time.Duration(0)
		wall := func() time.Time { return time.Now().Add(slept) }
		clock := &serverClock{host: "me", wall: wall}
		answer := func() { clock.see(http.Header{"Date": {wall().UTC().Format(http.TimeFormat)}}) }
		answer()
		own := newLimits()
		own.rest(StageLogin, time.Hour, penalty)
		var r record
		r.set(&session{limits: own}, clock, wall())
		slept = 8 * time.Hour
		answer()
		l := r.limits(clock, own)
		if err := l.take(StageLogin, 0); err != nil {
			t.Error(err)
		}
	})
}

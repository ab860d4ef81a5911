package servertime

import (
	"net/http"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// TestServerClock follows the services' time, whatever the host's clock says.
func TestServerClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		skew := 10 * time.Minute
		c := New("me", func() time.Time { return time.Now().Add(skew) })
		answer := func(off time.Duration) {
			c.Update(http.Header{"Date": {time.Now().Add(off).UTC().Format(http.TimeFormat)}})
		}
		check := func(when string, wantKnown bool, want time.Duration) {
			t.Helper()
			now, known := c.Now()
			if off := time.Until(now); known != wantKnown || (off-want).Abs() > time.Second {
				t.Errorf("%s: known %v, off by %v, want %v, %v", when, known, off, wantKnown, want)
			}
		}
		check("before an answer", false, skew)
		answer(0)
		if time.Sleep(59 * time.Second); c.NeedsUpdate() {
			t.Error("it reads each answer")
		}
		if time.Sleep(2 * time.Second); !c.NeedsUpdate() {
			t.Error("it reads no more answers")
		}
		time.Sleep(4 * time.Minute)
		check("after an answer", true, 0)
		answer(-10 * time.Minute)
		check("after one odd answer", true, 0)
		answer(-10 * time.Minute)
		check("after two of the same", true, -10*time.Minute)
		answer(0)
		answer(0)
		check("back again", true, 0)
		machine, wall, services, _ := c.Reading()
		skew = 15 * time.Minute
		check("after the host's clock was set", false, skew)
		c.Adopt(machine, wall, services)
		check("after it heard what was read before", false, skew)
		skew = 0
		answer(0)
		time.Sleep(59 * time.Minute)
		check("an hour after the last answer", true, 0)
		time.Sleep(2 * time.Minute)
		check("long after the last answer", false, 0)
	})
}

// knownClock is one that has just read a Date.
func knownClock() *Clock {
	c := New("me", time.Now)
	c.Update(http.Header{"Date": {time.Now().UTC().Format(http.TimeFormat)}})
	return c
}

// TestHear has a process learn the time from another one's reading, a minute ago.
func TestHear(t *testing.T) {
	for _, c := range []struct {
		name  string
		host  string
		ago   time.Duration
		known bool // the process has seen an answer
		want  bool // it knows the time by the reading
	}{
		{"of this host", "me", time.Minute, false, true},
		{"of another host", "other", time.Minute, false, false},
		{"before the clock was set back", "me", -time.Minute, false, false},
		{"of hours ago", "me", 2 * time.Hour, false, false},
		{"though it is known", "me", time.Minute, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				slow := New("me", func() time.Time { return time.Now().Add(-10 * time.Minute) })
				answer := http.Header{"Date": {time.Now().UTC().Format(http.TimeFormat)}}
				if c.known {
					slow.Update(answer)
				}
				wall := slow.Wall().Add(-c.ago)
				slow.Adopt(c.host, wall, wall.Add(9*time.Minute))
				now, known := slow.Now()
				if got := known && time.Since(now).Round(time.Second) == time.Minute; got != c.want {
					t.Errorf("now is %v ago, known: %v", time.Since(now), known)
				}
				if slow.Confirmed() != c.known || slow.NeedsUpdate() == c.known {
					t.Errorf("sure: %v, wants an answer: %v", slow.Confirmed(), slow.NeedsUpdate())
				}
				if _, _, _, sure := slow.Reading(); sure != c.known {
					t.Errorf("a reading for others is sure: %v", sure)
				}
				slow.Update(answer) // counts at once, however far it is off
				if now, _ := slow.Now(); time.Since(now).Abs() > time.Second || !slow.Confirmed() {
					t.Errorf("after an answer now is %v ago, sure: %v", time.Since(now), slow.Confirmed())
				}
			})
		})
	}
}

// TestMarks reads a time of the record by clocks that are known, and by others.
func TestMarks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wrong := func() time.Time { return time.Now().Add(5 * time.Minute) }
		lost := New("me", wrong)
		knows := New("me", wrong)
		knows.Update(http.Header{"Date": {time.Now().UTC().Format(http.TimeFormat)}})
		now, mine := time.Now().UnixMilli(), wrong().UnixMilli()
		for _, c := range []struct {
			name  string
			clock *Clock
			mark  Timestamp
			doubt time.Duration
			local time.Duration // from now
		}{
			{"services' time, known", knows, Timestamp{At: now}, 0, 0},
			{"services' time, unknown", lost, Timestamp{At: now}, maxClockError, -5 * time.Minute},
			{"own host's, known", knows, Timestamp{At: mine, By: "me"}, 0, 0},
			{"own host's, unknown", lost, Timestamp{At: mine, By: "me"}, 0, 0},
			{"another's, known", knows, Timestamp{At: now, By: "other"}, maxClockError, 0},
			{"another's, unknown", lost, Timestamp{At: now, By: "other"}, 2 * maxClockError, -5 * time.Minute},
		} {
			if got := c.clock.maxError(c.mark); got != c.doubt {
				t.Errorf("%s: doubt is %v, want %v", c.name, got, c.doubt)
			}
			if got := time.Until(c.clock.Local(c.mark)); (got - c.local).Abs() > time.Second {
				t.Errorf("%s: it is in %v, want %v", c.name, got, c.local)
			}
		}
		if m := lost.Timestamp(time.Now()); !m.Same(Timestamp{At: mine, By: "me"}) {
			t.Errorf("a host that does not know the time writes %v", m)
		}
		if m := knows.Timestamp(time.Now()); m.By != "" {
			t.Errorf("one that does writes %v", m)
		}
	})
}

// TestHostOf has two processes of this machine share a clock.
func TestHostOf(t *testing.T) {
	a, b := Machine("a"), Machine("b")
	if a == "" || a != b && (a != "a" || b != "b") {
		t.Errorf("two processes of one machine are of the hosts %q and %q", a, b)
	}
	if _, err := os.Stat("/proc/sys/kernel/random/boot_id"); err == nil && a != b {
		t.Error("on Linux they share no clock")
	}
}

// TestCorrectedByAnUnknownClock sets a wall clock forward while the services' time is not
// known. A wait continues.
func TestCorrectedByAnUnknownClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := New("me", func() time.Time { return time.Now().Add(3 * time.Hour) })
		over := time.Now().Add(time.Hour)
		ts := Timestamp{Local: over, At: over.UnixMilli()}
		if got := ts.Corrected(clock); !got.Equal(over) {
			t.Errorf("it ends in %v, want an hour", time.Until(got))
		}
	})
}

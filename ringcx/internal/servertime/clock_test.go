package servertime

import (
	"net/http"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// dateHeader returns the header of a response with the given Date.
func dateHeader(date time.Time) http.Header {
	return http.Header{"Date": {date.UTC().Format(http.TimeFormat)}}
}

// TestClock checks that a Clock returns the services' time while the machine's clock is
// wrong, is set, and while no response comes for an hour.
func TestClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wallError := 10 * time.Minute
		c := New("me", func() time.Time { return time.Now().Add(wallError) })
		receive := func(dateError time.Duration) { c.Update(dateHeader(time.Now().Add(dateError))) }
		check := func(when string, wantKnown bool, wantError time.Duration) {
			t.Helper()
			now, known := c.Now()
			if got := time.Until(now); known != wantKnown || (got-wantError).Abs() > time.Second {
				t.Errorf("%s: known = %v, error %v, want %v, %v", when, known, got, wantKnown, wantError)
			}
		}
		check("before the first response", false, wallError)
		receive(0)
		if time.Sleep(59 * time.Second); c.NeedsUpdate() {
			t.Error("the clock needs an update 59 s after a response")
		}
		if time.Sleep(2 * time.Second); !c.NeedsUpdate() {
			t.Error("the clock needs no update 61 s after a response")
		}
		time.Sleep(4 * time.Minute)
		check("after a response", true, 0)
		receive(-10 * time.Minute)
		check("after one contradicting Date", true, 0)
		receive(-10 * time.Minute)
		check("after a second Date confirms it", true, -10*time.Minute)
		receive(0)
		receive(0)
		check("after two correct Dates", true, 0)
		machine, wall, services, _ := c.Reading()
		wallError = 15 * time.Minute
		check("after the machine's clock was set", false, wallError)
		c.Adopt(machine, wall, services)
		check("after Adopt of an earlier reading", false, wallError)
		wallError = 0
		receive(0)
		time.Sleep(59 * time.Minute)
		check("59 minutes after the last response", true, 0)
		time.Sleep(2 * time.Minute)
		check("61 minutes after the last response", false, 0)
	})
}

// TestAdopt passes another process's reading of a minute ago to a Clock. The Clock uses it
// only if it comes from the same machine, is not too old or from the future, and the time
// is not known yet. The next Date replaces it.
func TestAdopt(t *testing.T) {
	for _, c := range []struct {
		name    string
		machine string
		age     time.Duration // of the reading
		updated bool          // the process has read a Date itself
		want    bool          // the reading is used
	}{
		{"same machine", "me", time.Minute, false, true},
		{"another machine", "other", time.Minute, false, false},
		{"before the clock was set back", "me", -time.Minute, false, false},
		{"two hours old", "me", 2 * time.Hour, false, false},
		{"time already known", "me", time.Minute, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				slow := New("me", func() time.Time { return time.Now().Add(-10 * time.Minute) })
				response := dateHeader(time.Now())
				if c.updated {
					slow.Update(response)
				}
				wall := slow.Wall().Add(-c.age)
				slow.Adopt(c.machine, wall, wall.Add(9*time.Minute))
				now, known := slow.Now()
				if got := known && time.Since(now).Round(time.Second) == time.Minute; got != c.want {
					t.Errorf("reading used: %v, want %v; the time is %v ago, known: %v", got, c.want, time.Since(now), known)
				}
				if slow.Confirmed() != c.updated || slow.NeedsUpdate() == c.updated {
					t.Errorf("Confirmed = %v, NeedsUpdate = %v, want %v, %v", slow.Confirmed(), slow.NeedsUpdate(), c.updated, !c.updated)
				}
				if _, _, _, ok := slow.Reading(); ok != c.updated {
					t.Errorf("Reading reports %v, want %v", ok, c.updated)
				}
				slow.Update(response) // replaces a second-hand time, however different it is
				if now, _ := slow.Now(); time.Since(now).Abs() > time.Second || !slow.Confirmed() {
					t.Errorf("after a response: the time is %v ago, Confirmed = %v", time.Since(now), slow.Confirmed())
				}
			})
		})
	}
}

// TestMachine checks that two processes have the same machine if the system has a boot id,
// and different ones otherwise.
func TestMachine(t *testing.T) {
	a, b := Machine("a"), Machine("b")
	if a == "" || a != b && (a != "a" || b != "b") {
		t.Errorf("the machines of processes a and b are %q and %q", a, b)
	}
	if _, err := os.Stat("/proc/sys/kernel/random/boot_id"); err == nil && a != b {
		t.Errorf("with a boot id, the machines of two processes are %q and %q, want equal", a, b)
	}
}

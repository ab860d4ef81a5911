package ringcx

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestRosterPlaces lists processes one after the other, and all at once. Each has the
// place after those listed before it, whatever its name, and keeps it when others are
// listed or when it writes again.
func TestRosterPlaces(t *testing.T) {
	for name, pause := range map[string]time.Duration{"apart": time.Second, "at once": 0} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				clock := knownClock()
				var r roster
				var want []string
				for _, process := range []string{"c", "a", "d", "b"} {
					r = r.with(process, clock)
					want = append(want, process)
					time.Sleep(pause)
					if got, _ := r.turns(clock); !cmp.Equal(got, want) {
						t.Fatalf("the turns are %v, want %v", got, want)
					}
				}
				time.Sleep(rosterUpdate)
				r = r.with("c", clock)
				if got, _ := r.turns(clock); !cmp.Equal(got, want) {
					t.Errorf("after a write the turns are %v, want %v", got, want)
				}
			})
		})
	}
}

// TestRosterAfterARestart lists processes that ended without Close, and others that replaced
// them.
func TestRosterAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := knownClock()
		var r roster
		check := func(wantRecent int, want ...string) {
			t.Helper()
			if got, recent := r.turns(clock); !cmp.Equal(got, want) || recent != wantRecent {
				t.Errorf("the turns are %v, %d listed recently, want %v and %d", got, recent, want, wantRecent)
			}
		}
		r = r.with("old 1", clock).with("old 2", clock)
		for range 2 {
			time.Sleep(rosterUpdate)
			r = r.with("old 1", clock)
		}
		r = r.with("new", clock)
		check(1, "new", "old 1")
		if r.has("old 2") {
			t.Error("the entry of a process that ended is kept")
		}
		time.Sleep(rosterEnd + time.Second)
		r["late"] = roster{}.with("late", clock)["late"]
		check(1, "late")
	})
}

// TestRosterIsFull lists one process more than a roster takes.
func TestRosterIsFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := knownClock()
		var r roster
		for i := range maxRoster {
			r = r.with(fmt.Sprint(i), clock)
			time.Sleep(time.Second)
		}
		r = r.with("more", clock)
		if r.has("more") || len(r) != maxRoster {
			t.Errorf("listed: %t, with %d entries", r.has("more"), len(r))
		}
		time.Sleep(rosterUpdate)
		for i := range maxRoster - 1 {
			r = r.with(fmt.Sprint(i+1), clock)
		}
		r = r.with("more", clock)
		if !r.has("more") || r.has("0") || len(r) != maxRoster {
			t.Errorf("listed instead of a process that has not written: %t, with %d entries", r.has("more"), len(r))
		}
	})
}

// TestRosterUpdate checks when a process must write its entry.
func TestRosterUpdate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newTestRecord(time.Now)
		check := func(when string, want bool) {
			t.Helper()
			if got := r.needsEntry(); got != want {
				t.Errorf("%s: a write is due: %t, want %t", when, got, want)
			}
		}
		check("without a record", false)
		r.record.Rev = "rev"
		check("without an entry", true)
		r.record.Lease = &lease{ID: "other"}
		check("while another process renews", false)
		r.record.Lease = nil
		r.record.Roster = roster(nil).with("me", r.clock)
		if r.hasOthers() {
			t.Error("the only process has others")
		}
		check("just written", false)
		time.Sleep(rosterUpdate + time.Second)
		check("later", true)
		r.downSince = time.Now()
		check("while the Store is down", false)
		r.record.Roster = r.record.Roster.with("other", r.clock)
		if !r.hasOthers() {
			t.Error("the other process is missing")
		}
	})
}

// TestFirstTurn lets the Store fail while there is no token: the first process waits for
// 10 s, and one that is not listed waits for those that are.
func TestFirstTurn(t *testing.T) {
	for process, want := range map[string]time.Duration{
		"a": 10 * time.Second, "b": 10*time.Second + turnSpacing, "not listed": 10*time.Second + 3*fullTurnSpacing,
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newTestRecord(time.Now)
			for _, listed := range []string{"a", "b", "c"} {
				r.record.Roster = r.record.Roster.with(listed, r.clock)
			}
			r.process, r.downSince = process, time.Now()
			var o outage
			o.plan(r, nil, time.Now(), 0)
			if got := time.Until(o.due); got != want {
				t.Errorf("%s has its turn in %v, want %v", process, got, want)
			}
		})
	}
}

// TestRejectedTokenInAnOutage lets the Store fail after RingCX rejected the RingCentral token
// of this process: it is not sent again.
func TestRejectedTokenInAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTestShared(t, time.Now, roundTripperFunc(func(r *http.Request) (*http.Response, error) {
			t.Errorf("%s %s is sent", r.Method, r.URL.Path)
			return nil, errNoSource
		}))
		s.record.downSince = time.Now().Add(-time.Hour)
		s.session.rc = rcToken{token: "token", denied: s.process}
		down := errors.New("the Store is down")
		if _, err := s.renewInOutage(t.Context(), &renewal{}, down); !errors.Is(err, down) {
			t.Errorf("error is %v, want %v", err, down)
		}
	})
}

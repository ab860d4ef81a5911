package ringcx

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestRosterPlaces lists processes one after the other, and all at once. Each has the
// place after those before it, whatever its name, and keeps it when others are listed
// or when it writes again.
func TestRosterPlaces(t *testing.T) {
	for name, pause := range map[string]time.Duration{"apart": time.Second, "at once": 0} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				clock := knownClock()
				var roster map[string]member
				var want []string
				for _, owner := range []string{"c", "a", "d", "b"} {
					roster = enlist(roster, owner, clock)
					want = append(want, owner)
					time.Sleep(pause)
					if got, _ := turns(roster, clock); !cmp.Equal(got, want) {
						t.Fatalf("the turns are those of %v, want %v", got, want)
					}
				}
				time.Sleep(rosterUpdate)
				roster = enlist(roster, "c", clock)
				if got, _ := turns(roster, clock); !cmp.Equal(got, want) {
					t.Errorf("after a write the turns are those of %v, want %v", got, want)
				}
			})
		})
	}
}

// TestRosterAfterARestart has processes that ended without Close, and others that took
// their place.
func TestRosterAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := knownClock()
		var roster map[string]member
		check := func(wantRecent int, want ...string) {
			t.Helper()
			if got, recent := turns(roster, clock); !cmp.Equal(got, want) || recent != wantRecent {
				t.Errorf("the turns are those of %v, %d listed lately, want %v and %d", got, recent, want, wantRecent)
			}
		}
		roster = enlist(enlist(roster, "old 1", clock), "old 2", clock)
		for range 2 {
			time.Sleep(rosterUpdate)
			roster = enlist(roster, "old 1", clock)
		}
		roster = enlist(roster, "new", clock)
		check(1, "new", "old 1")
		if _, kept := roster["old 2"]; kept {
			t.Error("the entry of a process that ended is kept")
		}
		time.Sleep(rosterEnd + time.Second)
		late := enlist(map[string]member{}, "late", clock)["late"]
		roster["late"] = late
		check(1, "late")
	})
}

// TestRosterIsFull has one process more than a roster takes.
func TestRosterIsFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := knownClock()
		var roster map[string]member
		for i := range maxRoster {
			roster = enlist(roster, fmt.Sprint(i), clock)
			time.Sleep(time.Second)
		}
		roster = enlist(roster, "more", clock)
		if _, listed := roster["more"]; listed || len(roster) != maxRoster {
			t.Errorf("listed: %t, with %d entries", listed, len(roster))
		}
		time.Sleep(rosterUpdate)
		for i := range maxRoster - 1 {
			roster = enlist(roster, fmt.Sprint(i+1), clock)
		}
		roster = enlist(roster, "more", clock)
		_, gone := roster["0"]
		if _, listed := roster["more"]; !listed || gone || len(roster) != maxRoster {
			t.Errorf("listed in the place of a process that has not written: %t, with %d entries", listed, len(roster))
		}
	})
}

// TestRosterUpdate says when a process must write its entry.
func TestRosterUpdate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newTestLedger(time.Now)
		check := func(when string, want bool) {
			t.Helper()
			if got := l.unlisted(); got != want {
				t.Errorf("%s: a write is due: %t, want %t", when, got, want)
			}
		}
		check("without a record", false)
		l.record.Rev = "rev"
		check("without an entry", true)
		l.record.Lease = &lease{ID: "other"}
		check("while another process renews", false)
		l.record.Lease = nil
		l.record.Roster = enlist(nil, "me", l.clock)
		if l.hasOthers() {
			t.Error("a process alone has others")
		}
		check("just written", false)
		time.Sleep(rosterUpdate + time.Second)
		check("later", true)
		l.down = time.Now()
		check("while the Store is down", false)
		l.record.Roster = enlist(l.record.Roster, "other", l.clock)
		if !l.hasOthers() {
			t.Error("the other process is not seen")
		}
	})
}

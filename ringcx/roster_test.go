package ringcx

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestRosterPlaces lists processes one second apart, and all at the same time. The turn of
// each comes after those of the processes listed before it, whatever its name, and does not
// change when others are listed or when the process writes its entry again.
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
						t.Fatalf("turns = %v, want %v", got, want)
					}
				}
				time.Sleep(rosterUpdate)
				r = r.with("c", clock)
				if got, _ := r.turns(clock); !cmp.Equal(got, want) {
					t.Errorf("after a write: turns = %v, want %v", got, want)
				}
			})
		})
	}
}

// TestRosterAfterARestart lists processes that end without Close, and then the processes that
// replace them: the new ones have the first turns.
func TestRosterAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := knownClock()
		var r roster
		check := func(wantRecent int, want ...string) {
			t.Helper()
			if got, recent := r.turns(clock); !cmp.Equal(got, want) || recent != wantRecent {
				t.Errorf("turns = %v, %d listed recently, want %v, %d", got, recent, want, wantRecent)
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
			t.Error("the roster keeps the entry of a process that has not written for 16 minutes")
		}
		time.Sleep(rosterEnd + time.Second)
		r["late"] = roster{}.with("late", clock)["late"]
		check(1, "late")
	})
}

// TestRosterIsFull lists one process more than fit into a roster. It gets an entry only when
// another process has not written for rosterUpdate.
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
			t.Errorf("full roster: new process listed = %t, %d entries, want false, %d", r.has("more"), len(r), maxRoster)
		}
		time.Sleep(rosterUpdate)
		for i := range maxRoster - 1 {
			r = r.with(fmt.Sprint(i+1), clock)
		}
		r = r.with("more", clock)
		if !r.has("more") || r.has("0") || len(r) != maxRoster {
			t.Errorf("after process 0 has not written: new process listed = %t, process 0 = %t, %d entries, want true, false, %d",
				r.has("more"), r.has("0"), len(r), maxRoster)
		}
	})
}

// TestRosterUpdate checks when a process must write its entry, and whether the roster has
// other processes.
func TestRosterUpdate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newTestRecord(time.Now)
		check := func(when string, want bool) {
			t.Helper()
			if got := r.needsEntry(); got != want {
				t.Errorf("%s: needsEntry = %t, want %t", when, got, want)
			}
		}
		check("without a record", false)
		r.record.Rev = "rev"
		check("without an entry", true)
		r.record.Lease = &lease{ID: "other"}
		check("while another process has the lease", false)
		r.record.Lease = nil
		r.record.Roster = roster(nil).with("me", r.clock)
		if r.hasOthers() {
			t.Error("hasOthers = true in the only process")
		}
		check("directly after a write", false)
		time.Sleep(rosterUpdate + time.Second)
		check("rosterUpdate after a write", true)
		r.downSince = time.Now()
		check("while the Store is down", false)
		r.record.Roster = r.record.Roster.with("other", r.clock)
		if !r.hasOthers() {
			t.Error("hasOthers = false with another process")
		}
	})
}

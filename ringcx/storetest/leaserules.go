package storetest

import (
	"context"
	"sync"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// leaseRules are the rules of a ringcx.LeaseStore.
var leaseRules = []rule{
	{"lease", "an owner is alive from Hold until release, and an unknown owner is not alive", checkLease},
	{"lease twice", "Hold of an owner that is alive returns an error, and changes nothing", checkLeaseTwice},
	{"release twice", "release may be called more than once, and ends only its own Hold", checkReleaseTwice},
	{"leases are separate", "a Hold concerns one owner of one key", checkLeasesSeparate},
	{"concurrent Held", "concurrent calls of Held return the same result", checkConcurrentHeld},
	{"lease context ended", "both methods return soon after ctx ends, and Held returns the correct result or an error", checkLeaseContextEnded},
}

func checkLease(tr *trial) {
	wantAlive(tr, "before Hold", "a", false)
	release := hold(tr, "a")
	wantAlive(tr, "after Hold", "a", true)
	wantAlive(tr, "on a second call", "a", true)
	release()
	wantAlive(tr, "after release", "a", false)
	hold(tr, "a")
	wantAlive(tr, "after Hold, release and Hold", "a", true)
}

func checkLeaseTwice(tr *trial) {
	release := hold(tr, "a")
	if _, err := leaseStore(tr).Hold(tr.Context(), tr.key, "a"); err == nil {
		tr.errorf("Hold of an owner that is alive returns no error, want an error")
	}
	wantAlive(tr, "after a second Hold", "a", true)
	release()
	wantAlive(tr, "after a second Hold and the release of the first", "a", false)
}

func checkReleaseTwice(tr *trial) {
	release := hold(tr, "a")
	release()
	release()
	wantAlive(tr, "after two releases", "a", false)
	hold(tr, "a")
	release()
	wantAlive(tr, "after the release of an earlier Hold", "a", true)
}

func checkLeasesSeparate(tr *trial) {
	release := hold(tr, "a")
	wantAlive(tr, "after Hold of another owner", "A", false)
	wantAlive(tr, "after Hold of another owner", "a/../a", false)
	wantAlive(tr.withKey(tr.key+"2"), "after Hold with another key", "a", false)
	hold(tr, "b")
	release()
	wantAlive(tr, "after the release of another owner", "b", true)
}

func checkConcurrentHeld(tr *trial) {
	for range raceRounds {
		release := hold(tr, "a")
		wantAliveConcurrently(tr, "after Hold", true)
		release()
		wantAliveConcurrently(tr, "after release", false)
	}
}

func checkLeaseContextEnded(tr *trial) {
	hold(tr, "a")
	ctx, cancel := context.WithCancel(tr.Context())
	cancel()
	tr.wantReturn("Held", func() {
		if alive, err := leaseStore(tr).Held(ctx, tr.key, "a"); err == nil && !alive {
			tr.errorf("Held with a context that has ended returns false for an owner that is alive, want true or an error")
		}
	})
	tr.wantReturn("Hold", func() {
		if release, err := leaseStore(tr).Hold(ctx, tr.key, "b"); err == nil {
			release()
		}
	})
	wantAlive(tr, "after calls whose context had ended", "a", true)
}

func leaseStore(tr *trial) ringcx.LeaseStore { return tr.store.(ringcx.LeaseStore) }

// hold calls Hold. The lease ends with release, or at the end of the test.
func hold(tr *trial, owner string) (release func()) {
	tr.Helper()
	release, err := leaseStore(tr).Hold(tr.Context(), tr.key, owner)
	if err != nil {
		tr.fatalf("Hold returns the error %v, want none", err)
	}
	tr.Cleanup(release)
	return release
}

// wantAlive checks the result of Held.
func wantAlive(tr *trial, when, owner string, want bool) {
	tr.Helper()
	if alive, err := leaseStore(tr).Held(tr.Context(), tr.key, owner); err != nil || alive != want {
		tr.fatalf("%s, Held of %q returns %v (error %v), want %v", when, owner, alive, err, want)
	}
}

// wantAliveConcurrently checks the results of concurrent calls of Held for owner "a".
func wantAliveConcurrently(tr *trial, when string, want bool) {
	var wg sync.WaitGroup
	for range racers {
		wg.Go(func() {
			if alive, err := leaseStore(tr).Held(tr.Context(), tr.key, "a"); err != nil || alive != want {
				tr.errorfOnce("%s, one of %d concurrent calls of Held returns %v (error %v), want %v", when, racers, alive, err, want)
			}
		})
	}
	wg.Wait()
}

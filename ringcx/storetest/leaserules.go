package storetest

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

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
	{"lease context ends during a call", "if ctx ends during a call, Held returns the correct result or an error", checkLeaseContextEnds},
	{"lease outlives its context", "the context of Hold is for the call only: the lease lasts until release", checkLeaseOutlivesContext},
	{"failed Hold", "a Hold that returns an error leaves no lease, so that no owner is alive forever", checkFailedHold},
	{"concurrent Hold", "of concurrent calls of Hold for one owner, exactly one succeeds", checkConcurrentHold},
	{"leases of two Stores", "all Stores of a database see the same leases, and only the Hold itself can be released", checkLeasesOfTwoStores},
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
	wantHoldFails(tr, "a")
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

// checkLeaseContextEnds ends the context of Held at each of the first times that it is
// checked.
func checkLeaseContextEnds(tr *trial) {
	hold(tr, "a")
	for i := range 8 {
		ctx, cancel := context.WithCancel(tr.Context())
		counting := &countingContext{Context: ctx, cancel: cancel}
		counting.left.Store(int32(i + 1))
		tr.wantReturn("Held", func() {
			if alive, err := leaseStore(tr).Held(counting, tr.key, "a"); err == nil && !alive {
				tr.errorf("Held whose context ends during the call returns false for an owner that is alive, want true or an error")
			}
		})
		cancel()
	}
	wantAlive(tr, "after calls whose context ended", "a", true)
}

func checkLeaseOutlivesContext(tr *trial) {
	ctx, cancel := context.WithCancel(tr.Context())
	release, err := leaseStore(tr).Hold(ctx, tr.key, "a")
	if err != nil {
		cancel()
		tr.fatalf("Hold returns the error %v, want none", err)
	}
	tr.Cleanup(release)
	cancel()
	time.Sleep(50 * time.Millisecond) // a Store may watch the context
	wantAlive(tr, "after the context of Hold ended", "a", true)
	wantHoldFails(tr, "a")
	release()
	wantAlive(tr, "after release", "a", false)
}

// checkFailedHold calls Hold with a context that has ended, or ends during the call. After an
// error a server may take a moment to end the lease.
func checkFailedHold(tr *trial) {
	for i := range 4 {
		ctx, cancel := context.WithCancel(tr.Context())
		counting := &countingContext{Context: ctx, cancel: cancel}
		counting.left.Store(int32(i))
		if i == 0 {
			cancel()
		}
		release, err := leaseStore(tr).Hold(counting, tr.key, "a")
		cancel()
		if err == nil {
			release()
			continue
		}
		for deadline := time.Now().Add(returnTimeout); ; time.Sleep(10 * time.Millisecond) {
			alive, err := leaseStore(tr).Held(tr.Context(), tr.key, "a")
			if err == nil && !alive {
				break
			}
			if time.Now().After(deadline) {
				tr.fatalf("%v after a Hold that returned an error, Held returns %v (error %v), want false", returnTimeout, alive, err)
			}
		}
		hold(tr, "a")()
	}
}

func checkConcurrentHold(tr *trial) {
	for range raceRounds {
		var succeeded atomic.Int32
		releases := make(chan func(), racers)
		var wg sync.WaitGroup
		for range racers {
			wg.Go(func() {
				if release, err := leaseStore(tr).Hold(tr.Context(), tr.key, "a"); err == nil {
					succeeded.Add(1)
					releases <- release
				}
			})
		}
		wg.Wait()
		close(releases)
		for release := range releases {
			release()
		}
		if n := succeeded.Load(); n != 1 {
			tr.fatalf("%d of %d concurrent calls of Hold succeeded, want 1", n, racers)
		}
	}
}

func checkLeasesOfTwoStores(tr *trial) {
	other := tr.second()
	tr.wantSameDatabase(other)
	release := hold(tr, "a")
	wantAlive(other, "after Hold of another Store", "a", true)
	wantHoldFails(other, "a")
	wantAlive(tr, "after a Hold of another Store failed", "a", true)
	release()
	wantAlive(other, "after release by another Store", "a", false)
	releaseOther := hold(other, "a")
	release()
	wantAlive(tr, "after a second release, while another Store has the lease", "a", true)
	releaseOther()
	wantAlive(tr, "after release by another Store", "a", false)
}

// wantHoldFails calls Hold for an owner that is alive. If the failed call returns a release,
// it must do nothing.
func wantHoldFails(tr *trial, owner string) {
	tr.Helper()
	release, err := leaseStore(tr).Hold(tr.Context(), tr.key, owner)
	if err == nil {
		tr.errorf("Hold of an owner that is alive returns no error, want an error")
	} else if release != nil {
		release()
	}
}

func leaseStore(tr *trial) ringcx.LeaseStore { return tr.store.(ringcx.LeaseStore) }

// hold calls Hold. The lease ends with release, or at the end of the test.
func hold(tr *trial, owner string) (release func()) {
	tr.Helper()
	release, err := leaseStore(tr).Hold(tr.Context(), tr.key, owner)
	if err != nil {
		tr.fatalf("Hold returns the error %v, want none", err)
	}
	if release == nil {
		tr.fatalf("Hold returns neither a release nor an error, want one of them")
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

package storetest

import (
	"context"
	"sync"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// leaseRules are for a [ringcx.LeaseStore]. That a process has ended is beyond
// them: they run in one.
var leaseRules = []rule{
	{"held", "an owner is alive from Hold until release, and an owner of whom nothing is known is not", checkHeld},
	{"held twice", "Hold of an owner that is held already is an error, and changes nothing", checkHeldTwice},
	{"released twice", "release may be called more than once, and ends what its own Hold began", checkReleasedTwice},
	{"held apart", "what is held is one owner of one key", checkHeldApart},
	{"held for all", "all who ask at the same time are told the same", checkHeldForAll},
	{"held context ended", "both methods return soon after ctx ends, and then Held returns the truth or an error", checkHeldEnded},
}

func checkHeld(tr *trial) {
	tr.alive("before any Hold", "a", false)
	release := tr.hold("a")
	tr.alive("after Hold", "a", true)
	tr.alive("asked again", "a", true)
	release()
	tr.alive("after release", "a", false)
	tr.hold("a")
	tr.alive("after Hold, release and Hold", "a", true)
}

func checkHeldTwice(tr *trial) {
	release := tr.hold("a")
	if _, err := tr.leases().Hold(tr.Context(), tr.key, "a"); err == nil {
		tr.broken("Hold of an owner that is held reports no error")
	}
	tr.alive("after a second Hold", "a", true)
	release()
	tr.alive("after a second Hold, and the release of the first", "a", false)
}

func checkReleasedTwice(tr *trial) {
	release := tr.hold("a")
	release()
	release()
	tr.alive("after two releases", "a", false)
	tr.hold("a")
	release()
	tr.alive("after the release of an earlier Hold", "a", true)
}

func checkHeldApart(tr *trial) {
	release := tr.hold("a")
	tr.alive("while another is held", "A", false)
	tr.alive("while another is held", "a/../a", false)
	tr.other(tr.key+"2").alive("while it is held of another key", "a", false)
	tr.hold("b")
	release()
	tr.alive("after the release of another", "b", true)
}

func checkHeldForAll(tr *trial) {
	for range raceRounds {
		release := tr.hold("a")
		tr.allAsk("while it is held", true)
		release()
		tr.allAsk("after release", false)
	}
}

func (tr *trial) allAsk(when string, want bool) {
	var wg sync.WaitGroup
	for range racers {
		wg.Go(func() {
			if alive, err := tr.leases().Held(tr.Context(), tr.key, "a"); err != nil || alive != want {
				tr.raced("%s, Held says %v (error %v) to one of %d who ask at once, want %v", when, alive, err, racers, want)
			}
		})
	}
	wg.Wait()
}

func checkHeldEnded(tr *trial) {
	tr.hold("a")
	ctx, cancel := context.WithCancel(tr.Context())
	cancel()
	tr.soon("Held", func() {
		if alive, err := tr.leases().Held(ctx, tr.key, "a"); err == nil && !alive {
			tr.broken("Held with a context that has ended says that an owner who is held is not alive")
		}
	})
	tr.soon("Hold", func() {
		if release, err := tr.leases().Hold(ctx, tr.key, "b"); err == nil {
			release()
		}
	})
	tr.alive("after calls whose context had ended", "a", true)
}

func (tr *trial) leases() ringcx.LeaseStore { return tr.store.(ringcx.LeaseStore) }

// hold holds an owner until release, or the end of the test.
func (tr *trial) hold(owner string) (release func()) {
	tr.Helper()
	release, err := tr.leases().Hold(tr.Context(), tr.key, owner)
	if err != nil {
		tr.stop("Hold reports %v, want no error", err)
	}
	tr.Cleanup(release)
	return release
}

// alive checks what Held says.
func (tr *trial) alive(when, owner string, want bool) {
	tr.Helper()
	if alive, err := tr.leases().Held(tr.Context(), tr.key, owner); err != nil || alive != want {
		tr.stop("%s, Held of %q says %v (error %v), want %v", when, owner, alive, err, want)
	}
}

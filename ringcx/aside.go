package ringcx

import "time"

const (
	asideValid   = time.Minute      // four times as long with each failure, up to an hour
	longestValid = time.Hour        // of these
	asideFirst   = 4 * time.Second  // while there is no token
	asideExpired = 10 * time.Second // the same, if others have renewed meanwhile; doubled with each failure
	longestAside = 5 * time.Minute  // of these
)

// aside is how long this process leaves renewals to the others. A token request of it
// was rejected or got no response: perhaps its network or its proxy is broken, and
// each further one would spend what all of them share.
type aside struct {
	failed int
	gen    int64         // of the pair at the first failure: a later one is of a process that fares better
	asked  time.Duration // how long the last response asked to wait; others wait that long at most
	at     time.Time     // of the last failure
	sent   bool          // which took something from the others
}

// add counts a failed request, while gen was the pair.
func (a *aside) add(gen int64, sent bool, asked time.Duration) {
	if a.failed == 0 {
		a.gen = gen
	}
	a.failed++
	a.at, a.sent, a.asked = time.Now(), sent, min(asked, penalty)
}

// while returns how long this process stands aside after the last failure, if there is
// a valid token.
func (a *aside) whileValid() time.Duration {
	return min(asideValid<<(2*min(a.failed-1, 6)), longestValid)
}

// whileExpired returns the same if there is none. Only if others have renewed since the
// first failure it is long: else they may be idle, or have ended.
func (a *aside) whileExpired(gen int64) time.Duration {
	switch {
	case !a.sent:
		return 0
	case gen > a.gen:
		return a.asked + min(asideExpired<<min(a.failed-1, 6), longestAside)
	case a.failed == 1 || a.asked > 0:
		return a.asked + asideFirst // whoever did not fail goes first
	}
	return 0
}

// yields reports whether this process leaves the renewal to others, for now.
func (e *engine) yields() bool {
	a := &e.aside
	if a.failed == 0 || !e.ledger.hasOthers() {
		return false
	}
	d := a.whileValid()
	if e.state.Load().phase(e.now()) == expired {
		d = a.whileExpired(e.session.gen)
	}
	return time.Since(a.at) < d
}

// othersRenew reports whether a renewal that has just failed is better left to other
// processes: the shared token is still valid, or only one endpoint rejected it and the
// others fare better than this process.
func (e *engine) othersRenew() bool {
	if e.ledger == nil || e.outage.on || !e.ledger.hasOthers() {
		return false
	}
	st, now := e.state.Load(), e.now()
	return st.phase(now) != expired || st.lastResort(now) != nil && e.session.gen > e.aside.gen
}

// hasToken reports whether callers have a token for now: a valid one, or one that one
// endpoint rejected and others may take.
func (e *engine) hasToken() bool {
	st := e.state.Load()
	return st.phase(e.now()) != expired || st.lastResort(e.now()) != nil
}

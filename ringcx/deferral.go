package ringcx

import "time"

const (
	deferValid      = time.Minute      // four times as long with each failure
	maxDeferValid   = time.Hour        // of these
	deferNoToken    = 4 * time.Second  // while there is no valid token
	deferOthers     = 10 * time.Second // the same, if others have renewed meanwhile; doubled with each failure
	maxDeferNoToken = 5 * time.Minute  // of these
)

// deferral says for how long this process leaves renewals to others after its token
// requests were rejected or got no response. Its network or its proxy may be broken, and
// each further request counts towards the limits that all processes share.
type deferral struct {
	failures int
	gen      int64         // of the tokens at the first failure; later tokens are of a process that succeeded
	asked    time.Duration // how long the last response asked to wait, at most as long as others wait
	at       time.Time     // of the last failure
	sent     bool          // the last failed request may have counted towards a limit
}

// add records a failed request while gen was the generation of the tokens.
func (d *deferral) add(gen int64, sent bool, asked time.Duration) {
	if d.failures == 0 {
		d.gen = gen
	}
	d.failures++
	d.at, d.sent, d.asked = time.Now(), sent, min(asked, rateCooldown)
}

// holds reports whether a renewal is left to others now. valid says that there is a valid
// token, and gen is the generation of the tokens.
func (d *deferral) holds(valid bool, gen int64) bool {
	if d.failures == 0 {
		return false
	}
	wait := d.withoutToken(gen)
	if valid {
		wait = d.withToken()
	}
	return time.Since(d.at) < wait
}

// withToken returns the wait after the last failure while there is a valid token.
func (d *deferral) withToken() time.Duration {
	return min(deferValid<<(2*min(d.failures-1, 6)), maxDeferValid)
}

// withoutToken returns the wait after the last failure while there is no valid token. It
// is long only if others have renewed since the first failure: otherwise they may be
// idle, or have ended.
func (d *deferral) withoutToken(gen int64) time.Duration {
	switch {
	case !d.sent:
		return 0
	case gen > d.gen:
		return d.asked + min(deferOthers<<min(d.failures-1, 6), maxDeferNoToken)
	case d.failures == 1 || d.asked > 0:
		return d.asked + deferNoToken // a process without a failure goes first
	}
	return 0
}

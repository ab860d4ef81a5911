package ringcx

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"
)

const (
	outageStart  = 10 * time.Second         // before that a process waits for the Store
	firstTurn    = 60 * time.Second         // before the shared token ends
	turnSpacing  = 15 * time.Second         // four a minute: one other request may come in between
	fullSpacing  = 13500 * time.Millisecond // if 15 s are too long for a turn of each process in a token's life
	fullRoster   = 17                       // processes
	turnAgain    = 20 * time.Second         // before the own token ends: maxRoster turns after it was requested
	maxSignIns   = 4                        // of all processes, in an outage
	outageSignIn = 5 * time.Minute          // between two sign-ins of one process
)

// outage says when this process may request a token of its own while the Store is down.
type outage struct {
	on      bool      // this renewal does
	began   time.Time // the outage
	first   time.Time // the first turn of the first process
	place   int       // of this process in a round
	size    int       // places in a round
	taken   int       // places that others surely have, for a process that is not listed
	listed  bool      // the roster has a place for it
	due     time.Time // its next turn
	failed  int       // requests in this outage that met a limit
	refresh string    // of the pair that this process has for itself
	signIn  time.Time // of this process, the last one in an outage
}

// plan sets the first turn in an outage. The shared token of all processes ends at the
// same moment, and RingCX allows five requests a minute, so that they take turns in
// the order of the roster, the first ones before the token ends. A process that is not
// listed draws a place.
func (o *outage) plan(l *ledger, st *state, wall time.Time, jitter float64) {
	if o.began == l.down {
		return
	}
	*o = outage{began: l.down, first: l.down.Add(outageStart)}
	if st.phase(wall) != expired {
		o.first = later(o.first, time.Now().Add(st.expire.at.Sub(wall)-firstTurn))
	}
	owners, recent := turns(l.record.Roster, l.clock)
	place := slices.Index(owners, l.owner)
	if o.listed = place >= 0; o.listed {
		o.place, o.size = place, len(owners)
	} else {
		o.taken, o.size = recent%maxRoster, maxRoster
		o.draw(jitter)
	}
	o.due = o.first.Add(time.Duration(o.place) * o.spacing())
}

// spacing is the time between two turns.
func (o *outage) spacing() time.Duration {
	if o.size < fullRoster {
		return turnSpacing
	}
	return fullSpacing
}

// draw takes a place in a round that no process was given lately.
func (o *outage) draw(jitter float64) {
	o.place = o.taken + int(jitter*float64(maxRoster-o.taken))
}

// maySignIn reports whether this process may sign in, if no RingCentral token is left: the
// first four, because RingCentral ends the oldest of about five sessions, and each once
// in a token's life, because they cannot share its limit.
func (o *outage) maySignIn() bool {
	return o.listed && o.place < maxSignIns && time.Since(o.signIn) >= outageSignIn
}

// succeeded sets the next turn, before the token ends that this one brought.
func (o *outage) succeeded(st *state, wall time.Time) {
	o.failed, o.due = 0, time.Now().Add(st.expire.at.Sub(wall)-turnAgain)
}

// put sets the next turn after a request that failed: soon if nothing was sent, else
// after a round. After a 429 the wait doubles each time, because more processes may be
// there than RingCX allows requests.
func (o *outage) put(err error, jitter float64) {
	round := time.Duration(o.size) * o.spacing()
	switch {
	case nothingSent(err):
		o.due = time.Now().Add(unsentBackOff)
		return
	case statusOf(err) == http.StatusTooManyRequests:
		round = max(round, penalty) << min(o.failed, 4)
		if o.failed++; o.size >= fullRoster {
			round *= 2 // each minute has its five requests
		}
	}
	before := o.place
	if !o.listed {
		o.draw(jitter)
	}
	o.due = later(o.due, time.Now()).Add(round + time.Duration(o.place-before)*o.spacing())
}

// errNoLogin ends a renewal in an outage of a process that may not sign in.
var errNoLogin = errors.New("ringcx: the RingCentral token has ended")

// renewOutage is what a process may do while the Store is down: use its token, and
// request one more in its turn, with the RingCentral token that it holds, and later
// with the refresh token that came. The shared refresh token it does not spend.
func (e *engine) renewOutage(ctx context.Context, down error) (*state, error) {
	o := &e.outage
	o.plan(e.ledger, e.state.Load(), e.now(), e.jitter())
	if time.Now().Before(o.due) || o.refresh == "" && !e.mayExchange() && !o.maySignIn() {
		return nil, down
	}
	st, err := e.renewForItself(ctx)
	switch {
	case err == errNoLogin:
		return nil, down
	case err != nil:
		o.put(err, e.jitter())
		return nil, err
	}
	o.succeeded(st, e.now())
	return st, nil
}

// renewForItself renews with the refresh token of this process alone. What that brings is
// in no record, so that the session stays as it is.
func (e *engine) renewForItself(ctx context.Context) (*state, error) {
	o, shared, pending := &e.outage, e.session, e.ledger.pending
	defer func() {
		o.on, o.refresh, e.ledger.pending = false, e.session.refresh, pending
		e.session.gen, e.session.pair = shared.gen, shared.pair
		e.session.refresh, e.session.spent = shared.refresh, shared.spent
	}()
	o.on, e.session.refresh = true, o.refresh
	return e.renew(ctx)
}

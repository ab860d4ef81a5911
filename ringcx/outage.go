package ringcx

import (
	"errors"
	"net/http"
	"slices"
	"time"
)

const (
	outageStart      = 10 * time.Second         // from the first failed call of the Store to the first turn
	firstTurn        = 60 * time.Second         // before the shared token expires
	turnSpacing      = 15 * time.Second         // four a minute: one other request may come in between
	fullTurnSpacing  = 13500 * time.Millisecond // if 15 s are too long for a turn of each process in the lifetime of a token
	fullRoster       = 17                       // processes
	turnAgain        = 20 * time.Second         // before the own token expires: maxRoster turns after it was requested
	maxOutageSignIns = 4                        // processes that may sign in during an outage
	signInSpacing    = 5 * time.Minute          // between two sign-ins of one process
)

// outage says when this process may request tokens of its own while the Store is down.
type outage struct {
	began   time.Time // of the outage
	first   time.Time // the first turn of the first process
	place   int       // of this process in a round
	size    int       // places in a round
	taken   int       // places that other processes certainly have, for a process that is not listed
	listed  bool      // the roster has a place for this process
	due     time.Time // the next turn
	limited int       // requests in this outage that got a 429
	refresh string    // the refresh token of this process alone
	signIn  time.Time // the last sign-in of this process in an outage
}

// plan sets the first turn of this process, once for each outage. The shared token of all
// processes expires at the same moment, and RingCX allows five requests a minute, so the
// processes take turns in the order of the roster, the first ones before the token
// expires. A process that is not listed draws a place.
func (o *outage) plan(r *sharedRecord, st *state, wall time.Time, jitter float64) {
	if o.began.Equal(r.downSince) {
		return
	}
	*o = outage{began: r.downSince, first: r.downSince.Add(outageStart)}
	if st.phase(wall) != expired {
		o.first = later(o.first, time.Now().Add(st.expireAt.mono.Sub(wall)-firstTurn))
	}
	processes, recent := r.record.Roster.turns(r.clock)
	place := slices.Index(processes, r.process)
	if o.listed = place >= 0; o.listed {
		o.place, o.size = place, len(processes)
	} else {
		o.taken, o.size = recent%maxRoster, maxRoster
		o.draw(jitter)
	}
	o.due = o.first.Add(time.Duration(o.place) * o.spacing())
}

// spacing returns the time between two turns.
func (o *outage) spacing() time.Duration {
	if o.size < fullRoster {
		return turnSpacing
	}
	return fullTurnSpacing
}

// draw takes a place in a round that no process of the roster has.
func (o *outage) draw(jitter float64) {
	o.place = o.taken + int(jitter*float64(maxRoster-o.taken))
}

// maySignIn reports whether this process may sign in if it has no RingCentral token: the
// first four may, because RingCentral ends the oldest of about five sessions, and each
// once in the lifetime of a RingCX token, because they cannot share the limit.
func (o *outage) maySignIn() bool {
	first := o.listed && o.place < maxOutageSignIns
	return first && time.Since(o.signIn) >= signInSpacing
}

// succeeded sets the next turn, before the token st expires.
func (o *outage) succeeded(st *state, wall time.Time) {
	o.limited, o.due = 0, time.Now().Add(st.expireAt.mono.Sub(wall)-turnAgain)
}

// failed sets the next turn after a request that failed with err: soon if nothing was
// sent, otherwise after a round. After a 429 the wait doubles each time, because there
// may be more processes than RingCX allows requests.
func (o *outage) failed(err error, jitter float64) {
	round := time.Duration(o.size) * o.spacing()
	switch {
	case nothingSent(err):
		o.due = time.Now().Add(unsentBackOff)
		return
	case statusOf(err) == http.StatusTooManyRequests:
		round = max(round, rateCooldown) << min(o.limited, 4)
		if o.limited++; o.size >= fullRoster {
			round *= 2 // each minute already has its five requests
		}
	}
	before := o.place
	if !o.listed {
		o.draw(jitter)
	}
	o.due = later(o.due, time.Now()).Add(round + time.Duration(o.place-before)*o.spacing())
}

// errNoSignIn ends a renewal in an outage of a process that may not sign in.
var errNoSignIn = errors.New("ringcx: the RingCentral token has expired")

package ringcx

import (
	"encoding/json"
	"time"

	"golang.org/x/oauth2"
)

// state is the token that callers are given, and its times. It is never
// changed: a renewal puts another in its place.
type state struct {
	token         oauth2.Token    // handed out as copies only
	header        []string        // the value of the Authorization header
	answer        json.RawMessage // of the exchange or refresh that brought it, without secrets
	renew, expire moment
	provisional   bool   // its age was not known: another host bought it
	end           moment // of a token that is accused: when it expires by itself
	named         bool   // the 401 that accused it named the token
}

// phase says what may be done with a state.
type phase int

const (
	expired phase = iota // not to be used
	stale                // good, and due for a renewal
	fresh                // good
)

// phase of a state, also of none.
func (st *state) phase(now time.Time) phase {
	switch {
	case st == nil:
		return expired
	case !st.renew.reached(now):
		return fresh
	case !st.expire.reached(now):
		return stale
	}
	return expired
}

// copyToken returns a token that the caller may write into. x/oauth2 does:
// ReuseTokenSource and NewClient set fields of the token that they are given. It
// is made field by field, because a copy of the whole costs the garbage collector
// a look at every pointer of it.
func (st *state) copyToken() *oauth2.Token {
	return &oauth2.Token{AccessToken: st.token.AccessToken, TokenType: "Bearer", Expiry: st.token.Expiry}
}

// isToken reports whether access is the token of st.
func (st *state) isToken(access string) bool {
	return st != nil && st.token.AccessToken == access
}

// refused is st as it is after a call met a 401 with its token: to be renewed
// before it is used again. named says that the 401 named the token.
func (st *state) refused(named bool) *state {
	r := *st
	if !st.accused() {
		r.end = st.expire
	}
	r.renew, r.expire, r.named = moment{}, moment{}, named
	return &r
}

// accused reports whether st is what refused returned.
func (st *state) accused() bool { return st.end != moment{} }

// lastResort is st if its token was rejected by a 401 that another endpoint may
// not return, or nil. A 401 that names the token is returned by every endpoint.
func (st *state) lastResort(now time.Time) *state {
	if st == nil || !st.accused() || st.named || st.end.reached(now) {
		return nil
	}
	return st
}

// moment is a time on both clocks. It is reached as soon as either says so: the
// monotonic clock stands still while a machine sleeps, and the wall clock can be
// set back.
type moment struct {
	at   time.Time // with a monotonic reading, where the clock gave one
	wall int64     // Unix nanoseconds
}

func at(t time.Time) moment { return moment{at: t, wall: t.UnixNano()} }

func (m moment) reached(now time.Time) bool {
	return now.UnixNano() >= m.wall || !now.Before(m.at)
}

// newState makes the state of an access token that was requested at sent and lives for
// life.
func newState(access string, answer json.RawMessage, sent time.Time, life, renewBefore time.Duration) *state {
	before := life / 4
	if renewBefore > 0 {
		before = min(renewBefore, life/2)
	}
	end := sent.Add(life - min(10*time.Second, life/10))
	renew := sent.Add(life - before)
	if renew.After(end) {
		renew = end
	}
	return &state{
		token:  oauth2.Token{AccessToken: access, TokenType: "Bearer", Expiry: end, ExpiresIn: 0},
		header: []string{"Bearer " + access},
		answer: answer,
		renew:  at(renew),
		expire: at(end),
	}
}

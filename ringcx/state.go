package ringcx

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"

	"github.com/ringcx-go/ringcx-go/ringcx/internal/servertime"
)

const (
	// defaultLifetime is how long a RingCX access token is valid if it does not contain
	// its lifetime.
	//
	// Source: RingCX documentation, on the refresh of the access token.
	defaultLifetime = 5 * time.Minute

	maxLifetime = time.Hour // longer lifetimes in a token are not believed

	// maxHeadStart is by how much before the usual time a token of a shared session is
	// renewed by the process that obtained it. It is longer than a token request takes.
	maxHeadStart = 4 * time.Second
)

// state is an access token with its times. It is immutable: a renewal replaces it.
type state struct {
	token    oauth2.Token    // callers get copies
	header   []string        // the value of the Authorization header
	response json.RawMessage // of the exchange or refresh, without secrets

	renewAt  deadline // from when on the token is renewed
	expireAt deadline // from when on it is not used

	provisional bool // its age is a guess: another process requested it, and the time is not known

	// After a call got status 401 with this token, both times above are zero.
	expireAtBefore401 deadline // expireAt before the 401; zero: there was none
	named401          bool     // the 401 said that the token itself is invalid
}

// phase says what a state may be used for.
type phase int

const (
	expired phase = iota // must not be used
	stale                // may be used, and should be renewed
	fresh                // may be used
)

// newState returns the state of an access token that was requested at sent. It expires a
// tenth of its lifetime early, at most 10 s. Its renewal begins renewBefore earlier than the
// end of its lifetime, by default a quarter of the lifetime.
func newState(access string, response json.RawMessage, sent time.Time, lifetime, renewBefore time.Duration) *state {
	before := lifetime / 4
	if renewBefore > 0 {
		before = min(renewBefore, lifetime/2)
	}
	end := sent.Add(lifetime - min(10*time.Second, lifetime/10))
	renew := earlier(sent.Add(lifetime-before), end)
	return &state{
		token:    oauth2.Token{AccessToken: access, TokenType: "Bearer", Expiry: end, ExpiresIn: 0},
		header:   []string{"Bearer " + access},
		response: response,
		renewAt:  deadlineAt(renew),
		expireAt: deadlineAt(end),
	}
}

// withHeadStart returns st for a process that shares its session: it is renewed earlier, by
// a share of maxHeadStart that is 1 for the process that obtained the token, and random for
// the others. So most processes find the next token when they read the record, and not the
// lease of the process that requests it, after which they would have to read it again.
func (st *state) withHeadStart(share float64) *state {
	r := *st
	window := st.expireAt.mono.Sub(st.renewAt.mono)
	most := min(window/16, maxHeadStart)
	r.renewAt = deadlineAt(st.renewAt.mono.Add(-time.Duration(share * float64(most))))
	return &r
}

// phase returns the phase of st, which may be nil.
func (st *state) phase(now time.Time) phase {
	switch {
	case st == nil:
		return expired
	case !st.renewAt.reached(now):
		return fresh
	case !st.expireAt.reached(now):
		return stale
	}
	return expired
}

// copyToken returns a token that the caller may modify; oauth2.ReuseTokenSource and
// oauth2.NewClient do. It is built field by field because copying the whole struct costs
// a write barrier for each pointer in it.
func (st *state) copyToken() *oauth2.Token {
	return &oauth2.Token{AccessToken: st.token.AccessToken, TokenType: "Bearer", Expiry: st.token.Expiry}
}

// isToken reports whether access is the token of st, which may be nil.
func (st *state) isToken(access string) bool {
	return st != nil && st.token.AccessToken == access
}

// after401 returns st after a call got status 401 with its token: the token must be
// renewed before it is used again. named says that the 401 named the token.
func (st *state) after401(named bool) *state {
	r := *st
	if !st.got401() {
		r.expireAtBefore401 = st.expireAt
	}
	r.renewAt, r.expireAt, r.named401 = deadline{}, deadline{}, named
	return &r
}

// got401 reports whether after401 returned st.
func (st *state) got401() bool { return st.expireAtBefore401 != deadline{} }

// lastResort returns st if a call got status 401 with its token but other endpoints may
// still accept it, and nil otherwise. A 401 that names the token means that no endpoint
// accepts it.
func (st *state) lastResort(now time.Time) *state {
	switch {
	case st == nil || st.named401:
		return nil
	case !st.got401() || st.expireAtBefore401.reached(now):
		return nil
	}
	return st
}

// mayBeRedated reports whether the same token may be adopted again with another age.
func (st *state) mayBeRedated() bool { return st.provisional && !st.got401() }

// dueNow returns st, to be renewed at once.
func (st *state) dueNow() *state {
	r := *st
	r.renewAt = deadline{}
	return &r
}

// currentToken holds the state that callers are given. Safe for concurrent use.
type currentToken struct {
	state atomic.Pointer[state]
	now   func() time.Time
}

// phase returns the phase of the current token.
func (c *currentToken) phase() phase { return c.state.Load().phase(c.now()) }

// lastResort returns the current state if it is a last resort, or nil.
func (c *currentToken) lastResort() *state { return c.state.Load().lastResort(c.now()) }

// usable reports whether callers have a token for now: a valid one, or a last resort.
func (c *currentToken) usable() bool { return c.phase() != expired || c.lastResort() != nil }

// invalidate expires the token access, if it is the current one. After a 401 that named
// the token it is not a last resort either.
func (c *currentToken) invalidate(access string, named bool) {
	st := c.state.Load()
	if !st.isToken(access) {
		return
	}
	if known := st.got401() && (st.named401 || !named); known {
		return
	}
	c.state.CompareAndSwap(st, st.after401(named))
}

// recheck makes a token that was adopted without knowing its age due for a renewal,
// which looks at the record again.
func (c *currentToken) recheck() {
	if st := c.state.Load(); st != nil && st.provisional {
		c.state.CompareAndSwap(st, st.dueNow())
	}
}

// lifetimeOf returns the lifetime of an access token, at most an hour, from the claims of
// the JWT that it is: exp − iat, or exp − date if that is clearly less, where date is
// the Date of the response that brought it and took how long the request took. It
// returns five minutes if access is not a JWT, expires before it begins, or has no iat in
// a response without a Date. Only differences of times are used, so a wrong clock of
// this machine does not matter.
func lifetimeOf(access string, date time.Time, took time.Duration) time.Duration {
	parts := strings.Split(access, ".")
	if len(parts) != 3 {
		return defaultLifetime
	}
	var claims struct{ Exp, Iat *float64 }
	if json.Unmarshal(decodeSegment(parts[1]), &claims) != nil || claims.Exp == nil {
		return defaultLifetime
	}
	left := boundedLifetime(*claims.Exp - float64(date.Unix()))
	switch {
	case claims.Iat == nil && date.IsZero():
		return defaultLifetime
	case claims.Iat == nil:
		return left
	}
	lifetime := boundedLifetime(*claims.Exp - *claims.Iat)
	if !date.IsZero() && left+took < lifetime-servertime.Drift {
		return left // the token was issued before this response
	}
	return lifetime
}

// boundedLifetime returns a lifetime of s seconds, at most an hour, and five minutes if s
// is less than 1.
func boundedLifetime(s float64) time.Duration {
	switch {
	case s < 1:
		return defaultLifetime
	case s > maxLifetime.Seconds():
		return maxLifetime
	}
	return time.Duration(s * float64(time.Second))
}

// decodeSegment decodes a part of a JWT. It returns nil for one that is not valid
// Base64.
func decodeSegment(s string) []byte {
	b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(s, "="))
	if err != nil {
		return nil
	}
	return b
}

// deadline is a point in time on both clocks of this machine. It is reached as soon as
// either clock reaches it: the monotonic clock stops while the machine is suspended, and
// the wall clock can be set back.
type deadline struct {
	mono time.Time // with a monotonic reading, if the clock gave one
	wall int64     // Unix time in nanoseconds
}

// deadlineAt returns the deadline t, a time of the wall clock that may have a monotonic
// reading.
func deadlineAt(t time.Time) deadline { return deadline{mono: t, wall: t.UnixNano()} }

// deadlineIn returns the deadline d from now; wall is the time of the wall clock.
func deadlineIn(d time.Duration, wall time.Time) deadline {
	return deadline{mono: time.Now().Add(d), wall: wall.Add(d).UnixNano()}
}

// reached reports whether d is reached at now, a reading of the clock that d was made
// with.
func (d deadline) reached(now time.Time) bool {
	return now.UnixNano() >= d.wall || !now.Before(d.mono)
}

// passed reports whether d is reached; wall is the time of the wall clock.
func (d deadline) passed(wall time.Time) bool {
	return time.Until(d.mono) <= 0 || wall.UnixNano() >= d.wall
}

// earliest returns the time of the monotonic clock at which the first of the clocks
// reaches d; wall is the time of the wall clock.
func (d deadline) earliest(wall time.Time) time.Time {
	return earlier(d.mono, time.Now().Add(time.Unix(0, d.wall).Sub(wall)))
}

// suspended reports whether the machine seems to have been suspended since d was made:
// the wall clock has advanced further than the monotonic clock. The wall clock may also
// have been set forward, so this must not lift a limit.
func (d deadline) suspended(wall time.Time) bool {
	ahead := time.Duration(wall.UnixNano()-d.wall) - time.Since(d.mono)
	return ahead > servertime.MinSuspend
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

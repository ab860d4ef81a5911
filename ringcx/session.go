package ringcx

import (
	"encoding/json"
	"time"
)

// session is all that is known of the sign-in. Whoever holds the engine's slot
// owns it.
type session struct {
	refresh string // the RingCX refresh token; empty where it is spent or none came
	login   login
	limits  limits

	gen  int64 // rises with each pair
	pair pair
}

// pair is what an exchange or a refresh brought, but for the refresh token.
type pair struct {
	access string
	answer json.RawMessage
	sent   instant // when it was asked for; seen is zero where this host did
	guess  bool    // sent is not known, and is when this host first saw the pair

	host string // that asked for it
	wall int64  // when, by that host's own clock, in milliseconds
}

// stamp says how the record gives the times of s.
func (s *session) stamp(c *serverClock, wall time.Time) {
	s.pair.sent.stamp(c)
	if s.login.until != nil && s.login.shared == 0 {
		s.login.shared = c.server(time.Now().Add(s.login.until.at.Sub(wall)))
	}
	for stage, until := range s.limits.restUntil {
		until.stamp(c)
		s.limits.restUntil[stage] = until
	}
	for _, hits := range s.limits.hits {
		for i := range hits {
			hits[i].stamp(c)
		}
	}
}

// good reports whether the pair may be used.
func (p pair) good(wall time.Time) bool {
	return p.access != "" && p.state(wall, 0).phase(wall) != expired
}

// state is what callers are given of the pair.
func (p pair) state(wall time.Time, renewBefore time.Duration) *state {
	st := newState(p.access, p.answer, wall.Add(-time.Since(p.sent.at)), renewBefore)
	st.provisional = p.guess
	return st
}

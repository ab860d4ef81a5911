package ringcx

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// session is all that is known of the sign-in. Whoever holds the engine's slot
// owns it.
type session struct {
	refresh string // the RingCX refresh token; empty where it is spent or none came
	spent   string // the one that this host sent last
	login   login
	limits  limits

	gen  int64 // rises with each pair
	pair pair
}

// pair is what an exchange or a refresh brought, but for the refresh token.
type pair struct {
	access string
	answer json.RawMessage // without secrets
	sent   instant         // when it was asked for
	life   time.Duration   // of the access token
	guess  bool            // sent is not known for sure
}

// secretMembers are those of the answer to an exchange or a refresh. The session
// has the tokens in places of their own; nobody has a use for the others.
var secretMembers = []string{
	"accessToken", "refreshToken", "rcAccessToken", "rcRefreshToken", "loginHashcode", "password", "phoneLoginPin",
}

// bare returns an answer without its secrets.
func bare(answer []byte) json.RawMessage {
	decoder := json.NewDecoder(bytes.NewReader(answer))
	decoder.UseNumber() // keeps every digit
	var all any
	if err := decoder.Decode(&all); err != nil {
		return nil
	}
	strip(all)
	stripped, _ := json.Marshal(all) // of what was decoded
	return stripped
}

func strip(value any) {
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			if slices.ContainsFunc(secretMembers, func(s string) bool { return strings.EqualFold(s, name) }) {
				delete(v, name)
			}
			strip(member)
		}
	case []any:
		for _, element := range v {
			strip(element)
		}
	}
}

// stamp says how the record gives the times of s.
func (s *session) stamp(c *serverClock, wall time.Time) {
	s.pair.sent.stamp(c)
	if s.login.until != nil && s.login.mark == (mark{}) {
		s.login.mark = c.mark(time.Now().Add(s.login.until.at.Sub(wall)))
	}
	for _, rests := range s.limits.rests {
		for i := range rests {
			rests[i].since.stamp(c)
			rests[i].until.stamp(c)
		}
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
	st := newState(p.access, p.answer, wall.Add(-time.Since(p.sent.at)), p.life, renewBefore)
	st.provisional = p.guess
	return st
}

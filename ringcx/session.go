package ringcx

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx/internal/servertime"
)

// session is everything that is known of the sign-in. It belongs to the goroutine that
// holds tokenCache.slot.
type session struct {
	refresh string // the RingCX refresh token; empty: it was sent, or there was none
	spent   string // the refresh token that this process sent last
	rc      rcToken
	limits  limits

	gen     int64 // generation of the tokens: rises with each exchange and refresh
	tokens  tokens
	unsaved bool // the tokens are not in the shared record yet
}

// tokens is what an exchange or a refresh returned, without the refresh token.
type tokens struct {
	access    string
	response  json.RawMessage      // without secrets
	requested servertime.Timestamp // when the request was sent
	lifetime  time.Duration        // of the access token
	guess     bool                 // requested is not known for sure
}

// valid reports whether the access token may be used.
func (t tokens) valid(wall time.Time) bool {
	return t.access != "" && t.state(wall, 0).phase(wall) != expired
}

// state returns the state of the access token.
func (t tokens) state(wall time.Time, renewBefore time.Duration) *state {
	st := newState(t.access, t.response, wall.Add(-time.Since(t.requested.Local)), t.lifetime, renewBefore)
	st.provisional = t.guess
	return st
}

// setRequested sets when the tokens of a record were requested, on the monotonic clock. A
// process that does not know the services' time uses the wall clock. If the tokens come
// from the future by it, they are taken for expired, and the time is probed.
func (t *tokens) setRequested(c *servertime.Clock) {
	requested, now := c.Local(t.requested), time.Now()
	t.guess = !c.Confirmed()
	t.requested.Local = earlier(requested, now)
	fromFuture := t.requested.By == "" && requested.Sub(now) > servertime.Drift
	if t.guess && fromFuture {
		t.requested.Local = now.Add(-maxLifetime)
	}
}

// outlives reports whether the tokens of s are valid and those of o are not.
func (s *session) outlives(o session, wall time.Time) bool {
	return s.tokens.valid(wall) && !o.tokens.valid(wall)
}

// add makes t the tokens of the session. The first generation of a record is the time,
// so that no older record looks newer.
func (s *session) add(t tokens, refresh string, c *servertime.Clock) {
	s.tokens, s.refresh, s.unsaved = t, refresh, true
	if s.gen++; s.gen == 1 {
		now, _ := c.Now()
		s.gen = max(now.UnixMilli(), 1)
	}
}

// share gives the times of the session the form in which processes share them.
func (s *session) share(c *servertime.Clock, wall time.Time) {
	s.tokens.requested.Share(c)
	if s.rc.until != nil && !s.rc.untilShared.IsShared() {
		s.rc.untilShared = c.Timestamp(time.Now().Add(s.rc.until.mono.Sub(wall)))
	}
	s.limits.share(c)
}

// mayExchange reports whether this process has a RingCentral token that RingCX may
// accept: one that has not expired and was not rejected for this process.
func (s *session) mayExchange(now time.Time, process string) bool {
	return s.rc.valid(now) && s.rc.denied != process
}

// deniedToken returns the RingCentral token of the session if it was rejected for this
// process, or "".
func (s *session) deniedToken(process string) string {
	if s.rc.denied != process {
		return ""
	}
	return s.rc.token
}

// secretFields are the fields with secrets in the response to an exchange or a refresh.
// The session keeps the tokens in fields of its own; the others are not used.
var secretFields = []string{
	"accessToken", "refreshToken", "rcAccessToken", "rcRefreshToken", "loginHashcode", "password", "phoneLoginPin",
}

// withoutSecrets returns a JSON response without its secret fields, or nil if it is not
// valid JSON.
func withoutSecrets(response []byte) json.RawMessage {
	decoder := json.NewDecoder(bytes.NewReader(response))
	decoder.UseNumber() // keeps every digit
	var all any
	if err := decoder.Decode(&all); err != nil {
		return nil
	}
	removeSecrets(all)
	stripped, _ := json.Marshal(all) // cannot fail for a decoded value
	return stripped
}

func removeSecrets(value any) {
	switch v := value.(type) {
	case map[string]any:
		for name, field := range v {
			if slices.ContainsFunc(secretFields, func(s string) bool { return strings.EqualFold(s, name) }) {
				delete(v, name)
			}
			removeSecrets(field)
		}
	case []any:
		for _, element := range v {
			removeSecrets(element)
		}
	}
}

package ringcxtest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"time"
)

const (
	// maxLogins is how many sessions RingCentral keeps.
	maxLogins = 5

	// Every sweepEvery new access tokens, those that expired more than sweepAge ago are
	// deleted.
	sweepEvery = 1024
	sweepAge   = time.Hour
)

// session is a session at RingCX.
type session struct {
	login *login // whose token it was exchanged for
	ended bool
}

// access is an access token of RingCX.
type access struct {
	session *session
	ends    time.Time
}

// problem returns why RingCX rejects the token at a time, or "".
//
// Source: RingCX documentation ("Jwt is expired"); the other text is inferred.
func (a *access) problem(now time.Time) string {
	switch {
	case a == nil || a.session.ended:
		return "Jwt verification fails"
	case !now.Before(a.ends):
		return "Jwt is expired"
	}
	return ""
}

// refresh is a refresh token of RingCX.
type refresh struct {
	session *session
	used    bool
}

// sessions are all sessions and their tokens. The Server's mutex guards it.
type sessions struct {
	minter  minter
	logins  logins
	access  map[string]*access  // by access token of RingCX
	refresh map[string]*refresh // by refresh token of RingCX
	api     []string            // API tokens that were not deleted
	issued  int                 // access tokens of RingCX so far
}

func newSessions() sessions {
	return sessions{
		logins:  newLogins(),
		access:  make(map[string]*access),
		refresh: make(map[string]*refresh),
	}
}

// newAccess issues an access token. The skew shifts the times in the token, but not its
// expiry by the clock of the Server.
func (s *sessions) newAccess(of *session, now time.Time, lifetime, skew time.Duration) string {
	if s.issued++; s.issued%sweepEvery == 0 {
		s.sweep(now)
	}
	issued := now.Truncate(time.Second)
	ends := issued.Add(lifetime)
	token := s.minter.jwt(issued.Add(skew), ends.Add(skew))
	s.access[token] = &access{session: of, ends: ends}
	return token
}

// sweep deletes access tokens that expired long ago.
func (s *sessions) sweep(now time.Time) {
	for token, a := range s.access {
		if now.Sub(a.ends) > sweepAge {
			delete(s.access, token)
		}
	}
}

// newRefresh issues a refresh token.
func (s *sessions) newRefresh(of *session) string {
	token := s.minter.opaque("refresh")
	s.refresh[token] = &refresh{session: of}
	return token
}

// redeem uses a refresh token and returns its session, or nil if the token is not valid.
// The token stays valid if keep is true.
func (s *sessions) redeem(token string, keep bool) *session {
	r := s.refresh[token]
	if r == nil || r.used {
		return nil
	}
	if r.session.ended || r.session.login.ended {
		return nil
	}
	r.used = !keep
	return r.session
}

// logOut ends the session of a refresh token. It returns false if there is no such session.
func (s *sessions) logOut(token string) bool {
	r := s.refresh[token]
	if r == nil || r.used {
		return false
	}
	ended := r.session.ended
	r.session.ended = true
	return !ended
}

// expire expires all access tokens of RingCX.
func (s *sessions) expire(now time.Time) {
	for _, a := range s.access {
		if now.Before(a.ends) {
			a.ends = now
		}
	}
}

// revoke ends every session, at RingCentral and at RingCX.
func (s *sessions) revoke() {
	s.logins.revoke()
	for _, a := range s.access {
		a.session.ended = true
	}
	for _, r := range s.refresh {
		r.session.ended = true
	}
}

// isSecret reports whether text is a token that was issued, or a credential.
func (s *sessions) isSecret(text string) bool {
	return s.isToken(text) || text == ClientSecret || text == JWT
}

func (s *sessions) isToken(text string) bool {
	isSession := s.access[text] != nil || s.refresh[text] != nil
	return isSession || s.logins.isToken(text) || slices.Contains(s.api, text)
}

// minterKey signs the tokens. It does not need to be secret.
const minterKey = "ringcxtest"

// jwtHeader is the encoded header of the access tokens.
var jwtHeader = encode([]byte(`{"alg":"HS256","typ":"JWT"}`))

// minter creates tokens without random data. All their characters are safe in a form body
// that is not percent-encoded.
type minter struct{ serial int }

// opaque returns a token that contains no information except its kind.
func (m *minter) opaque(kind string) string {
	m.serial++
	return m.sibling(kind)
}

// sibling returns an opaque token of another kind with the serial number of the last token.
func (m *minter) sibling(kind string) string {
	text := fmt.Sprintf("%s-%d", kind, m.serial)
	return text + "-" + sign(text)[:24]
}

// jwt returns an access token of RingCX. Its times are in whole seconds.
func (m *minter) jwt(issued, expires time.Time) string {
	m.serial++
	claims := fmt.Sprintf(`{"iss":"ringcxtest","jti":"%d","iat":%d,"exp":%d}`, m.serial, issued.Unix(), expires.Unix())
	text := jwtHeader + "." + encode([]byte(claims))
	return text + "." + sign(text)
}

func sign(text string) string {
	mac := hmac.New(sha256.New, []byte(minterKey))
	mac.Write([]byte(text))
	return encode(mac.Sum(nil))
}

func encode(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }

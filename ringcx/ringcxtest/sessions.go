package ringcxtest

import "time"

const (
	// loginLife is how long a RingCentral access token lives.
	loginLife = time.Hour

	// maxLogins is how many sessions of a user RingCentral keeps.
	maxLogins = 5

	// sweepEvery is after how many new access tokens the ended ones are
	// forgotten, and forgetAfter how long after their end.
	sweepEvery  = 1024
	forgetAfter = time.Hour
)

// login is a session at RingCentral.
type login struct {
	ends time.Time // of its access token
	over bool      // revoked, or ended by a later sign-in
}

// session is a session at RingCX, bought with a login.
type session struct {
	login *login
	over  bool
}

// access is an access token of RingCX.
type access struct {
	session *session
	ends    time.Time
}

// refresh is a refresh token of RingCX.
type refresh struct {
	session *session
	spent   bool
}

// sessions is everybody who is signed in. The Server's mutex guards it.
type sessions struct {
	minter  minter
	recent  []*login          // the oldest first
	logins  map[string]*login // by access token of RingCentral
	access  map[string]*access
	refresh map[string]*refresh
	sent    map[string]bool // refresh tokens that must not be sent again
	granted int             // access tokens of RingCX so far
}

func newSessions() sessions {
	return sessions{
		logins:  make(map[string]*login),
		access:  make(map[string]*access),
		refresh: make(map[string]*refresh),
		sent:    make(map[string]bool),
	}
}

// open starts a session at RingCentral, which ends the oldest where there are
// too many.
func (s *sessions) open(now time.Time, life time.Duration) string {
	var live []*login
	for _, l := range s.recent {
		if !l.over && now.Before(l.ends) {
			live = append(live, l)
		}
	}
	if len(live) == maxLogins {
		live[0].over = true
		live = live[1:]
	}
	l := &login{ends: now.Add(life)}
	s.recent = append(live, l)
	token := s.minter.opaque("rc")
	s.logins[token] = l
	return token
}

// grant makes an access token that is good until its exp. A skew shifts what
// the token says, not how long it is good.
func (s *sessions) grant(of *session, now time.Time, life, skew time.Duration) string {
	if s.granted++; s.granted%sweepEvery == 0 {
		s.sweep(now)
	}
	issued := now.Truncate(time.Second)
	ends := issued.Add(life)
	token := s.minter.jwt(issued.Add(skew), ends.Add(skew))
	s.access[token] = &access{session: of, ends: ends}
	return token
}

// grantRefresh makes a refresh token.
func (s *sessions) grantRefresh(of *session) string {
	token := s.minter.opaque("refresh")
	s.refresh[token] = &refresh{session: of}
	return token
}

// sweep forgets access tokens that ended long ago.
func (s *sessions) sweep(now time.Time) {
	for token, a := range s.access {
		if now.Sub(a.ends) > forgetAfter {
			delete(s.access, token)
		}
	}
}

// expire ends all access tokens of RingCX as their time does.
func (s *sessions) expire(now time.Time) {
	for _, a := range s.access {
		if now.Before(a.ends) {
			a.ends = now
		}
	}
}

// revoke ends every session, at RingCentral and at RingCX.
func (s *sessions) revoke() {
	for _, l := range s.logins {
		l.over = true
	}
	for _, a := range s.access {
		a.session.over = true
	}
	for _, r := range s.refresh {
		r.session.over = true
	}
}

// isSecret reports whether text is a token that was handed out, or a credential.
func (s *sessions) isSecret(text string) bool {
	return text == ClientSecret || text == JWT ||
		s.logins[text] != nil || s.access[text] != nil || s.refresh[text] != nil
}

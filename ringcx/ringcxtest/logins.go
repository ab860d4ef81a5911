package ringcxtest

import "time"

const (
	// loginLifetime is the lifetime of a RingCentral access token.
	loginLifetime = time.Hour

	// loginRefreshLifetime is the lifetime of a RingCentral refresh token.
	loginRefreshLifetime = 7 * 24 * time.Hour

	// A RingCentral refresh token that was used can be used again until reuseWindow after
	// the first use of the access token that it obtained, and at most for unusedWindow if
	// that access token is not used.
	//
	// Source: RingCentral developer guide, "Using refresh tokens to generate new access
	// tokens".
	reuseWindow  = 10 * time.Second
	unusedWindow = time.Hour
)

// login is a session at RingCentral.
type login struct {
	current *grant
	ended   bool // revoked, or replaced by a later sign-in
}

// live reports whether one of the tokens of the session can still be used.
func (l *login) live(now time.Time) bool {
	return !l.ended && (now.Before(l.current.ends) || l.current.refreshable(now))
}

// grant is one response of RingCentral with tokens of a session.
type grant struct {
	login       *login
	access      string
	refresh     string    // empty if none was issued
	ends        time.Time // expiry of access
	refreshEnds time.Time
	used        time.Time // first use of access, or zero
	next        *grant    // of the last refresh with the refresh token, or nil
	nextAt      time.Time
	refreshing  bool // a response with next is on its way
}

// valid reports whether the access token is valid. A nil grant is not valid.
func (g *grant) valid(now time.Time) bool {
	return g != nil && !g.login.ended && g.login.current == g && now.Before(g.ends)
}

func (g *grant) refreshable(now time.Time) bool {
	return g.refresh != "" && now.Before(g.refreshEnds)
}

// use records a use of the access token.
func (g *grant) use(now time.Time) {
	if g.used.IsZero() {
		g.used = now
	}
}

// reusable reports whether the refresh token, which was used, can be used again.
func (g *grant) reusable(now time.Time) bool {
	if g.login.current != g.next {
		return false // the refresh token of next was used
	}
	end := g.nextAt.Add(unusedWindow)
	if !g.next.used.IsZero() {
		end = g.next.used.Add(reuseWindow)
	}
	return now.Before(end)
}

// loginLifetimes are the lifetimes of RingCentral tokens. No refresh token is issued if its
// lifetime is not positive.
type loginLifetimes struct{ access, refresh time.Duration }

// logins are all sessions at RingCentral. The Server's mutex guards it.
type logins struct {
	recent  []*login          // oldest first
	access  map[string]*grant // by access token
	refresh map[string]*grant // by refresh token
}

func newLogins() logins {
	return logins{access: make(map[string]*grant), refresh: make(map[string]*grant)}
}

// logIn starts a session. If there are too many sessions, it ends the oldest one.
func (l *logins) logIn(m *minter, now time.Time, lifetimes loginLifetimes) *grant {
	var live []*login
	for _, session := range l.recent {
		if session.live(now) {
			live = append(live, session)
		}
	}
	if len(live) == maxLogins {
		live[0].ended = true
		live = live[1:]
	}
	session := new(login)
	l.recent = append(live, session)
	return l.issue(m, session, now, lifetimes)
}

// issue issues new tokens of a session. The previous access token is no longer valid.
func (l *logins) issue(m *minter, of *login, now time.Time, lifetimes loginLifetimes) *grant {
	g := &grant{login: of, access: m.opaque("rc"), ends: now.Add(lifetimes.access)}
	l.access[g.access] = g
	if lifetimes.refresh > 0 {
		g.refresh = m.sibling("rcrefresh")
		g.refreshEnds = now.Add(lifetimes.refresh)
		l.refresh[g.refresh] = g
	}
	of.current = g
	return g
}

// redeem returns the grant of a refresh token, and whether the token was used before. It
// returns nil if the token is not valid.
func (l *logins) redeem(token string, now time.Time) (g *grant, again bool) {
	g = l.refresh[token]
	switch {
	case g == nil || g.login.ended || !g.refreshable(now):
		return nil, false
	case g.next == nil:
		return g, false
	case g.reusable(now):
		return g, true
	}
	return nil, false
}

// end ends the session of an access token or a refresh token, if there is one.
func (l *logins) end(token string) {
	for _, g := range []*grant{l.access[token], l.refresh[token]} {
		if g != nil {
			g.login.ended = true
		}
	}
}

// revoke ends every session.
func (l *logins) revoke() {
	for _, g := range l.access {
		g.login.ended = true
	}
}

func (l *logins) isToken(text string) bool { return l.access[text] != nil || l.refresh[text] != nil }

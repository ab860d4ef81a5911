package ringcxtest

import "net/http"

// sendRefresh notes that the refresh token of c was sent, and counts it where it
// was before. The Server's mutex is held.
func (c *call) sendRefresh() {
	token := c.refreshToken()
	if token == "" {
		return
	}
	s := c.server
	if c.reused = s.sessions.sent[token]; c.reused {
		s.tally.sums.RefreshReused++
	}
	s.sessions.sent[token] = true
}

// settleRefresh notes what the answer of c means for its refresh token. The
// Server's mutex is held.
func (c *call) settleRefresh() {
	token := c.refreshToken()
	if token == "" {
		return // also of a request that did not arrive: nobody read it
	}
	sent := c.server.sessions.sent
	switch {
	case !c.keepsRefresh():
		sent[token] = true // a refresh at the same time may say otherwise
	case !c.reused:
		delete(sent, token)
	}
}

// keepsRefresh reports whether the answer of c lets its refresh token be sent
// again.
func (c *call) keepsRefresh() bool {
	switch c.w.status {
	case http.StatusOK:
		return c.tokens.sameRefresh
	case http.StatusTooManyRequests:
		return true
	case http.StatusServiceUnavailable:
		return c.w.Header().Get("Retry-After") != ""
	}
	return false
}

// refreshToken returns the token that a refresh brought, or "".
func (c *call) refreshToken() string {
	if c.endpoint != Refresh {
		return ""
	}
	return c.form.Get("refresh_token")
}

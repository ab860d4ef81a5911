package ringcxtest

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	loginPath  = "/restapi/oauth/token"
	revokePath = "/restapi/oauth/revoke"

	jwtGrant     = "urn:ietf:params:oauth:grant-type:jwt-bearer"
	refreshGrant = "refresh_token"
)

// Limits of the lifetimes that a sign-in can request, in seconds. Values outside of them
// are replaced by the nearest limit (inferred).
//
// Source: RingCentral API reference, Get Token: access_token_ttl, refresh_token_ttl.
const (
	minAccessTTL  = 600
	maxAccessTTL  = 3600
	maxRefreshTTL = 604800
)

// handleLogin signs in to RingCentral with a JWT credential, or refreshes the tokens of a
// session.
//
// Source: RingCentral documentation, JWT auth flow, refresh tokens.
func handleLogin(_ http.ResponseWriter, r *http.Request) {
	c := callOf(r)
	if !authorizeApp(c) {
		return
	}
	switch formField(c, "grant_type") {
	case jwtGrant:
		if formField(c, "assertion") != JWT {
			c.reject(c.rejection())
			return
		}
		c.respondGrant(c.server.logIn(c.loginLifetimes()))
	case refreshGrant:
		refreshLogin(c, formField(c, "refresh_token"))
	default:
		c.respondOAuth(http.StatusBadRequest, "unauthorized_client", "OAU-112", "Unauthorized for this grant type")
	}
}

// refreshLogin responds with the tokens that a refresh token obtains: new ones, or those of
// the first refresh if the token may be used again. While the response to an earlier
// request is on its way, it rejects the token.
//
// Source: RingCentral developer guide (the same tokens again, "Token not found"); that
// OAU-210 rejects concurrent requests is seen in public clients.
func refreshLogin(c *call, token string) {
	s := c.server
	lifetimes := c.loginLifetimes()
	s.mu.Lock()
	g, again := s.sessions.logins.redeem(token, c.began)
	busy := again && g.refreshing
	switch {
	case g == nil, busy:
	case !again:
		g.next = s.sessions.logins.issue(&s.sessions.minter, g.login, time.Now(), lifetimes)
		g.nextAt = c.began
		fallthrough
	default:
		g.refreshing, c.refreshing = true, g
	}
	s.mu.Unlock()
	switch {
	case g == nil:
		c.reject(c.rejection())
	case busy:
		c.respondOAuth(http.StatusBadRequest, "invalid_grant", "OAU-210", "The refresh token is in use by another request")
	default:
		c.respondGrant(g.next)
	}
}

// logIn starts a session at RingCentral.
func (s *Server) logIn(lifetimes loginLifetimes) *grant {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions.logins.logIn(&s.sessions.minter, time.Now(), lifetimes)
}

// loginLifetimes returns the lifetimes of the tokens in the response to c: those of a
// fault, those that the request asks for, or those of the Server.
func (c *call) loginLifetimes() loginLifetimes {
	c.server.mu.Lock()
	l := c.server.loginLifetimes
	c.server.mu.Unlock()
	if n, err := strconv.Atoi(c.form.Get("access_token_ttl")); err == nil {
		l.access = time.Duration(min(max(n, minAccessTTL), maxAccessTTL)) * time.Second
	}
	if n, err := strconv.Atoi(c.form.Get("refresh_token_ttl")); err == nil {
		l.refresh = min(l.refresh, time.Duration(min(n, maxRefreshTTL))*time.Second)
	}
	if c.tokens.lifetime != nil {
		l.access = *c.tokens.lifetime
	}
	if c.tokens.noRefresh {
		l.refresh = 0
	}
	return l
}

// respondGrant responds with the tokens of g.
func (c *call) respondGrant(g *grant) {
	response := struct {
		AccessToken      string `json:"access_token"`
		TokenType        string `json:"token_type"`
		ExpiresIn        int64  `json:"expires_in"`
		RefreshToken     string `json:"refresh_token,omitempty"`
		RefreshExpiresIn int64  `json:"refresh_token_expires_in,omitempty"`
		Scope            string `json:"scope"`
		OwnerID          string `json:"owner_id"`
		EndpointID       string `json:"endpoint_id"`
	}{
		AccessToken: g.access, TokenType: "bearer", ExpiresIn: seconds(time.Until(g.ends)),
		RefreshToken: g.refresh, Scope: "ReadAccounts", OwnerID: "222222", EndpointID: "ringcxtest",
	}
	if g.refresh != "" {
		response.RefreshExpiresIn = seconds(time.Until(g.refreshEnds))
	}
	c.respondJSON(http.StatusOK, response)
}

// seconds returns d in seconds, rounded to the nearest one, because some time may have
// passed since the token was issued.
func seconds(d time.Duration) int64 { return int64(d.Round(time.Second) / time.Second) }

// handleRevoke ends a session at RingCentral. It also succeeds if the token is unknown
// (RFC 7009).
func handleRevoke(_ http.ResponseWriter, r *http.Request) {
	c := callOf(r)
	if !authorizeApp(c) {
		return
	}
	token := formField(c, "token")
	c.server.mu.Lock()
	c.server.sessions.logins.end(token)
	c.server.mu.Unlock()
	c.w.WriteHeader(http.StatusOK)
}

// authorizeApp checks the credentials of the app, and responds with 401 if they are wrong.
// An app without a secret sends its client id in the form. It also checks the rules for
// requests to RingCentral, which are not in openapi.yaml.
func authorizeApp(c *call) bool {
	if c.form == nil {
		c.violation("%s: request: header Content-Type: must be %s", c.endpoint, formType)
	}
	for _, name := range secretFields {
		if c.r.URL.Query().Has(name) {
			c.violation("%s: request: query %s: the URL must not contain a secret", c.endpoint, name)
		}
	}
	id, secret, ok := c.r.BasicAuth()
	if !ok && c.form.Get("client_id") == PublicClientID && !c.form.Has("client_secret") {
		return true
	}
	if !ok {
		c.violation("%s: request: header Authorization: must be Basic, with the client id and secret", c.endpoint)
	}
	if id != ClientID || secret != ClientSecret {
		c.respondOAuth(http.StatusUnauthorized, "invalid_client", "OAU-146", "Invalid client credentials")
		return false
	}
	return true
}

// formField returns a field of the form. A missing field is a contract violation.
func formField(c *call, name string) string {
	if !c.form.Has(name) {
		c.violation("%s: request: /%s: required", c.endpoint, name)
	}
	return strings.TrimSpace(c.form.Get(name))
}

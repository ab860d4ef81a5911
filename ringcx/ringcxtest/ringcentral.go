package ringcxtest

import (
	"net/http"
	"strings"
	"time"
)

const (
	loginPath  = "/restapi/oauth/token"
	revokePath = "/restapi/oauth/revoke"

	jwtGrant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
)

// handleLogin signs in to RingCentral with a JWT credential.
//
// Source: RingCentral documentation, JWT auth flow.
func handleLogin(_ http.ResponseWriter, r *http.Request) {
	c := callOf(r)
	switch {
	case !authorizeApp(c):
	case formField(c, "grant_type") != jwtGrant:
		c.respondOAuth(http.StatusBadRequest, "unauthorized_client", "OAU-112", "Unauthorized for this grant type")
	case formField(c, "assertion") != JWT:
		c.reject(c.rejection())
	default:
		respondLogin(c)
	}
}

// respondLogin starts a session and responds with its access token.
func respondLogin(c *call) {
	lifetime := loginLifetime
	if c.tokens.lifetime != nil {
		lifetime = *c.tokens.lifetime
	}
	s := c.server
	s.mu.Lock()
	token := s.sessions.logIn(time.Now(), lifetime)
	s.mu.Unlock()
	c.respondJSON(http.StatusOK, struct {
		AccessToken string `json:"access_token"`
		TokenType   string `json:"token_type"`
		ExpiresIn   int64  `json:"expires_in"`
		Scope       string `json:"scope"`
		OwnerID     string `json:"owner_id"`
		EndpointID  string `json:"endpoint_id"`
	}{token, "bearer", int64(lifetime / time.Second), "ReadAccounts", "222222", "ringcxtest"})
}

// handleRevoke ends a session at RingCentral. It also succeeds if the token is unknown
// (RFC 7009).
func handleRevoke(_ http.ResponseWriter, r *http.Request) {
	c := callOf(r)
	if !authorizeApp(c) {
		return
	}
	token := formField(c, "token")
	c.server.mu.Lock()
	if l := c.server.sessions.logins[token]; l != nil {
		l.ended = true
	}
	c.server.mu.Unlock()
	c.w.WriteHeader(http.StatusOK)
}

// authorizeApp checks the client id and secret, and responds with 401 if they are wrong. It
// also checks the rules for requests to RingCentral, which are not in openapi.yaml.
func authorizeApp(c *call) bool {
	if c.form == nil {
		c.violation("%s: request: header Content-Type: must be %s", c.endpoint, formType)
	}
	id, secret, ok := c.r.BasicAuth()
	if !ok {
		c.violation("%s: request: header Authorization: must be Basic, with the client id and secret", c.endpoint)
	}
	for _, name := range secretFields {
		if c.r.URL.Query().Has(name) {
			c.violation("%s: request: query %s: the URL must not contain a secret", c.endpoint, name)
		}
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

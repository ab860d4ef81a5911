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

// answerLogin signs in to RingCentral with a JWT credential.
//
// Source: RingCentral documentation, JWT auth flow.
func answerLogin(_ http.ResponseWriter, r *http.Request) {
	c := callOf(r)
	switch {
	case !c.isApp():
	case c.formField("grant_type") != jwtGrant:
		c.answerOAuth(http.StatusBadRequest, "unauthorized_client", "OAU-112", "Unauthorized for this grant type")
	case c.formField("assertion") != JWT:
		c.refuse(c.refusal())
	default:
		c.signIn()
	}
}

// signIn answers a good sign-in.
func (c *call) signIn() {
	life := loginLife
	if c.tokens.life != nil {
		life = *c.tokens.life
	}
	s := c.server
	s.mu.Lock()
	token := s.sessions.open(time.Now(), life)
	s.mu.Unlock()
	c.answerJSON(http.StatusOK, struct {
		AccessToken string `json:"access_token"`
		TokenType   string `json:"token_type"`
		ExpiresIn   int64  `json:"expires_in"`
		Scope       string `json:"scope"`
		OwnerID     string `json:"owner_id"`
		EndpointID  string `json:"endpoint_id"`
	}{token, "bearer", int64(life / time.Second), "ReadAccounts", "222222", "ringcxtest"})
}

// answerRevoke ends a session at RingCentral. A token that is unknown is a
// success too (RFC 7009).
func answerRevoke(_ http.ResponseWriter, r *http.Request) {
	c := callOf(r)
	if !c.isApp() {
		return
	}
	token := c.formField("token")
	c.server.mu.Lock()
	if l := c.server.sessions.logins[token]; l != nil {
		l.over = true
	}
	c.server.mu.Unlock()
	c.w.WriteHeader(http.StatusOK)
}

// isApp checks the client's credentials, and answers where they are wrong. What
// is not in openapi.yaml has its rules here.
func (c *call) isApp() bool {
	if c.form == nil {
		c.breach("%s: request: header Content-Type: must be %s", c.endpoint, formType)
	}
	id, secret, ok := c.r.BasicAuth()
	if !ok {
		c.breach("%s: request: header Authorization: must be Basic, with the client id and secret", c.endpoint)
	}
	for _, name := range secretFields {
		if c.r.URL.Query().Has(name) {
			c.breach("%s: request: query %s: a secret must not be in the address", c.endpoint, name)
		}
	}
	if id != ClientID || secret != ClientSecret {
		c.answerOAuth(http.StatusUnauthorized, "invalid_client", "OAU-146", "Invalid client credentials")
		return false
	}
	return true
}

// formField returns a member of the form, which must be there.
func (c *call) formField(name string) string {
	if !c.form.Has(name) {
		c.breach("%s: request: /%s: required", c.endpoint, name)
	}
	return strings.TrimSpace(c.form.Get(name))
}

package ringcxtest

import (
	"encoding/json"
	"iter"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest/internal/api"
)

// Every operation of openapi.yaml is faked, or this does not compile.
var _ api.ServerInterface = operationHandlers{}

// operationHandlers answers the operations of RingCX. Its state is that of the
// Server, which it finds through the request.
type operationHandlers struct{}

// ExchangeToken begins a session.
func (operationHandlers) ExchangeToken(_ http.ResponseWriter, r *http.Request, params gen.ExchangeTokenParams) {
	c := callOf(r)
	s := c.server
	s.mu.Lock()
	l := s.sessions.logins[c.form.Get("rcAccessToken")]
	ok := l != nil && !l.over && c.began.Before(l.ends) && c.form.Get("rcTokenType") == "Bearer"
	s.mu.Unlock()
	if !ok {
		c.answerError(http.StatusUnauthorized, "invalid.token", "The RingCentral token is not valid")
		return
	}
	if params.IncludeRefresh == nil || !*params.IncludeRefresh {
		c.tokens.noRefresh = true
	}
	c.answerSession(&session{login: l}, "")
}

// RefreshToken continues a session with new tokens.
func (operationHandlers) RefreshToken(_ http.ResponseWriter, r *http.Request) {
	c := callOf(r)
	old := c.form.Get("refresh_token")
	of := c.spend(old)
	if of == nil {
		c.refuse(c.refusal())
		return
	}
	c.answerSession(of, old)
}

// spend uses a refresh token up and returns its session, or nil where it is not
// good any more.
func (c *call) spend(token string) *session {
	s := c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.sessions.refresh[token]
	if r == nil || r.spent || r.session.over || r.session.login.over {
		return nil
	}
	r.spent = !c.tokens.sameRefresh
	return r.session
}

// answerSession answers with new tokens for a session. old is the refresh token
// that was spent for them.
func (c *call) answerSession(of *session, old string) {
	s := c.server
	s.mu.Lock()
	life := s.lifetime
	if c.tokens.life != nil {
		life = *c.tokens.life
	}
	answer := maps.Clone(s.session)
	answer["accessToken"] = quote(s.sessions.grant(of, time.Now(), life, c.tokens.skew))
	switch {
	case c.tokens.noRefresh:
		delete(answer, "refreshToken")
	case c.tokens.sameRefresh:
		answer["refreshToken"] = quote(old)
	default:
		answer["refreshToken"] = quote(s.sessions.grantRefresh(of))
	}
	s.mu.Unlock()
	c.answerJSON(http.StatusOK, answer)
}

func quote(text string) json.RawMessage { return json.RawMessage(`"` + text + `"`) }

// Logout ends a session.
func (operationHandlers) Logout(_ http.ResponseWriter, r *http.Request, token gen.PathID) {
	c := callOf(r)
	c.server.mu.Lock()
	found := c.server.sessions.refresh[string(token)]
	ok := found != nil && !found.spent && !found.session.over
	if ok {
		found.session.over = true
	}
	c.server.mu.Unlock()
	if !ok {
		c.refuse(c.refusal())
		return
	}
	c.w.WriteHeader(http.StatusNoContent)
}

// ListAccounts lists the accounts.
func (operationHandlers) ListAccounts(_ http.ResponseWriter, r *http.Request) {
	c := callOf(r)
	if c.isSignedIn() {
		c.server.mu.Lock()
		accounts := c.server.accounts
		c.server.mu.Unlock()
		c.answerList(each(accounts))
	}
}

// ListUsers lists the users.
func (operationHandlers) ListUsers(_ http.ResponseWriter, r *http.Request, params gen.ListUsersParams) {
	c := callOf(r)
	if c.isSignedIn() {
		c.server.mu.Lock()
		users := c.server.users
		c.server.mu.Unlock()
		c.answerList(arrange(users, isTrue(params.Flatten), isTrue(params.ActiveOnly)))
	}
}

func isTrue(b *bool) bool { return b != nil && *b }

// isSignedIn checks the access token, and answers where it is not good.
//
// Source: RingCX documentation ("Jwt is expired"); the other texts are inferred.
func (c *call) isSignedIn() bool {
	scheme, token, _ := strings.Cut(c.r.Header.Get("Authorization"), " ")
	s := c.server
	s.mu.Lock()
	a := s.sessions.access[strings.TrimSpace(token)]
	var text string
	switch {
	case !strings.EqualFold(scheme, "Bearer") || token == "":
		text = "Jwt is missing"
	case a == nil || a.session.over:
		text = "Jwt verification fails"
	case !c.began.Before(a.ends):
		text = "Jwt is expired"
	}
	s.mu.Unlock()
	if text != "" {
		c.answer(http.StatusUnauthorized, textType, text)
	}
	return text == ""
}

// answerList sends the elements of a list one by one, until the client is gone.
func (c *call) answerList(elements iter.Seq[json.RawMessage]) {
	c.w.Header().Set("Content-Type", jsonType)
	w := newListWriter(c.w)
	for e := range elements {
		if w.add(e) != nil {
			return
		}
	}
	w.end()
}

package ringcxtest

import (
	"net/http"
	"slices"

	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest/internal/engine"
)

// exampleUser is the id of the user who makes the requests, that of an example of openapi.yaml.
const exampleUser = 987654

// listAPITokens lists the API tokens that were created and not deleted, oldest first.
func listAPITokens(c *call) {
	c.server.mu.Lock()
	tokens := append([]string{}, c.server.sessions.api...)
	c.server.mu.Unlock()
	c.respondJSON(http.StatusOK, tokens)
}

// createAPIToken creates an API token.
func createAPIToken(c *call) {
	s := c.server
	s.mu.Lock()
	token := s.sessions.minter.opaque("api")
	s.sessions.api = append(s.sessions.api, token)
	s.mu.Unlock()
	c.respond(http.StatusOK, textType, token)
}

// deleteAPIToken deletes an API token. It responds with false if there is none (inferred).
func deleteAPIToken(c *call) {
	token, s := c.r.PathValue("token"), c.server
	s.mu.Lock()
	at := slices.Index(s.sessions.api, token)
	if at >= 0 {
		s.sessions.api = slices.Delete(s.sessions.api, at, at+1)
	}
	s.mu.Unlock()
	c.respondBool(at >= 0)
}

// validateToken reports whether a token is valid: an API token, or an access token of RingCX.
// That both are checked is inferred.
func validateToken(c *call) {
	token, s := c.r.Header.Get("X-Auth-Token"), c.server
	s.mu.Lock()
	a := s.sessions.access[token]
	ok := slices.Contains(s.sessions.api, token) || a != nil && a.problem(c.began) == ""
	s.mu.Unlock()
	c.respondJSON(http.StatusOK, ok)
}

// getLogin responds with the user who makes the request and all accounts. The user is the one
// with the id of the examples, or if there is none a user that listUsers does not list.
func getLogin(c *call) {
	c.editUsers(func(t *userTree) *engine.Response {
		me := map[string]any{"userId": number(exampleUser), "userName": "alex.admin@example.com", "enabled": true}
		if u := t.find("userId", number(exampleUser).String()); u != nil {
			me = t.Only("User", u.fields)
		}
		accounts := make([]any, 0)
		for _, account := range t.List(accountsPath) {
			accounts = append(accounts, t.Only("LoginAccount", account))
		}
		return engine.JSON(http.StatusOK, map[string]any{
			"authToken": nil, "platformHost": "engage.ringcentral.com", "user": me, "accounts": accounts,
		})
	})
}

package ringcxtest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest/internal/contract"
)

func TestEndpointsExist(t *testing.T) {
	s := New()
	for _, e := range []Endpoint{Login, Revoke, Exchange, Refresh, Logout, Accounts, Users} {
		if !s.hasEndpoint(e) {
			t.Errorf("endpoint %s is not in openapi.yaml", e)
		}
	}
	for e := range handlers {
		if s.spec.ByID(string(e)) == nil {
			t.Errorf("the handler of %s has no operation in openapi.yaml", e)
		}
	}
}

// TestEveryOperationIsServed lists who serves each operation of openapi.yaml, and fails if
// nobody does.
func TestEveryOperationIsServed(t *testing.T) {
	s := New()
	for _, o := range s.spec.Operations() {
		by := s.servedBy(o)
		t.Logf("%-8s %-32s %s %s", by, o.ID, o.Method, o.Path)
		if by == "" {
			t.Errorf("%s: the fake does not serve it: add a handler to handlers", o.ID)
		}
	}
}

// TestUnservedOperation checks the response if the fake does not serve an operation.
func TestUnservedOperation(t *testing.T) {
	spec := contractOf(t, `"/x/{id}": {"get": {"operationId": "getX", "responses": {"200": {"description": "x"}}}}`)
	tb := &recordingTB{TB: t}
	s := newServer(spec)
	s.tb, s.checked = tb, true
	client := inMemory(s)
	if by := s.servedBy(spec.ByID("getX")); by != "" {
		t.Errorf("served by %q, want nobody", by)
	}
	get := func(token string) response {
		return client.send("GET", client.ringCX+"/x/7", nil, "Authorization", "Bearer "+token)
	}
	wantResponse(401, "Jwt verification fails")(t, get("x"), tokens{})
	wantResponse(501, "ringcxtest does not implement the operation getX")(t, get(s.newToken()), tokens{})
	want := []string{
		"getX: response 401: the status is not declared",
		"getX: response 501: the status is not declared",
	}
	if diff := cmp.Diff(want, reportedViolations(tb)); diff != "" {
		t.Errorf("violations (-want +got):\n%s", diff)
	}
	tb.end()
}

// contractOf returns a document with these paths.
func contractOf(t testing.TB, paths string) *contract.Document {
	t.Helper()
	d, err := contract.New([]byte(`{"openapi": "3.1.0", "paths": {` + paths + `}}`))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// newToken returns a valid access token of a new session.
func (s *Server) newToken() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	login := s.sessions.logins.logIn(&s.sessions.minter, time.Now(), s.loginLifetimes)
	return s.sessions.newAccess(&session{login: login.login}, time.Now(), s.lifetime, 0)
}

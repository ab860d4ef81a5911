package ringcxtest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/internal/names"
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

// TestEveryOperationIsServed lists who serves each operation of openapi.yaml, and compares that
// with the table of names. So an operation without state is declared: its data does not change.
func TestEveryOperationIsServed(t *testing.T) {
	s := New()
	declared := make(map[string]string)
	for _, o := range names.Operations() {
		declared[o.ID] = o.Served
	}
	for _, o := range s.spec.Operations() {
		by := s.servedBy(o)
		t.Logf("%-8s %-32s %s %s", by, o.ID, o.Method, o.Path)
		if by != declared[o.ID] {
			t.Errorf("%s is served by %q, and internal/names/operations.tsv says %q. \"example\" means that the fake does not recognize the resources of its path: "+
				"add a handler to handlers or an entry to the table of internal/engine, or correct the column served", o.ID, by, declared[o.ID])
		}
	}
}

// TestOperationWithoutHandler calls an operation of a new document, with and without a token.
func TestOperationWithoutHandler(t *testing.T) {
	spec := contractOf(t, `"/x/{id}": {"get": {"operationId": "getX", "responses": {"200": {"description": "x"}}}}`)
	tb := &recordingTB{TB: t}
	s := newServer(spec)
	s.tb, s.checked = tb, true
	client := inMemory(s)
	if by := s.servedBy(spec.ByID("getX")); by != "example" {
		t.Errorf("served by %q, want example", by)
	}
	get := func(token string) response {
		return client.send("GET", client.ringCX+"/x/7", nil, "Authorization", "Bearer "+token)
	}
	wantResponse(401, "Jwt verification fails")(t, get("x"), tokens{})
	wantResponse(200, "")(t, get(s.newToken()), tokens{})
	want := []string{"getX: response 401: the status is not declared"}
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

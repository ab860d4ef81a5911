package ringcxtest

import (
	"testing"
	"time"
)

func TestOldAccessTokensAreForgotten(t *testing.T) {
	s := newSessions()
	now := time.Unix(1e9, 0)
	of := &session{login: new(login)}
	first := s.grant(of, now, time.Minute, 0)
	now = now.Add(2 * time.Hour)
	for range sweepEvery {
		s.grant(of, now, time.Minute, 0)
	}
	if s.isSecret(first) || len(s.access) != sweepEvery {
		t.Errorf("%d access tokens are kept, want %d", len(s.access), sweepEvery)
	}
}

func TestEndpoints(t *testing.T) {
	for _, e := range []Endpoint{Login, Revoke, Exchange, Refresh, Logout, Accounts, Users} {
		if !e.known() {
			t.Errorf("endpoint %s is not in openapi.yaml", e)
		}
	}
	if got := len(operations()); got != len(endpoints()) {
		t.Errorf("%d operations, but %d addresses: an operationId occurs twice", got, len(endpoints()))
	}
}

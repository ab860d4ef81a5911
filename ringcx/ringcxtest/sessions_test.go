package ringcxtest

import (
	"strings"
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

func TestSixthSignInEndsTheOldest(t *testing.T) {
	w := inMemory(NewServer(t))
	var all []tokens
	for range 6 {
		all = append(all, w.signIn(t))
	}
	for i, have := range all {
		want := 200
		if i == 0 {
			want = 401
		}
		if a := w.exchange(have.ringCentral); a.status != want {
			t.Errorf("exchange of sign-in %d: %d, want %d", i+1, a.status, want)
		}
		if a := w.refresh(have.refresh); a.status != want {
			t.Errorf("refresh of sign-in %d: %d, want %d", i+1, a.status, want)
		}
		if a := w.users(have.access, ""); a.status != 200 {
			t.Errorf("call of sign-in %d: %d, want 200", i+1, a.status)
		}
	}
}

func TestLogoutAndRevoke(t *testing.T) {
	s := NewServer(t)
	w := inMemory(s)
	have := w.signIn(t)
	if a := w.logout(have.refresh); a.status != 204 || a.body != "" {
		t.Errorf("logout: %+v", a)
	}
	if a := w.logout(have.refresh); a.status != 404 {
		t.Errorf("second logout: %+v", a)
	}
	if a := w.users(have.access, ""); a.body != "Jwt verification fails" {
		t.Errorf("call after the logout: %+v", a)
	}
	if a := w.refresh(have.refresh); a.status != 401 {
		t.Errorf("refresh after the logout: %+v", a)
	}
	if got := s.Counts().RefreshReused; got != 0 {
		t.Errorf("RefreshReused is %d: the token was not spent", got)
	}
	if a := w.revoke(have.ringCentral); a.status != 200 {
		t.Errorf("revoke: %+v", a)
	}
	if a := w.exchange(have.ringCentral); a.status != 401 {
		t.Errorf("exchange after the revocation: %+v", a)
	}
}

func TestRevokeSession(t *testing.T) {
	s := NewServer(t)
	w := inMemory(s)
	have := w.signIn(t)
	s.RevokeSession()
	for name, a := range map[string]answer{
		"exchange": w.exchange(have.ringCentral), "refresh": w.refresh(have.refresh), "call": w.users(have.access, ""),
	} {
		if a.status != 401 || strings.Contains(a.body, "expired") {
			t.Errorf("%s: %+v, want 401", name, a)
		}
	}
	w.signIn(t)
}

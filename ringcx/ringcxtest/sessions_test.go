package ringcxtest

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestExpiredAccessTokensAreDeleted(t *testing.T) {
	s := newSessions()
	now := time.Unix(1e9, 0)
	of := &session{login: &login{}}
	first := s.newAccess(of, now, time.Minute, 0)
	now = now.Add(2 * time.Hour)
	for range sweepEvery {
		s.newAccess(of, now, time.Minute, 0)
	}
	if s.isSecret(first) || len(s.access) != sweepEvery {
		t.Errorf("%d access tokens are kept, want %d", len(s.access), sweepEvery)
	}
}

func TestSixthSignInEndsOldestSession(t *testing.T) {
	client := inMemory(NewServer(t))
	var all []tokens
	for range 6 {
		all = append(all, client.signIn(t))
	}
	for i, issued := range all {
		want := 200
		if i == 0 {
			want = 401
		}
		if resp := client.exchange(issued.ringCentral); resp.status != want {
			t.Errorf("exchange of sign-in %d: %d, want %d", i+1, resp.status, want)
		}
		if resp := client.refresh(issued.refresh); resp.status != want {
			t.Errorf("refresh of sign-in %d: %d, want %d", i+1, resp.status, want)
		}
		if resp := client.users(issued.access, ""); resp.status != 200 {
			t.Errorf("call of sign-in %d: %d, want 200", i+1, resp.status)
		}
	}
}

func TestLogoutAndRevoke(t *testing.T) {
	s := NewServer(t)
	client := inMemory(s)
	issued := client.signIn(t)
	if resp := client.logout(issued.refresh); resp.status != 204 || resp.body != "" {
		t.Errorf("logout: %+v, want status 204 without a body", resp)
	}
	if resp := client.logout(issued.refresh); resp.status != 401 {
		t.Errorf("second logout: %+v, want status 401", resp)
	}
	if resp := client.logout("unknown"); resp.status != 401 || strings.Contains(resp.body, "expired") {
		t.Errorf("logout of an unknown token: %+v, want 401 without the word expired", resp)
	}
	if resp := client.users(issued.access, ""); resp.body != "Jwt verification fails" {
		t.Errorf("call after the logout: %+v, want an invalid token", resp)
	}
	if resp := client.refresh(issued.refresh); resp.status != 401 {
		t.Errorf("refresh after the logout: %+v, want status 401", resp)
	}
	if got := s.Counts().RefreshReused; got != 0 {
		t.Errorf("RefreshReused is %d, want 0: the token was not used", got)
	}
	if resp := client.revoke(issued.ringCentral); resp.status != 200 {
		t.Errorf("revoke: %+v, want status 200", resp)
	}
	if resp := client.exchange(issued.ringCentral); resp.status != 401 {
		t.Errorf("exchange after the revocation: %+v, want status 401", resp)
	}
}

func TestRevokeSession(t *testing.T) {
	s := NewServer(t)
	client := inMemory(s)
	issued := client.signIn(t)
	s.RevokeSession()
	for name, resp := range map[string]response{
		"exchange": client.exchange(issued.ringCentral), "refresh": client.refresh(issued.refresh), "call": client.users(issued.access, ""),
	} {
		if resp.status != 401 || strings.Contains(resp.body, "expired") {
			t.Errorf("%s: %+v, want 401", name, resp)
		}
	}
	client.signIn(t)
}

func TestInvalidSignInIsRejected(t *testing.T) {
	basic := func(id, secret string) []string {
		r, _ := http.NewRequest("POST", "/", nil)
		r.SetBasicAuth(id, secret)
		return []string{"Authorization", r.Header.Get("Authorization")}
	}
	valid := url.Values{"grant_type": {jwtGrant}, "assertion": {JWT}}
	tests := []struct {
		name   string
		form   url.Values
		header []string
		status int
		code   string
	}{
		{"wrong client", valid, basic("x", ClientSecret), 401, "OAU-146"},
		{"wrong secret", valid, basic(ClientID, "x"), 401, "OAU-146"},
		{"wrong grant", url.Values{"grant_type": {"password"}}, basic(ClientID, ClientSecret), 400, "OAU-112"},
		{"wrong JWT", url.Values{"grant_type": {jwtGrant}, "assertion": {"x"}}, basic(ClientID, ClientSecret), 400, "OAU-213"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client := inMemory(NewServer(t))
			resp := client.send("POST", client.ringCentral+loginPath, tt.form, tt.header...)
			if resp.status != tt.status || !strings.Contains(resp.body, tt.code) {
				t.Errorf("got %d %s, want %d with %s", resp.status, resp.body, tt.status, tt.code)
			}
			if strings.Contains(resp.body, "expired") {
				t.Errorf("the response says expired: %s", resp.body)
			}
		})
	}
}

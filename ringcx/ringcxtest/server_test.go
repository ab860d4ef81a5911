package ringcxtest

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestStory walks through all endpoints, as a client in JavaScript does: forms
// are not percent-encoded, a GET has a Content-Type.
func TestStory(t *testing.T) {
	for name, connect := range map[string]func(*Server) wire{
		"memory":   inMemory,
		"loopback": func(s *Server) wire { return overLoopback(t, s) },
	} {
		t.Run(name, func(t *testing.T) {
			s := NewServer(t)
			w := connect(s)
			have := w.signIn(t)
			a := w.send("GET", w.ringCX+"/voice/api/v1/admin/accounts", nil,
				"Authorization", "Bearer "+have.access, "Content-Type", "application/json")
			if a.status != 200 || !strings.Contains(a.body, `"accountId":"333333"`) {
				t.Errorf("accounts: %+v", a)
			}
			s.ExpireTokens()
			if a := w.users(have.access, ""); a.status != 401 || a.body != "Jwt is expired" ||
				!strings.HasPrefix(a.header.Get("Content-Type"), "text/plain") {
				t.Errorf("users after the expiry: %+v", a)
			}
			form, _ := http.NewRequest("POST", w.ringCX+"/api/auth/token/refresh",
				strings.NewReader("refresh_token="+have.refresh+"&rcTokenType=Bearer"))
			form.Header.Set("Content-Type", formType)
			resp, err := w.Do(form)
			if err != nil || resp.StatusCode != 200 {
				t.Fatalf("refresh: %v %v", resp, err)
			}
			resp.Body.Close()
			want := Counts{
				Logins: 1, Exchanges: 1, Refreshes: 1, Calls: 2, Unauthorized: 1, PeakTokenRequests: 2,
				Arrivals: map[Endpoint]int{Login: 1, Exchange: 1, Refresh: 1, Accounts: 1, Users: 1},
				Peaks:    map[Endpoint]int{Login: 1, Exchange: 1, Refresh: 1, Accounts: 1, Users: 1},
			}
			if diff := cmp.Diff(want, s.Counts()); diff != "" {
				t.Errorf("counts (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRefreshTokenIsGoodForOneUse(t *testing.T) {
	s := NewServer(t)
	w := inMemory(s)
	have := w.signIn(t)
	second := w.refresh(have.refresh)
	if got := second.field("refreshToken"); got == "" || got == have.refresh {
		t.Errorf("second refresh token is %q, want a new one", got)
	}
	if a := w.refresh(have.refresh); a.status != 401 || strings.Contains(a.body, "expired") {
		t.Errorf("old refresh token: %+v, want 401 without the word expired", a)
	}
	if a := w.refresh("unknown"); a.status != 401 {
		t.Errorf("unknown refresh token: %+v", a)
	}
	if got := s.Counts().RefreshReused; got != 1 {
		t.Errorf("RefreshReused is %d, want 1", got)
	}
	for _, token := range []string{have.access, second.field("accessToken")} {
		if a := w.accounts(token); a.status != 200 {
			t.Errorf("an access token is refused after a refresh: %+v", a)
		}
	}
}

func TestTokensAreFormSafe(t *testing.T) {
	have := inMemory(NewServer(t)).signIn(t)
	for _, token := range []string{have.ringCentral, have.access, have.refresh} {
		if !regexp.MustCompile(`^[A-Za-z0-9._~-]+$`).MatchString(token) {
			t.Errorf("token %q is not form-safe", token)
		}
	}
	again := inMemory(NewServer(t)).signIn(t)
	if again.refresh != have.refresh || again.ringCentral != have.ringCentral {
		t.Errorf("two fakes issue different tokens: %v, %v", have, again)
	}
}

func TestExchangeWithoutRefresh(t *testing.T) {
	w := inMemory(NewServer(t))
	form := url.Values{"rcAccessToken": {w.login().field("access_token")}, "rcTokenType": {"Bearer"}}
	for _, query := range []string{"", "?includeRefresh=false"} {
		a := w.send("POST", w.ringCX+"/api/auth/login/rc/accesstoken"+query, form)
		if a.status != 200 || a.field("accessToken") == "" || strings.Contains(a.body, "refreshToken") {
			t.Errorf("%q: %+v, want no refresh token", query, a)
		}
	}
}

func TestBearerRefused(t *testing.T) {
	w := inMemory(NewServer(t))
	address := w.ringCX + "/voice/api/v1/admin/users"
	tests := []struct{ name, header, want string }{
		{"none", "", "Jwt is missing"},
		{"Basic", "Basic eDp5", "Jwt is missing"},
		{"empty", "Bearer ", "Jwt is missing"},
		{"unknown", "Bearer x", "Jwt verification fails"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if a := w.send("GET", address, nil, "Authorization", tt.header); a.status != 401 || a.body != tt.want {
				t.Errorf("got %d %q, want 401 %q", a.status, a.body, tt.want)
			}
		})
	}
}

func TestAccessTokenLivesFiveMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewServer(t)
		w := inMemory(s)
		have := w.signIn(t)
		time.Sleep(5*time.Minute - time.Millisecond)
		if a := w.users(have.access, ""); a.status != 200 {
			t.Errorf("just before its end: %+v", a)
		}
		time.Sleep(time.Millisecond)
		if a := w.users(have.access, ""); a.body != "Jwt is expired" {
			t.Errorf("at its end: %+v", a)
		}
		s.SetLifetime(time.Minute)
		short := w.refresh(have.refresh).field("accessToken")
		time.Sleep(time.Minute)
		if a := w.users(short, ""); a.body != "Jwt is expired" {
			t.Errorf("after SetLifetime(1 min): %+v", a)
		}
	})
}

func TestCloseEndsRequests(t *testing.T) {
	s := New()
	w := inMemory(s)
	loop := overLoopback(t, s)
	s.Close()
	if a := w.login(); a.err == nil {
		t.Errorf("in memory after Close: %+v", a)
	}
	if a := loop.login(); a.err == nil {
		t.Errorf("over loopback after Close: %+v", a)
	}
	s.Close() // a second time is fine
	defer func() {
		if recover() == nil {
			t.Error("URL starts a server after Close")
		}
	}()
	late := New()
	late.Close()
	late.URL()
}

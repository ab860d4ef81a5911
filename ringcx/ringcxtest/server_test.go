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

// TestSignInCallsAndRefresh sends requests as a JavaScript client does: the form is not
// percent-encoded, and a GET has a Content-Type.
func TestSignInCallsAndRefresh(t *testing.T) {
	for name, connect := range map[string]func(*Server) testClient{
		"memory":   inMemory,
		"loopback": func(s *Server) testClient { return overLoopback(t, s) },
	} {
		t.Run(name, func(t *testing.T) {
			s := NewServer(t)
			client := connect(s)
			issued := client.signIn(t)
			resp := client.send("GET", client.ringCX+"/voice/api/v1/admin/accounts", nil,
				"Authorization", "Bearer "+issued.access, "Content-Type", "application/json")
			if resp.status != 200 || !strings.Contains(resp.body, `"accountId":"333333"`) {
				t.Errorf("accounts: %+v", resp)
			}
			s.ExpireTokens()
			if resp := client.users(issued.access, ""); resp.status != 401 || resp.body != "Jwt is expired" ||
				!strings.HasPrefix(resp.header.Get("Content-Type"), "text/plain") {
				t.Errorf("users after the expiry: %+v", resp)
			}
			form, _ := http.NewRequest("POST", client.ringCX+"/api/auth/token/refresh",
				strings.NewReader("refresh_token="+issued.refresh+"&rcTokenType=Bearer"))
			form.Header.Set("Content-Type", formType)
			refreshed, err := client.Do(form)
			if err != nil || refreshed.StatusCode != 200 {
				t.Fatalf("refresh: %v %v", refreshed, err)
			}
			refreshed.Body.Close()
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

func TestRefreshTokenIsValidOnce(t *testing.T) {
	s := NewServer(t)
	client := inMemory(s)
	issued := client.signIn(t)
	second := client.refresh(issued.refresh)
	if got := second.field("refreshToken"); got == "" || got == issued.refresh {
		t.Errorf("second refresh token is %q, want a new one", got)
	}
	if resp := client.refresh(issued.refresh); resp.status != 401 || strings.Contains(resp.body, "expired") {
		t.Errorf("used refresh token: %+v, want 401 without the word expired", resp)
	}
	if resp := client.refresh("unknown"); resp.status != 401 {
		t.Errorf("unknown refresh token: %+v, want status 401", resp)
	}
	if got := s.Counts().RefreshReused; got != 1 {
		t.Errorf("RefreshReused is %d, want 1", got)
	}
	for _, token := range []string{issued.access, second.field("accessToken")} {
		if resp := client.accounts(token); resp.status != 200 {
			t.Errorf("call with an access token after a refresh: %+v, want status 200", resp)
		}
	}
}

func TestTokensNeedNoPercentEncoding(t *testing.T) {
	issued := inMemory(NewServer(t)).signIn(t)
	for _, token := range []string{issued.ringCentral, issued.access, issued.refresh} {
		if !regexp.MustCompile(`^[A-Za-z0-9._~-]+$`).MatchString(token) {
			t.Errorf("token %q needs percent-encoding in a form", token)
		}
	}
	again := inMemory(NewServer(t)).signIn(t)
	if again.refresh != issued.refresh || again.ringCentral != issued.ringCentral {
		t.Errorf("two Servers issue different tokens: %v, %v", issued, again)
	}
}

func TestExchangeWithoutIncludeRefresh(t *testing.T) {
	client := inMemory(NewServer(t))
	form := url.Values{"rcAccessToken": {client.login().field("access_token")}, "rcTokenType": {"Bearer"}}
	for _, query := range []string{"", "?includeRefresh=false"} {
		resp := client.send("POST", client.ringCX+"/api/auth/login/rc/accesstoken"+query, form)
		if resp.status != 200 || resp.field("accessToken") == "" || strings.Contains(resp.body, "refreshToken") {
			t.Errorf("%q: %+v, want no refresh token", query, resp)
		}
	}
}

func TestInvalidAccessTokenIsRejected(t *testing.T) {
	client := inMemory(NewServer(t))
	address := client.ringCX + "/voice/api/v1/admin/users"
	tests := []struct{ name, header, want string }{
		{"none", "", "Jwt is missing"},
		{"Basic", "Basic eDp5", "Jwt is missing"},
		{"empty", "Bearer ", "Jwt is missing"},
		{"unknown", "Bearer x", "Jwt verification fails"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if resp := client.send("GET", address, nil, "Authorization", tt.header); resp.status != 401 || resp.body != tt.want {
				t.Errorf("got %d %q, want 401 %q", resp.status, resp.body, tt.want)
			}
		})
	}
}

func TestAccessTokenExpiresAfterFiveMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewServer(t)
		client := inMemory(s)
		issued := client.signIn(t)
		time.Sleep(5*time.Minute - time.Millisecond)
		if resp := client.users(issued.access, ""); resp.status != 200 {
			t.Errorf("just before its expiry: %+v, want status 200", resp)
		}
		time.Sleep(time.Millisecond)
		if resp := client.users(issued.access, ""); resp.body != "Jwt is expired" {
			t.Errorf("at its expiry: %+v, want the text Jwt is expired", resp)
		}
		s.SetLifetime(time.Minute)
		short := client.refresh(issued.refresh).field("accessToken")
		time.Sleep(time.Minute)
		if resp := client.users(short, ""); resp.body != "Jwt is expired" {
			t.Errorf("a minute after SetLifetime(1m): %+v, want the text Jwt is expired", resp)
		}
	})
}

func TestCloseEndsRequests(t *testing.T) {
	s := New()
	client := inMemory(s)
	loop := overLoopback(t, s)
	s.Close()
	if resp := client.login(); resp.err == nil {
		t.Errorf("in memory after Close: %+v, want an error", resp)
	}
	if resp := loop.login(); resp.err == nil {
		t.Errorf("over TCP after Close: %+v, want an error", resp)
	}
	s.Close() // may be called again
	defer func() {
		if recover() == nil {
			t.Error("URL after Close did not panic")
		}
	}()
	late := New()
	late.Close()
	late.URL()
}

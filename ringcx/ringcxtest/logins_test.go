package ringcxtest

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// loginRefresh refreshes RingCentral tokens, with the extra fields of the form in pairs.
func (client testClient) loginRefresh(token string, fields ...string) response {
	form := url.Values{"grant_type": {refreshGrant}, "refresh_token": {token}}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return client.send("POST", client.ringCentral+loginPath, form, "Authorization", basicAuth(ClientID, ClientSecret))
}

// wantOAuthError checks that a response is an error of RingCentral with a code.
func wantOAuthError(t *testing.T, what string, resp response, code string) {
	t.Helper()
	if resp.status != 400 || resp.field("error") != "invalid_grant" || !strings.Contains(resp.body, `"errorCode":"`+code+`"`) {
		t.Errorf("%s: %+v, want status 400 with %s", what, resp, code)
	}
}

func TestLoginRefreshRotatesTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewServer(t)
		client := inMemory(s)
		first := client.login()
		if first.field("refresh_token") == "" || first.field("refresh_token_expires_in") != "604800" || first.field("expires_in") != "3600" {
			t.Fatalf("sign-in: %+v, want a refresh token", first)
		}
		if resp := client.exchange(first.field("access_token")); resp.status != 200 {
			t.Fatalf("exchange: %+v", resp)
		}
		second := client.loginRefresh(first.field("refresh_token"))
		for _, name := range []string{"access_token", "refresh_token"} {
			if second.field(name) == "" || second.field(name) == first.field(name) {
				t.Errorf("%s after the refresh is %q, want a new one", name, second.field(name))
			}
		}
		if resp := client.exchange(first.field("access_token")); resp.status != 401 {
			t.Errorf("exchange of the previous access token: %+v, want status 401", resp)
		}
		if resp := client.exchange(second.field("access_token")); resp.status != 200 {
			t.Errorf("exchange of the new access token: %+v, want status 200", resp)
		}
		if got := s.Counts(); got.Logins != 1 || got.LoginRefreshes != 1 || got.Arrivals[Login] != 2 {
			t.Errorf("counts: %+v, want one sign-in and one refresh", got)
		}
	})
}

// TestLoginRefreshTokenReuse sends a used refresh token again at the ends of the windows.
func TestLoginRefreshTokenReuse(t *testing.T) {
	tests := []struct {
		name string
		use  bool          // exchange the new access token 5 minutes after the refresh
		skip bool          // use the new refresh token
		wait time.Duration // after that
		code string        // empty if the refresh token is accepted
	}{
		{"just before 10 s after the first use", true, false, reuseWindow - time.Millisecond, ""},
		{"10 s after the first use", true, false, reuseWindow, "OAU-213"},
		{"unused, just before an hour", false, false, 55*time.Minute - time.Millisecond, ""},
		{"unused, after an hour", false, false, 55 * time.Minute, "OAU-213"},
		{"the new refresh token was used", false, true, 0, "OAU-213"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := inMemory(NewServer(t))
				first := client.login()
				second := client.loginRefresh(first.field("refresh_token"))
				time.Sleep(5 * time.Minute)
				if tt.use {
					client.exchange(second.field("access_token"))
					time.Sleep(time.Millisecond)
					client.exchange(second.field("access_token")) // not the first use
					time.Sleep(tt.wait - time.Millisecond)
				} else {
					time.Sleep(tt.wait)
				}
				if tt.skip {
					client.loginRefresh(second.field("refresh_token"))
				}
				again := client.loginRefresh(first.field("refresh_token"))
				if tt.code != "" {
					wantOAuthError(t, "reuse", again, tt.code)
					return
				}
				for _, name := range []string{"access_token", "refresh_token"} {
					if again.field(name) != second.field(name) {
						t.Errorf("%s is %q, want that of the first refresh, %q", name, again.field(name), second.field(name))
					}
				}
			})
		})
	}
}

func TestLoginRefreshIsRejected(t *testing.T) {
	tests := []struct {
		name   string
		change func(s *Server, client testClient, issued response)
	}{
		{"revoked", func(_ *Server, client testClient, issued response) { client.revoke(issued.field("refresh_token")) }},
		{"session revoked", func(s *Server, _ testClient, _ response) { s.RevokeSession() }},
		{"five later sign-ins", func(_ *Server, client testClient, _ response) {
			time.Sleep(2 * time.Hour) // the access token has expired, the session has not
			for range maxLogins {
				client.login()
			}
		}},
		{"expired", func(*Server, testClient, response) { time.Sleep(loginRefreshLifetime) }},
		{"fault", func(s *Server, _ testClient, _ response) { s.Fault(Login, RevokedOutside, 1) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := NewServer(t)
				client := inMemory(s)
				issued := client.login()
				tt.change(s, client, issued)
				wantOAuthError(t, "refresh", client.loginRefresh(issued.field("refresh_token")), "OAU-213")
			})
		})
	}
	t.Run("unknown", func(t *testing.T) {
		wantOAuthError(t, "refresh", inMemory(NewServer(t)).loginRefresh("x"), "OAU-213")
	})
}

// TestConcurrentLoginRefresh sends a refresh token while the response to an earlier request
// with it is delayed.
func TestConcurrentLoginRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewServer(t)
		client := inMemory(s)
		token := s.SignIn().RefreshToken
		s.Fault(Login, Slow(time.Second), 1)
		slow := make(chan response)
		go func() { slow <- client.loginRefresh(token) }()
		synctest.Wait()
		wantOAuthError(t, "during another refresh", client.loginRefresh(token), "OAU-210")
		first := <-slow
		after := client.loginRefresh(token)
		if first.status != 200 || after.field("access_token") != first.field("access_token") {
			t.Errorf("after it: %+v, want the tokens of %+v", after, first)
		}
	})
}

func TestLoginLifetimes(t *testing.T) {
	tests := []struct {
		name            string
		set             []time.Duration
		fault           Fault
		fields          []string
		access, refresh string // expires_in, refresh_token_expires_in
	}{
		{name: "default", access: "3600", refresh: "604800"},
		{name: "set", set: []time.Duration{time.Minute, time.Hour}, access: "60", refresh: "3600"},
		{name: "no refresh token", set: []time.Duration{time.Hour, 0}, access: "3600"},
		{name: "requested", fields: []string{"access_token_ttl", "900", "refresh_token_ttl", "3600"}, access: "900", refresh: "3600"},
		{name: "requested, too short and too long", fields: []string{"access_token_ttl", "1", "refresh_token_ttl", "9999999"}, access: "600", refresh: "604800"},
		{name: "requested, too long", fields: []string{"access_token_ttl", "7200"}, access: "3600", refresh: "604800"},
		{name: "no refresh token requested", fields: []string{"refresh_token_ttl", "0"}, access: "3600"},
		{name: "lifetime fault", fault: Lifetime(30 * time.Second), access: "30", refresh: "604800"},
		{name: "no refresh token by a fault", fault: NoRefreshToken, access: "3600"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := NewServer(t)
			client := inMemory(s)
			token := s.SignIn().RefreshToken
			if tt.set != nil {
				s.SetLoginLifetimes(tt.set[0], tt.set[1])
			}
			if tt.fault.name != "" {
				s.Fault(Login, tt.fault, 1)
			}
			resp := client.loginRefresh(token, tt.fields...)
			got := []string{resp.field("expires_in"), resp.field("refresh_token_expires_in")}
			if diff := cmp.Diff([]string{tt.access, tt.refresh}, got); diff != "" {
				t.Errorf("lifetimes (-want +got):\n%s", diff)
			}
			if (resp.field("refresh_token") == "") != (tt.refresh == "") {
				t.Errorf("refresh_token is %q", resp.field("refresh_token"))
			}
		})
	}
}

func TestPublicApp(t *testing.T) {
	form := func(id string, secrets ...string) url.Values {
		v := url.Values{"grant_type": {"refresh_token"}, "client_id": {id}}
		for _, secret := range secrets {
			v.Set("client_secret", secret)
		}
		return v
	}
	tests := []struct {
		name string
		form url.Values
		want int
		bad  []string
	}{
		{"public app", form(PublicClientID), 200, nil},
		{
			"public app with a secret", form(PublicClientID, "x"), 401,
			[]string{"login: request: header Authorization: must be Basic, with the client id and secret"},
		},
		{
			"app with a secret", form(ClientID), 401,
			[]string{"login: request: header Authorization: must be Basic, with the client id and secret"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tb := &recordingTB{TB: t}
			s := NewServer(tb)
			client := inMemory(s)
			token := s.SignIn().RefreshToken
			tt.form.Set("refresh_token", token)
			resp := client.send("POST", client.ringCentral+loginPath, tt.form)
			if resp.status != tt.want {
				t.Errorf("got %+v, want status %d", resp, tt.want)
			}
			if diff := cmp.Diff(tt.bad, reportedViolations(tb)); diff != "" {
				t.Errorf("violations (-want +got):\n%s", diff)
			}
			revoke := url.Values{"client_id": tt.form["client_id"], "token": {token}}
			if tt.form.Has("client_secret") {
				revoke.Set("client_secret", "x")
			}
			if resp := client.send("POST", client.ringCentral+revokePath, revoke); resp.status != tt.want {
				t.Errorf("revoke: %+v, want status %d", resp, tt.want)
			}
			if log := s.Log()[0]; log.Form.Get("refresh_token") == token {
				t.Errorf("the log shows the refresh token: %v", log.Form)
			}
			tb.end()
		})
	}
}

// TestCodeConfig starts one session for two processes, and reports errors of save and load.
func TestCodeConfig(t *testing.T) {
	s := NewServer(t)
	var stored *oauth2.Token
	save := func(token *oauth2.Token) error { stored = token; return nil }
	load := func() (*oauth2.Token, error) { return stored, nil }
	first := s.CodeConfig(save, load).RingCentral.(*ringcx.CodeLogin).InitialToken
	second := s.CodeConfig(save, load).RingCentral.(*ringcx.CodeLogin).InitialToken
	if first.RefreshToken == "" || first.RefreshToken != second.RefreshToken {
		t.Errorf("refresh tokens are %q and %q, want the same", first.RefreshToken, second.RefreshToken)
	}
	third := s.CodeConfig(nil, nil).RingCentral.(*ringcx.CodeLogin)
	if third.InitialToken.RefreshToken == first.RefreshToken || third.Save(first) != nil {
		t.Error("without load, CodeConfig does not sign in")
	}
	client, err := ringcx.New(s.CodeConfig(nil, nil))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Tokens.Token(); err != nil {
		t.Error(err)
	}
	failing := errors.New("no disk")
	for name, call := range map[string]func(*Server){
		"save": func(s *Server) { s.CodeConfig(func(*oauth2.Token) error { return failing }, nil) },
		"load": func(s *Server) { s.CodeConfig(nil, func() (*oauth2.Token, error) { return nil, failing }) },
	} {
		func() {
			defer func() {
				if text := fmt.Sprint(recover()); !strings.Contains(text, "CodeConfig: "+name+": no disk") {
					t.Errorf("panic is %q, want the error of %s", text, name)
				}
			}()
			call(New())
		}()
	}
}

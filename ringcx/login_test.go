package ringcx_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// TestRejectedSignIn checks the error for a program with wrong credentials. Its text
// says what to check.
func TestRejectedSignIn(t *testing.T) {
	tests := []struct {
		name   string
		change func(*ringcx.JWTLogin)
		want   ringcx.Error
		hint   string
	}{
		{"wrong client id", func(l *ringcx.JWTLogin) { l.ClientID = "other" }, ringcx.Error{StatusCode: 401, Code: "OAU-146"}, "check the client id"},
		{"wrong client secret", func(l *ringcx.JWTLogin) { l.ClientSecret = sentinel }, ringcx.Error{StatusCode: 401, Code: "OAU-146"}, "check the client id and the client secret"},
		{"wrong JWT", func(l *ringcx.JWTLogin) { l.JWT = sentinel }, ringcx.Error{StatusCode: 400, Code: "OAU-213"}, "check that the JWT credential"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fake := ringcxtest.NewServer(t)
			cfg := fake.Config()
			tt.change(cfg.RingCentral.(*ringcx.JWTLogin))
			_, err := newTokenSource(t, cfg).Token()
			tt.want.Stage = ringcx.StageLogin
			if diff := cmp.Diff(tt.want, errorOf(t, err)); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			if !strings.Contains(err.Error(), tt.hint) || !strings.Contains(err.Error(), "POST /restapi/oauth/token") {
				t.Errorf("error is %v, want %q and the request in it", err, tt.hint)
			}
			assertNoSecret(t, err)
			spent{Logins: 1}.check(t, fake)
		})
	}
}

// TestRejectedExchangeNamesTheCauses checks that the error lists the possible causes.
func TestRejectedExchangeNamesTheCauses(t *testing.T) {
	fake := ringcxtest.NewServer(t)
	fake.Fault(ringcxtest.Exchange, ringcxtest.Refuse, 1)
	_, err := newTokenSource(t, fake.Config()).Token()
	for _, part := range []string{"exchange", "403", "Read Accounts", "not linked", "production account", "will not be sent again for 5m0s"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("error is %v, want %q in it", err, part)
		}
	}
}

// TestJWTLoginWithoutTokenSource signs in with JWTLogin.Token itself.
func TestJWTLoginWithoutTokenSource(t *testing.T) {
	tests := []struct {
		name, body string
		want       time.Duration // lifetime; 0: an error
	}{
		{"an hour", `{"access_token":"a","token_type":"bearer","expires_in":3600}`, time.Hour},
		{"lifetime as text", `{"access_token":"a","token_type":"bearer","expires_in":"1800"}`, 30 * time.Minute},
		{"no lifetime", `{"access_token":"a","token_type":"bearer"}`, 10 * time.Minute},
		{"negative lifetime", `{"access_token":"a","expires_in":-5}`, 10 * time.Minute},
		{"huge lifetime", `{"access_token":"a","expires_in":1e300}`, time.Hour},
		{"no token", `{"token_type":"bearer"}`, 0},
		{"HTML", `<html>`, 0},
		{"empty", ``, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			login := sentinelLogin()
			login.HTTPClient = &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
				return response(200, "application/json", tt.body), nil
			})}
			before := time.Now()
			token, err := login.Token()
			if tt.want == 0 {
				want := ringcx.Error{Stage: ringcx.StageLogin, StatusCode: 200, Code: "bad_answer"}
				if diff := cmp.Diff(want, errorOf(t, err)); diff != "" {
					t.Errorf("error (-want +got):\n%s", diff)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if lifetime := token.Expiry.Sub(before); lifetime < tt.want || lifetime > tt.want+time.Minute || token.Type() != "Bearer" {
				t.Errorf("token of type %s is valid for %v, want type Bearer and %v", token.Type(), lifetime, tt.want)
			}
		})
	}
}

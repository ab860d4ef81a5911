package ringcx_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

var formSafe = regexp.MustCompile(`^[A-Za-z0-9._~-]{8,}$`)

// FuzzErrorBody has a server reject a call with any body. The text of the error must be
// one line, and the error must not contain the token.
func FuzzErrorBody(f *testing.F) {
	f.Add(401, "text/plain", "Jwt is expired", "a-secret-token")
	f.Add(403, "application/json", `{"errorCode":"a-secret-token","generalMessage":"x","validationErrors":[{"attributeName":"a","message":"m"}]}`, "a-secret-token")
	f.Add(400, "application/json", `{"error":"invalid_grant","error_description":"\u0061-secret-token","errors":[{"errorCode":"OAU-213"}]}`, "a-secret-token")
	f.Add(502, "application/json", "<html>", "a-secret-token")
	f.Fuzz(func(t *testing.T, status int, ctype, body, token string) {
		if status < 400 || status > 599 || status == 401 || !formSafe.MatchString(token) {
			t.Skip()
		}
		client := &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			if strings.HasPrefix(r.URL.Path, "/api/auth/") {
				tokens, _ := json.Marshal(map[string]string{"accessToken": token})
				return response(200, "application/json", string(tokens)), nil
			}
			return response(status, ctype, body), nil
		})}
		c, err := ringcx.New(ringcx.Config{RingCentral: staticLogin, HTTPClient: client, MaxReplays: -1})
		if err != nil {
			t.Fatal(err)
		}
		_, err = ringcx.Get(c.ListAccountsWithResponse(t.Context()))
		if e := errorOf(t, err); e.StatusCode != status {
			t.Errorf("status is %d, want %d", e.StatusCode, status)
		}
		if text := err.Error(); strings.ContainsAny(text, "\n\r\x00") {
			t.Errorf("the error is not one line: %q", text)
		}
		var e *ringcx.Error
		if errors.As(err, &e) && strings.Contains(e.Message+e.Code, token) {
			t.Errorf("the error contains the token: %q", e)
		}
	})
}

// FuzzTokenResponse has the services return any response to a sign-in and to an
// exchange. Token must return a token or an error, never both and never neither.
func FuzzTokenResponse(f *testing.F) {
	f.Add(200, `{"access_token":"a","expires_in":3600}`, 200, `{"accessToken":"b","refreshToken":"c"}`)
	f.Add(200, `{"access_token":"a","expires_in":"-1e999"}`, 200, `{"accessToken":"e30.eyJpYXQiOjEsImV4cCI6Mn0.s","refreshToken":null}`)
	f.Add(400, `{"error":"invalid_grant"}`, 403, `<html>`)
	f.Add(200, `{"access_token":1}`, 200, `{"accessToken":{}}`)
	f.Fuzz(func(t *testing.T, loginStatus int, login string, status int, exchange string) {
		if loginStatus < 200 || loginStatus > 599 || status < 200 || status > 599 {
			t.Skip()
		}
		client := &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			if strings.HasPrefix(r.URL.Path, "/restapi/") {
				return response(loginStatus, "application/json", login), nil
			}
			return response(status, "application/json", exchange), nil
		})}
		ts, err := ringcx.NewTokenSource(ringcx.Config{RingCentral: sentinelLogin(), HTTPClient: client})
		if err != nil {
			t.Fatal(err)
		}
		token, err := ts.Token()
		switch {
		case (token == nil) == (err == nil):
			t.Errorf("token is %v, error is %v, want exactly one of them", token, err)
		case err != nil:
			assertNoSecret(t, err)
			if err := ts.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		case token.AccessToken == "" || token.Expiry.IsZero():
			t.Errorf("token is %+v, want one with an access token and an expiry", token)
		default:
			_, _ = ts.Session(t.Context())
		}
	})
}

package ringcx_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// TestSourceErrorsContainNoSecret has RingCentral sources of other packages return
// errors with parts of their requests and responses.
func TestSourceErrorsContainNoSecret(t *testing.T) {
	const jwt = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJzM250aW5lbCJ9.c2ln"
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {sentinel + "/refresh"}, "client_id": {"client"}}.Encode()
	req, err := http.NewRequest(http.MethodPost, "https://rc.example/token", strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth("client", sentinel+"-secret")
	retrieve := &oauth2.RetrieveError{
		Response:  &http.Response{StatusCode: 400, Request: req},
		ErrorCode: "no " + sentinel + "-secret", ErrorDescription: url.QueryEscape(sentinel+"/refresh") + " " + strings.TrimPrefix(req.Header.Get("Authorization"), "Basic "),
	}
	tests := []struct {
		name string
		err  error
		want string // part of the text
	}{
		{"rejected", retrieve, "400 no *** *** ***"},
		{"malformed response", &url.Error{Op: "Post", URL: "https://rc.example", Err: fmt.Errorf("broken: malformed HTTP response %q", sentinel)}, "malformed HTTP response ***"},
		{"malformed header", errors.New("malformed MIME header line: " + sentinel), "malformed MIME header line ***"},
		{"malformed status", fmt.Errorf("malformed HTTP status code %q", sentinel), "malformed HTTP status code ***"},
		{"a JWT", errors.New("cannot use " + jwt), "cannot use ***"},
		{"a body", errors.New(`cannot parse {"access_token":"` + sentinel + `"`), `{"access_token":"***"`},
		{"harmless", errors.New("vault is sealed"), "vault is sealed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := newTokenSource(t, ringcx.Config{RingCentral: failingSource{tt.err}}).Token()
			assertNoSecret(t, err)
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), jwt) {
				t.Errorf("error is %v, want %q in it and no JWT", err, tt.want)
			}
		})
	}
}

// TestErrorContainsNeitherToken has a server reject a call with an expired token, and
// the second try with a response that contains the first token.
func TestErrorContainsNeitherToken(t *testing.T) {
	tokens, calls, first := 0, 0, ""
	client := newClient(t, ringcx.Config{MaxReplays: -1, HTTPClient: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		if strings.HasPrefix(r.URL.Path, "/api/auth/") {
			tokens++
			return response(200, "application/json", fmt.Sprintf(`{"accessToken":"%s%d","refreshToken":"r%d"}`, sentinel, tokens, tokens)), nil
		}
		if calls++; calls == 1 {
			first = r.Header.Get("Authorization")
			return response(401, "text/plain", "Jwt is expired"), nil
		}
		return response(403, "text/plain", first), nil
	})}})
	_, err := ringcx.Get(client.ListAccountsWithResponse(t.Context()))
	assertNoSecret(t, err)
	if want := "ringcx: call: GET /voice/api/v1/admin/accounts: 403 Bearer ***"; err == nil || err.Error() != want {
		t.Errorf("error is %v, want %s", err, want)
	}
}

// TestErrorPathIsPrintable has a redirect lead to a path with control characters, which
// the error must not print.
func TestErrorPathIsPrintable(t *testing.T) {
	client := newClient(t, ringcx.Config{MaxReplays: -1, HTTPClient: respondWith(func(r *http.Request) *http.Response {
		if strings.HasSuffix(r.URL.Path, "/accounts") {
			resp := response(302, "text/plain", "")
			resp.Header.Set("Location", "/a%0Aringcx:%20forged%C2%9B%E2%80%AE")
			return resp
		}
		return response(404, "text/plain", "no")
	})})
	_, err := ringcx.Get(client.ListAccountsWithResponse(t.Context()))
	if want := "ringcx: call: GET /a\ufffdringcx: forged\ufffd\ufffd: 404 no"; err == nil || err.Error() != want {
		t.Errorf("error is %q, want %q", err, want)
	}
}

// TestErrorWithTimeoutContainsNoSecret sets the Timeout of the http.Client, with which
// that wraps the bodies of responses. The error must not contain the token all the same.
func TestErrorWithTimeoutContainsNoSecret(t *testing.T) {
	cfg := ringcx.Config{RingCentral: sentinelLogin(), HTTPClient: &http.Client{Timeout: 1e10, Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		if strings.HasPrefix(r.URL.Path, "/voice/") {
			return response(200, "text/plain", "you sent "+strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")), nil
		}
		return (&network{}).RoundTrip(r)
	})}}
	_, err := ringcx.Get(newClient(t, cfg).ListAccountsWithResponse(t.Context()))
	if want := "ringcx: call: 200 bad_answer the answer is not JSON: you sent ***"; err == nil || err.Error() != want {
		t.Errorf("error is %v, want %s", err, want)
	}
}

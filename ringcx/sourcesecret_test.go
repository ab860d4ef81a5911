package ringcx_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

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

package ringcx_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// TestNilBody has a RoundTripper return responses with a nil Body to one of the
// endpoints. The responses that callers get must have a Body.
func TestNilBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, path := range []string{"/restapi/oauth/token", "/api/auth/login/", "/voice/"} {
			for _, status := range []int{200, 204, 302, 401, 403, 429, 503} {
				client := newClient(t, ringcx.Config{
					RingCentral: sentinelLogin(), MaxReplays: 1,
					HTTPClient: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
						if !strings.HasPrefix(r.URL.Path, path) {
							return (&network{}).RoundTrip(r)
						}
						return &http.Response{StatusCode: status, Header: http.Header{"Retry-After": {"61"}}}, nil
					})},
				})
				for _, method := range []string{http.MethodGet, http.MethodPost} {
					resp, err := client.Tokens.Transport(nil).RoundTrip(request(t, method, method == http.MethodPost))
					if err == nil && resp.Body == nil {
						t.Errorf("%d from %s: Transport returns a nil Body", status, path)
					}
					resp, err = client.Do(request(t, method, false))
					if err == nil && resp.Body == nil {
						t.Errorf("%d from %s: Client.Do returns a nil Body", status, path)
					}
				}
			}
		}
	})
}

// TestNoResponseAndNoError has a RoundTripper return neither, to a request with a token
// and to one without.
func TestNoResponseAndNoError(t *testing.T) {
	client := newClient(t, ringcx.Config{HTTPClient: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		if strings.HasPrefix(r.URL.Path, "/api/auth/login/") {
			return (&network{}).RoundTrip(r)
		}
		return nil, nil
	})}})
	for _, path := range []string{"/voice/x", "/api/auth/other"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, ringcx.DefaultBaseURL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Do(req); err == nil || !strings.Contains(err.Error(), "neither a response nor an error") {
			t.Errorf("%s: error is %v", path, err)
		}
	}
}

// TestNetworkErrorShowsNoQuery has the connection of a call fail. The error contains the
// method, the host and the path, but no query and no fragment.
func TestNetworkErrorShowsNoQuery(t *testing.T) {
	client := newClient(t, ringcx.Config{MaxReplays: -1, HTTPClient: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		if strings.HasPrefix(r.URL.Path, "/api/auth/login/") {
			return (&network{}).RoundTrip(r)
		}
		return nil, errors.New("connection lost")
	})}})
	for _, query := range []string{"?password=" + sentinel, "?a=%zz" + sentinel, "#" + sentinel} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, ringcx.DefaultBaseURL+"/voice/x"+query, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.Do(req)
		const want = `ringcx: call: no answer: Get "https://engage.ringcentral.com/voice/x": connection lost`
		if err == nil || err.Error() != want {
			t.Errorf("error is %v, want %s", err, want)
		}
		assertNoSecret(t, err)
	}
}

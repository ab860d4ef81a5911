package ringcx_test

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// longBody is a body of 16 MiB that counts the bytes read from it.
type longBody struct{ read int }

func (b *longBody) Read(p []byte) (int, error) {
	if b.read >= 16<<20 {
		return 0, io.EOF
	}
	for i := range p {
		p[i] = 'x'
	}
	b.read += len(p)
	return len(p), nil
}

func (b *longBody) Close() error { return nil }

// TestResponsesAreBounded has a server send 16 MiB instead of a small response. The
// client must not read all of it, and the error must be short.
func TestResponsesAreBounded(t *testing.T) {
	for _, c := range []struct {
		path   string
		status int
		most   int
	}{
		{"/restapi/oauth/token", 200, 2 << 20},
		{"/restapi/oauth/token", 400, 2 << 20},
		{"/api/auth/login/rc/accesstoken", 200, 2 << 20},
		{"/api/auth/login/rc/accesstoken", 403, 2 << 20},
		{"/voice/api/v1/admin/accounts", 401, 1 << 20},
		{"/voice/api/v1/admin/accounts", 404, 1 << 20},
		{"/voice/api/v1/admin/accounts", 429, 1 << 20},
	} {
		t.Run(c.path+" "+http.StatusText(c.status), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var bodies []*longBody
				client := newClient(t, ringcx.Config{RingCentral: sentinelLogin(), HTTPClient: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
					if r.URL.Path != c.path {
						return response(200, "application/json", `{"access_token":"a","accessToken":"b"}`), nil
					}
					bodies = append(bodies, new(longBody))
					return &http.Response{StatusCode: c.status, Header: http.Header{}, Body: bodies[len(bodies)-1]}, nil
				})}})
				if _, err := ringcx.Get(client.ListAccountsWithResponse(t.Context())); err == nil || len(err.Error()) > 2048 {
					t.Errorf("error is %.2048v, want a short one", err)
				}
				for _, b := range bodies {
					if b.read > c.most {
						t.Errorf("the client read %d bytes, want at most %d", b.read, c.most)
					}
				}
			})
		})
	}
}

// trackedBody is a body that records whether it was closed.
type trackedBody struct {
	io.Reader
	closed atomic.Bool
}

func (b *trackedBody) Close() error {
	b.closed.Store(true)
	return nil
}

// TestResponseIsReadBeforeTheWait has a call wait before it is sent again, or for a
// new token. The transport must read and close the response first, so that the waiting
// call occupies no connection.
func TestResponseIsReadBeforeTheWait(t *testing.T) {
	for name, first := range map[string]*http.Response{
		"429": status(429, "5"), "503": status(503, "5"), "500": status(500, ""), "401": status(401, ""),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				body := &trackedBody{Reader: strings.NewReader(name + " is the text")}
				first.Body = body
				sent, renewed := 0, 0
				source := newTokenSource(t, ringcx.Config{RingCentral: staticLogin, HTTPClient: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
					if strings.HasPrefix(r.URL.Path, "/api/auth/") {
						if renewed++; renewed > 1 && !body.closed.Load() {
							t.Error("a token is requested while the response is still open")
						}
						time.Sleep(time.Second)
						return response(200, "application/json", `{"accessToken":"`+strings.Repeat("a", renewed)+`","refreshToken":"`+strings.Repeat("r", renewed)+`"}`), nil
					}
					if sent++; sent == 1 {
						return first, nil
					}
					if !body.closed.Load() {
						t.Error("the call is sent again while the response is still open")
					}
					return status(200, ""), nil
				})}})
				must(source.Token())
				go func() {
					time.Sleep(500 * time.Millisecond)
					if !body.closed.Load() {
						t.Error("the response is still open while the call waits")
					}
				}()
				req := must(http.NewRequestWithContext(t.Context(), http.MethodGet, "https://engage.ringcentral.com/voice/x", nil))
				resp, err := source.Transport(nil).RoundTrip(req)
				if err != nil || resp.StatusCode != 200 || sent != 2 {
					t.Errorf("response is %v, error is %v after %d requests, want 200 after 2", resp, err, sent)
				}
				time.Sleep(time.Minute)
			})
		})
	}
}

// TestLastResponseIsWhole has the server return 401 twice. The caller can read the
// whole body of the response, although the transport has buffered it.
func TestLastResponseIsWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := ringcx.Config{RingCentral: staticLogin, HTTPClient: respondWith(func(*http.Request) *http.Response {
			return response(401, "text/plain", "not for you")
		})}
		req := must(http.NewRequestWithContext(t.Context(), http.MethodGet, "https://engage.ringcentral.com/voice/x", nil))
		resp := must(newTokenSource(t, cfg).Transport(nil).RoundTrip(req))
		if text := must(io.ReadAll(resp.Body)); string(text) != "not for you" || resp.StatusCode != 401 {
			t.Errorf("response is %d %q, want 401 %q", resp.StatusCode, text, "not for you")
		}
	})
}

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

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

// longBody is a body of 16 MiB that counts what is read.
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

// TestResponsesAreBounded has a server send 16 MiB where a small response is due.
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
						t.Errorf("%d bytes were read, want at most %d", b.read, c.most)
					}
				}
			})
		})
	}
}

// openBody is a body that knows whether it is closed.
type openBody struct {
	io.Reader
	closed atomic.Bool
}

func (b *openBody) Close() error {
	b.closed.Store(true)
	return nil
}

// TestResponseIsReadBeforeTheWait has a call wait before it is sent again, or for a
// new token. Meanwhile it must not keep a connection.
func TestResponseIsReadBeforeTheWait(t *testing.T) {
	for name, first := range map[string]*http.Response{
		"429": status(429, "5"), "503": status(503, "5"), "500": status(500, ""), "401": status(401, ""),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				body := &openBody{Reader: strings.NewReader(name + " is the text")}
				first.Body = body
				sent, renewed := 0, 0
				source := newTokenSource(t, ringcx.Config{RingCentral: staticLogin, HTTPClient: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
					if strings.HasPrefix(r.URL.Path, "/api/auth/") {
						if renewed++; renewed > 1 && !body.closed.Load() {
							t.Error("a token is requested while the response is open")
						}
						time.Sleep(time.Second)
						return response(200, "application/json", `{"accessToken":"`+strings.Repeat("a", renewed)+`","refreshToken":"`+strings.Repeat("r", renewed)+`"}`), nil
					}
					if sent++; sent == 1 {
						return first, nil
					}
					if !body.closed.Load() {
						t.Error("the call is sent again while the response is open")
					}
					return status(200, ""), nil
				})}})
				must(source.Token())
				go func() {
					time.Sleep(500 * time.Millisecond)
					if !body.closed.Load() {
						t.Error("the response is open while the call waits")
					}
				}()
				req := must(http.NewRequestWithContext(t.Context(), http.MethodGet, "https://engage.ringcentral.com/voice/x", nil))
				resp, err := source.Transport(nil).RoundTrip(req)
				if err != nil || resp.StatusCode != 200 || sent != 2 {
					t.Errorf("%v, %v after %d requests", resp, err, sent)
				}
				time.Sleep(time.Minute)
			})
		})
	}
}

// TestLastResponseIsWhole has a call meet 401 twice: the response that is returned can
// be read, though it was kept during a renewal.
func TestLastResponseIsWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := ringcx.Config{RingCentral: staticLogin, HTTPClient: answering(func(*http.Request) *http.Response {
			return response(401, "text/plain", "not for you")
		})}
		req := must(http.NewRequestWithContext(t.Context(), http.MethodGet, "https://engage.ringcentral.com/voice/x", nil))
		resp := must(newTokenSource(t, cfg).Transport(nil).RoundTrip(req))
		if text := must(io.ReadAll(resp.Body)); string(text) != "not for you" || resp.StatusCode != 401 {
			t.Errorf("status %d with %q", resp.StatusCode, text)
		}
	})
}

package ringcx

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx/internal/keepalive"
)

// late is a RoundTripper that keeps connections of its own, and reads each form.
type late struct {
	respond error // nil: never
	closed  int
}

// RoundTrip implements http.RoundTripper.
func (l *late) RoundTrip(r *http.Request) (*http.Response, error) {
	_, _ = r.Body.Read(make([]byte, 1))
	if l.respond != nil {
		return nil, l.respond
	}
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// CloseIdleConnections counts.
func (l *late) CloseIdleConnections() { l.closed++ }

// TestTimeoutClosesIdleConnections calls CloseIdleConnections of a program's
// RoundTripper after a token request timed out, and only then.
func TestTimeoutClosesIdleConnections(t *testing.T) {
	tests := []struct {
		name    string
		respond error
		cancel  bool
		want    int
	}{
		{"no response", nil, false, 1},
		{"a time-out of the RoundTripper", context.DeadlineExceeded, false, 1},
		{"another error", errors.New("reset"), false, 0},
		{"canceled", nil, true, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rt := &late{respond: tt.respond}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if tt.cancel {
					time.AfterFunc(time.Second, cancel)
				}
				a := request(t, DefaultBaseURL, &http.Client{Transport: rt}, http.MethodPost, "once").do(ctx)
				if a.outcome != unknown || rt.closed != tt.want {
					t.Errorf("outcome %d, closed %d times, want %d and %d; error: %v", a.outcome, rt.closed, unknown, tt.want, a.err)
				}
			})
		})
	}
}

// TestUnreadForm fails before the transport has read the form, which nobody can
// read later.
func TestUnreadForm(t *testing.T) {
	var form *http.Request
	client := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		form = r
		return nil, errors.New("reset")
	})}
	a := request(t, DefaultBaseURL, client, http.MethodPost, "once").do(t.Context())
	if n, err := form.Body.Read(make([]byte, 100)); a.outcome != notProcessed || n > 0 || err == nil || form.GetBody != nil {
		t.Errorf("outcome %d, read %d bytes later, %v", a.outcome, n, err)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestDialFailure finds nobody to connect to, with and without a form.
func TestDialFailure(t *testing.T) {
	server := httptest.NewServer(nil)
	server.Close()
	unreachable := roundTrip(func(r *http.Request) (*http.Response, error) {
		return nil, &net.OpError{Op: "dial", Err: errors.New("refused")}
	})
	for _, method := range []string{http.MethodPost, http.MethodDelete} {
		for _, rt := range []http.RoundTripper{&http.Transport{}, unreachable} {
			a := request(t, server.URL, &http.Client{Transport: rt}, method, "once").do(t.Context())
			if a.outcome != notProcessed {
				t.Errorf("%s: outcome %d, error: %v", method, a.outcome, a.err)
			}
		}
	}
}

// TestLoginWithOwnClient signs in with a client that the Config does not have.
func TestLoginWithOwnClient(t *testing.T) {
	g := newGateway(t)
	original := g.transport()
	login := &JWTLogin{ClientID: "id", ClientSecret: "secret", JWT: "jwt", BaseURL: g.url(), HTTPClient: &http.Client{Transport: original}}
	if _, err := login.Token(); err != nil {
		t.Fatal(err)
	}
	reused := false
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GotConn: func(c httptrace.GotConnInfo) { reused = c.Reused }})
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, g.url(), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := keepalive.Transport(original).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	if resp.Body.Close(); !reused {
		t.Error("the sign-in did not use a connection that is checked by pings")
	}
}

// TestEarlyResponse responds to a token request before its form can be sent: the
// server takes one byte of it.
func TestEarlyResponse(t *testing.T) {
	tests := []struct {
		status     int
		retryAfter string
		want       outcome
	}{
		{200, "", succeeded},
		{401, "", rejected},
		{403, "", rejected},
		{429, "", notProcessed},
		{503, "7", notProcessed},
		{503, "", unknown},
		{413, "", unknown},
	}
	for _, tt := range tests {
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if tt.retryAfter != "" {
				w.Header().Set("Retry-After", tt.retryAfter)
			}
			w.WriteHeader(tt.status)
		}))
		server.EnableHTTP2 = true
		server.Config.HTTP2 = &http.HTTP2Config{MaxReceiveBufferPerStream: 1}
		server.StartTLS()
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}, ForceAttemptHTTP2: true}
		client := &http.Client{Transport: keepalive.Transport(transport)}
		if resp, err := client.Get(server.URL); err != nil { // from here on the client knows the limit
			t.Fatal(err)
		} else {
			resp.Body.Close()
		}
		a := request(t, server.URL, client, http.MethodPost, "once").do(t.Context())
		if a.outcome != tt.want || a.resp == nil || a.resp.ProtoMajor != 2 {
			t.Errorf("%d %s: outcome %d, want %d; error: %v", tt.status, tt.retryAfter, a.outcome, tt.want, a.err)
		}
		client.CloseIdleConnections()
		server.Close()
	}
}

// TestRepeatingRoundTripper is given a RoundTripper that keeps the form and sends
// it again after an error. Over HTTP/2 that is stopped.
func TestRepeatingRoundTripper(t *testing.T) {
	g := newGateway(t)
	base := keepalive.Transport(g.transport())
	client := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		form, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		again := r.Clone(r.Context())
		again.Body = io.NopCloser(bytes.NewReader(form))
		if resp, err := base.RoundTrip(again); err == nil {
			return resp, nil
		}
		again.Body = io.NopCloser(bytes.NewReader(form))
		return base.RoundTrip(again)
	})}
	g.end(ending{true, frameRSTStream, codeCancel})
	a := request(t, g.url(), client, http.MethodPost, "once").do(t.Context())
	if n := g.arrivals("once"); n != 1 || a.outcome != unknown || !errors.Is(a.err, errSentOnce) {
		t.Errorf("arrived %d times, outcome %d, error: %v", n, a.outcome, a.err)
	}
}

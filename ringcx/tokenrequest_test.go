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

// failingTransport is a RoundTripper of a program. It reads the form, and then returns err or
// waits for the end of the context.
type failingTransport struct {
	err    error // nil: wait
	closed int   // number of calls of CloseIdleConnections
}

// RoundTrip implements http.RoundTripper.
func (f *failingTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	_, _ = r.Body.Read(make([]byte, 1))
	if f.err != nil {
		return nil, f.err
	}
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// CloseIdleConnections counts its calls.
func (f *failingTransport) CloseIdleConnections() { f.closed++ }

// TestTimeoutClosesIdleConnections checks that CloseIdleConnections of a program's RoundTripper
// is called after a token request timed out, and not after another failure.
func TestTimeoutClosesIdleConnections(t *testing.T) {
	tests := []struct {
		name   string
		err    error // of the RoundTripper
		cancel bool
		want   int
	}{
		{"no response", nil, false, 1},
		{"timeout of the RoundTripper", context.DeadlineExceeded, false, 1},
		{"another error", errors.New("reset"), false, 0},
		{"canceled", nil, true, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rt := &failingTransport{err: tt.err}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if tt.cancel {
					time.AfterFunc(time.Second, cancel)
				}
				res := request(t, DefaultBaseURL, &http.Client{Transport: rt}, http.MethodPost, "once").do(ctx)
				if res.outcome != unknown || rt.closed != tt.want {
					t.Errorf("outcome %d, closed %d times, want %d, %d; error: %v", res.outcome, rt.closed, unknown, tt.want, res.err)
				}
			})
		})
	}
}

// TestUnreadForm checks the outcome if the transport fails before it has read the form. The
// form cannot be read afterwards, so that the outcome stays true.
func TestUnreadForm(t *testing.T) {
	var form *http.Request
	client := &http.Client{Transport: roundTripperFunc(func(r *http.Request) (*http.Response, error) {
		form = r
		return nil, errors.New("reset")
	})}
	res := request(t, DefaultBaseURL, client, http.MethodPost, "once").do(t.Context())
	if n, err := form.Body.Read(make([]byte, 100)); res.outcome != notProcessed || n > 0 || err == nil || form.GetBody != nil {
		t.Errorf("outcome %d, read %d bytes later, %v, want %d, 0 and an error", res.outcome, n, err, notProcessed)
	}
}

// TestDialFailure checks that a request without a connection has the outcome notProcessed, with
// and without a form.
func TestDialFailure(t *testing.T) {
	server := httptest.NewServer(nil)
	server.Close()
	unreachable := roundTripperFunc(func(r *http.Request) (*http.Response, error) {
		return nil, &net.OpError{Op: "dial", Err: errors.New("no connection")}
	})
	for _, method := range []string{http.MethodPost, http.MethodDelete} {
		for _, rt := range []http.RoundTripper{&http.Transport{}, unreachable} {
			res := request(t, server.URL, &http.Client{Transport: rt}, method, "once").do(t.Context())
			if res.outcome != notProcessed {
				t.Errorf("%s: outcome %d, want %d; error: %v", method, res.outcome, notProcessed, res.err)
			}
		}
	}
}

// TestJWTLoginUsesPings signs in with a JWTLogin that has an HTTPClient of its own. It must use
// the copy of the transport that pings its connections.
func TestJWTLoginUsesPings(t *testing.T) {
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
		t.Error("the sign-in used a connection without pings")
	}
}

// TestEarlyResponse checks the outcome of a response that comes before the form was sent. The
// server receives only one byte of the form.
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
		if resp, err := client.Get(server.URL); err != nil { // afterwards the client knows the limit of one byte
			t.Fatal(err)
		} else {
			resp.Body.Close()
		}
		res := request(t, server.URL, client, http.MethodPost, "once").do(t.Context())
		if res.outcome != tt.want || res.resp == nil || res.resp.ProtoMajor != 2 {
			t.Errorf("status %d, Retry-After %q: outcome %d, want %d; error: %v", tt.status, tt.retryAfter, res.outcome, tt.want, res.err)
		}
		client.CloseIdleConnections()
		server.Close()
	}
}

// TestRepeatingRoundTripper uses a RoundTripper that sends the form again after an error. Over
// HTTP/2 the second request is canceled before it is sent.
func TestRepeatingRoundTripper(t *testing.T) {
	g := newGateway(t)
	base := keepalive.Transport(g.transport())
	client := &http.Client{Transport: roundTripperFunc(func(r *http.Request) (*http.Response, error) {
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
	g.endNext(ending{true, frameRSTStream, codeCancel})
	res := request(t, g.url(), client, http.MethodPost, "once").do(t.Context())
	if n := g.arrivals("once"); n != 1 || res.outcome != unknown || !errors.Is(res.err, errSentOnce) {
		t.Errorf("%d arrivals, outcome %d, error: %v, want 1, %d, %v", n, res.outcome, res.err, unknown, errSentOnce)
	}
}

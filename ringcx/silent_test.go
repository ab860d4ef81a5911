package ringcx

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/oauth2"
)

// silentProxy forwards TCP connections to a server. After a call of silence, the connections
// that exist stay open but carry no more data.
type silentProxy struct {
	net.Listener
	server   string
	silences atomic.Int32 // number of calls of silence
	conns    atomic.Int32 // number of connections so far

	mu   sync.Mutex
	open []net.Conn
}

func newSilentProxy(t *testing.T, server string) *silentProxy {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &silentProxy{Listener: ln, server: server}
	go p.accept()
	t.Cleanup(func() {
		ln.Close()
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, conn := range p.open {
			conn.Close()
		}
	})
	return p
}

// silence drops all data of the connections that exist now.
func (p *silentProxy) silence() { p.silences.Add(1) }

// accept connects each client to the server.
func (p *silentProxy) accept() {
	for {
		client, err := p.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.server)
		if err != nil {
			client.Close()
			continue
		}
		p.conns.Add(1)
		p.mu.Lock()
		p.open = append(p.open, client, server)
		p.mu.Unlock()
		before := p.silences.Load()
		go p.forward(client, server, before)
		go p.forward(server, client, before)
	}
}

// forward copies data until from ends. It drops the data after another call of silence, of
// which there were that many before.
func (p *silentProxy) forward(to io.Writer, from io.Reader, before int32) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		if p.silences.Load() == before {
			to.Write(buf[:n])
		}
	}
}

// TestSilentConnection requests a token while the HTTP/2 connection, on which calls hang, has
// become silent. The connection is closed after 9 s, and the token comes on a new one.
func TestSilentConnection(t *testing.T) {
	t.Parallel()
	hanging := make(chan struct{}, 3)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/api/auth/") {
			hanging <- struct{}{}
			<-r.Context().Done()
			return
		}
		io.WriteString(w, `{"accessToken":"access","refreshToken":"refresh"}`)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	proxy := newSilentProxy(t, server.Listener.Addr().String())
	ts := silentSource(t, server.Certificate(), "https://"+proxy.Addr().String())
	token, err := ts.Token()
	if err != nil {
		t.Fatal(err)
	}
	ended := hang(t, ts, cap(hanging))
	for range cap(hanging) {
		<-hanging
	}
	if n := proxy.conns.Load(); n != 1 {
		t.Fatalf("%d connections, want 1 for all requests", n)
	}

	proxy.silence()
	ts.Invalidate(token)
	start := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	if _, err := ts.TokenContext(ctx); err != nil {
		t.Fatalf("no token after %v: %v", time.Since(start), err)
	}
	t.Logf("token after %v", time.Since(start))
	for range cap(hanging) {
		if err := <-ended; err == nil {
			t.Error("a call on the silent connection got a response")
		}
	}
}

// silentSource returns a TokenSource for the RingCX at base, whose certificate is cert.
func silentSource(t *testing.T, cert *x509.Certificate, base string) *TokenSource {
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	original := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}
	ts, err := NewTokenSource(Config{
		RingCentral: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "rc"}),
		BaseURL:     base, HTTPClient: &http.Client{Transport: original},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ts.Close()
		ts.cache.client.CloseIdleConnections()
	})
	return ts
}

// hang starts n calls in the background. Each sends its error when it has ended.
func hang(t *testing.T, ts *TokenSource, n int) <-chan error {
	ended := make(chan error, n)
	client := &http.Client{Transport: ts.Transport(nil)}
	for range n {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, ts.cache.base.String()+"/voice/api/v1/hang", nil)
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			resp, err := client.Do(req)
			if err == nil {
				resp.Body.Close()
			}
			ended <- err
		}()
	}
	return ended
}

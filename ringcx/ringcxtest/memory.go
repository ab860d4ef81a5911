package ringcxtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// memory is the RoundTripper of Server.Client. Each request runs its handler in a goroutine
// of its own.
type memory struct {
	server  *Server
	mu      sync.Mutex
	closed  bool
	running map[*memoryResponse]struct{}
}

// RoundTrip passes req to the Server and returns its response.
func (m *memory) RoundTrip(req *http.Request) (*http.Response, error) {
	body := &onceCloser{inner: req.Body}
	if err := context.Cause(req.Context()); err != nil {
		body.Close()
		return nil, err
	}
	if err := checkURL(req.URL); err != nil {
		body.Close()
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(req.Context())
	resp := newMemoryResponse(req, ctx, cancel)
	if !m.begin(resp) {
		cancel(nil)
		body.Close()
		return nil, dialError(req.URL.Host, net.ErrClosed)
	}
	return resp.serve(m.handler(req), body, func() { m.end(resp) })
}

// checkURL returns the error of net/http for a URL that it does not send.
func checkURL(u *url.URL) error {
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("unsupported protocol scheme %q", u.Scheme)
	case u.Host == "":
		return errors.New("http: no Host in request URL")
	}
	return nil
}

// begin adds resp to the running requests. It returns false if the Server is closed.
func (m *memory) begin(resp *memoryResponse) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.closed {
		m.running[resp] = struct{}{}
	}
	return !m.closed
}

func (m *memory) end(resp *memoryResponse) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.running, resp)
}

// close cancels all running requests.
func (m *memory) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	for resp := range m.running {
		resp.cancel(net.ErrClosed)
	}
}

// handler returns the handler for the host of req.
func (m *memory) handler(req *http.Request) http.Handler {
	switch req.URL.Host {
	case ringCXHost, ringCentralHost, m.server.loopback.host():
		return m.server
	}
	return http.HandlerFunc(m.serveWrongHost)
}

// serveWrongHost responds to a request to another host with 404, and counts it if it
// contains a secret.
func (m *memory) serveWrongHost(w http.ResponseWriter, r *http.Request) {
	s := m.server
	c := &call{server: s, w: &recorder{inner: w}, r: r, fault: &Fault{name: "wrong host"}}
	c.readBody()
	s.mu.Lock()
	if containsSecret(c) {
		s.tally.totals.WrongHostBearers++
	}
	s.mu.Unlock()
	c.respond(http.StatusNotFound, textType, "ringcxtest has no such host: "+r.URL.Host)
	c.end()
}

// containsSecret reports whether any part of a request contains a secret. The Server's
// mutex is held.
func containsSecret(c *call) bool {
	if len(c.secrets()) > 0 {
		return true
	}
	parts := strings.FieldsFunc(c.r.URL.RequestURI()+" "+string(c.body), func(r rune) bool {
		return strings.ContainsRune("/?&= ", r)
	})
	return slices.ContainsFunc(parts, c.server.sessions.isSecret)
}

// serverRequest returns the request that a server gets if a client sends req.
func serverRequest(ctx context.Context, req *http.Request, body io.ReadCloser) *http.Request {
	r := req.Clone(ctx)
	r.Body = body
	r.GetBody = nil
	r.Response = nil
	r.URL.Fragment = ""
	r.RequestURI = r.URL.RequestURI()
	if r.Host == "" {
		r.Host = r.URL.Host
	}
	r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/1.1", 1, 1
	r.RemoteAddr = "192.0.2.1:1234" // reserved for documentation (RFC 5737)
	return r
}

// dialError returns the error of a client that cannot connect to host.
func dialError(host string, err error) error {
	return &net.OpError{Op: "dial", Net: "tcp", Addr: memoryAddr(host), Err: err}
}

// memoryAddr is the address of a host that exists in memory only.
type memoryAddr string

// Network returns "tcp".
func (memoryAddr) Network() string { return "tcp" }

// String returns the host.
func (a memoryAddr) String() string { return string(a) }

// onceCloser is a request body that is closed at most once. Without an inner body it is
// empty.
type onceCloser struct {
	inner io.ReadCloser // may be nil
	once  sync.Once
}

// Read reads from the body.
func (o *onceCloser) Read(p []byte) (int, error) {
	if o.inner == nil {
		return 0, io.EOF
	}
	return o.inner.Read(p)
}

// Close closes the body on the first call.
func (o *onceCloser) Close() (err error) {
	o.once.Do(func() {
		if o.inner != nil {
			err = o.inner.Close()
		}
	})
	return err
}

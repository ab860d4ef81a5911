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

// Client returns an HTTP client that reaches the Server in memory. There are no
// sockets, so it works in a bubble of testing/synctest. Its addresses are those
// of [Server.Config].
//
// An answer of up to 64 KiB is there at once; a larger one is made while it is
// read. Close its body, as with any client, so that the Server stops.
//
// Requests to any other host end here too: the answer is a 404, and where they
// bring a secret, Counts.WrongHostBearers counts them.
func (s *Server) Client() *http.Client {
	return &http.Client{Transport: s.memory}
}

// memory is the RoundTripper of Client.
type memory struct {
	server  *Server
	mu      sync.Mutex
	closed  bool
	running map[*memoryAnswer]struct{}
}

// RoundTrip has the Server answer req.
func (m *memory) RoundTrip(req *http.Request) (*http.Response, error) {
	body := &onceCloser{inner: req.Body}
	if err := context.Cause(req.Context()); err != nil {
		body.Close()
		return nil, err
	}
	if err := checkAddress(req.URL); err != nil {
		body.Close()
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(req.Context())
	a := newMemoryAnswer(req, ctx, cancel)
	if !m.begin(a) {
		cancel(nil)
		body.Close()
		return nil, dialError(req.URL.Host, net.ErrClosed)
	}
	go func() {
		defer m.end(a)
		defer body.Close()
		a.run(m.handler(req), serverRequest(ctx, req, body))
	}()
	if !a.wait() {
		body.Close() // the handler may be reading it
		return nil, context.Cause(ctx)
	}
	if err := context.Cause(req.Context()); err != nil {
		return nil, err
	}
	return a.result()
}

// checkAddress refuses what net/http does not send, in its words.
func checkAddress(u *url.URL) error {
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("unsupported protocol scheme %q", u.Scheme)
	case u.Host == "":
		return errors.New("http: no Host in request URL")
	}
	return nil
}

// begin notes that a is running. It reports false where the Server is closed.
func (m *memory) begin(a *memoryAnswer) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.closed {
		m.running[a] = struct{}{}
	}
	return !m.closed
}

func (m *memory) end(a *memoryAnswer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.running, a)
}

// close ends all that is running.
func (m *memory) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	for a := range m.running {
		a.cancel(net.ErrClosed)
	}
}

// handler returns what answers req: the Server, or nobody.
func (m *memory) handler(req *http.Request) http.Handler {
	host := req.URL.Host
	if host == ringCXHost || host == ringCentralHost || host == m.server.loopback.host() {
		return m.server
	}
	return http.HandlerFunc(m.server.serveWrongHost)
}

// serverRequest returns req as a server sees it.
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

// dialError is what a client meets where nobody listens.
func dialError(host string, err error) error {
	return &net.OpError{Op: "dial", Net: "tcp", Addr: memoryAddr(host), Err: err}
}

type memoryAddr string

// Network returns "tcp", which memory stands for.
func (memoryAddr) Network() string { return "tcp" }

// String returns the host.
func (a memoryAddr) String() string { return string(a) }

// onceCloser closes a request's body once, and reads nothing where there is
// none.
type onceCloser struct {
	inner io.ReadCloser // nil: no body
	once  sync.Once
}

// Read reads from the body.
func (o *onceCloser) Read(p []byte) (int, error) {
	if o.inner == nil {
		return 0, io.EOF
	}
	return o.inner.Read(p)
}

// Close closes the body the first time.
func (o *onceCloser) Close() (err error) {
	o.once.Do(func() {
		if o.inner != nil {
			err = o.inner.Close()
		}
	})
	return err
}

// serveWrongHost answers for a host that the fake does not have.
func (s *Server) serveWrongHost(w http.ResponseWriter, r *http.Request) {
	c := &call{server: s, w: &recorder{inner: w}, r: r, script: &Fault{name: "wrong host"}}
	c.readBody()
	s.mu.Lock()
	if c.bringsSecret() {
		s.tally.sums.WrongHostBearers++
	}
	s.mu.Unlock()
	c.answer(http.StatusNotFound, textType, "ringcxtest has no such host: "+r.URL.Host)
	c.end()
}

// bringsSecret reports whether c holds a secret anywhere. The Server's mutex is
// held.
func (c *call) bringsSecret() bool {
	if len(c.secrets()) > 0 {
		return true
	}
	parts := strings.FieldsFunc(c.r.URL.RequestURI()+" "+string(c.body), func(r rune) bool {
		return strings.ContainsRune("/?&= ", r)
	})
	return slices.ContainsFunc(parts, c.server.sessions.isSecret)
}

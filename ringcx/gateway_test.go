package ringcx

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/ringcx-go/ringcx-go/ringcx/internal/keepalive"
)

// gateway passes HTTP/2 frames between clients and a real server, and ends the
// request that it is told to.
type gateway struct {
	t       *testing.T
	server  *httptest.Server
	clients net.Listener

	next    atomic.Pointer[ending] // of the next request; nil: none
	arrived chan struct{}          // one element for each request that the server holds

	mu    sync.Mutex
	holds bool           // whether the server holds the next request that arrives
	seen  map[string]int // arrivals at the server, by method, path and form
}

// ending is how a request ends.
type ending struct {
	processed bool // whether the server gets the request
	frame     byte // frameRSTStream, frameGoAway, or 0: the connection is closed
	code      uint32
}

func newGateway(t *testing.T) *gateway {
	g := &gateway{t: t, seen: map[string]int{}, arrived: make(chan struct{}, 1)}
	g.server = httptest.NewUnstartedServer(g)
	g.server.EnableHTTP2 = true
	// No header may depend on one of a request that was not passed on.
	g.server.Config.HTTP2 = &http.HTTP2Config{MaxDecoderHeaderTableSize: 1}
	g.server.StartTLS()
	t.Cleanup(g.server.Close)
	var err error
	g.clients, err = tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: g.server.TLS.Certificates, NextProtos: []string{"h2"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.clients.Close() })
	go g.accept()
	return g
}

func (g *gateway) url() string { return "https://" + g.clients.Addr().String() }

// transport returns a transport without connections.
func (g *gateway) transport() *http.Transport {
	t := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: g.roots()}, ForceAttemptHTTP2: true}
	g.t.Cleanup(func() { keepalive.Transport(t).(*http.Transport).CloseIdleConnections() })
	return t
}

func (g *gateway) roots() *x509.CertPool {
	roots := x509.NewCertPool()
	roots.AddCert(g.server.Certificate())
	return roots
}

// end says how the next request ends.
func (g *gateway) end(how ending) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.holds = how.processed
	g.next.Store(&how)
}

// arrivals returns how often a request arrived at the server that has all of parts
// in its method, path and form, and forgets all requests.
func (g *gateway) arrivals(parts ...string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := 0
	for request, times := range g.seen {
		matches := true
		for _, part := range parts {
			matches = matches && strings.Contains(request, part)
		}
		if matches {
			n += times
		}
	}
	clear(g.seen)
	return n
}

// ServeHTTP is the real server. A request that it holds gets no response.
func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	form, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	g.mu.Lock()
	held := g.holds
	g.holds = false
	text, _ := url.QueryUnescape(string(form))
	g.seen[r.Method+" "+r.URL.Path+" "+text]++
	g.mu.Unlock()
	if held {
		g.arrived <- struct{}{}
		<-r.Context().Done()
		return
	}
	w.Header().Set("Content-Type", "application/json")
	io.WriteString(w, `{"access_token":"rc","accessToken":"access","refreshToken":"refresh1"}`)
}

func (g *gateway) accept() {
	for {
		client, err := g.clients.Accept()
		if err != nil {
			return
		}
		server, err := tls.Dial("tcp", g.server.Listener.Addr().String(), &tls.Config{RootCAs: g.roots(), NextProtos: []string{"h2"}})
		if err != nil {
			g.t.Errorf("gateway: %v", err)
			return
		}
		p := &passage{gateway: g, client: client, server: server}
		go p.run()
	}
}

// passage is one connection through the gateway.
type passage struct {
	*gateway
	client, server net.Conn
	writing        sync.Mutex // to client
}

// run passes the server's settings on first: clients accept no frame before.
func (p *passage) run() {
	settings, err := readFrame(p.server)
	if err != nil || p.toClient(settings) != nil {
		p.close()
		return
	}
	go p.responses()
	p.requests()
}

func (p *passage) close() {
	p.client.Close()
	p.server.Close()
}

func (p *passage) responses() {
	defer p.close()
	for {
		f, err := readFrame(p.server)
		if err != nil || p.toClient(f) != nil {
			return
		}
	}
}

func (p *passage) toClient(f frame) error {
	p.writing.Lock()
	defer p.writing.Unlock()
	_, err := p.client.Write(f)
	return err
}

func (p *passage) requests() {
	defer p.close()
	if _, err := io.CopyN(p.server, p.client, int64(len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))); err != nil {
		return
	}
	var how *ending // of the stream victim
	var victim uint32
	for {
		f, err := readFrame(p.client)
		if err != nil {
			return
		}
		if f.kind() == frameHeaders {
			if how = p.next.Swap(nil); how != nil {
				victim = f.stream()
			}
		}
		mine := how != nil && f.stream() == victim
		if !mine || how.processed {
			if _, err := p.server.Write(f); err != nil {
				return
			}
		}
		if mine && f.endsStream() && !p.finish(*how, victim) {
			return
		}
	}
}

// finish ends a request, and reports whether its connection goes on.
func (p *passage) finish(how ending, stream uint32) bool {
	if how.processed {
		<-p.arrived
	}
	switch how.frame {
	case frameRSTStream:
		if how.processed {
			p.server.Write(newFrame(frameRSTStream, stream, codeCancel))
		}
		return p.toClient(newFrame(frameRSTStream, stream, how.code)) == nil
	case frameGoAway:
		last := stream
		if !how.processed {
			last = max(stream, 2) - 2
		}
		p.toClient(newFrame(frameGoAway, 0, last, how.code))
	}
	return false
}

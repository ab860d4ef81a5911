package ringcx

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
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

// gateway forwards HTTP/2 frames between clients and a server of net/http. It can end one
// request in a chosen way.
type gateway struct {
	t       *testing.T
	server  *httptest.Server
	clients net.Listener

	next    atomic.Pointer[ending] // of the next request; nil: the server's response
	arrived chan struct{}          // one element for each request that gets no response

	mu   sync.Mutex
	mute bool           // the server does not respond to the next request that arrives
	seen map[string]int // arrivals at the server, by method, path and form
}

// ending is how a request ends without a response.
type ending struct {
	processed bool   // the request is forwarded to the server
	frame     byte   // that the client gets: frameRSTStream, frameGoAway, or 0: the connection is closed
	code      uint32 // the error code in the frame
}

func newGateway(t *testing.T) *gateway {
	g := &gateway{t: t, seen: map[string]int{}, arrived: make(chan struct{}, 1)}
	g.server = httptest.NewUnstartedServer(g)
	g.server.EnableHTTP2 = true
	// Headers must not depend on those of a request that was not forwarded.
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

// url returns the base URL for clients.
func (g *gateway) url() string { return "https://" + g.clients.Addr().String() }

// transport returns a new transport, which has no connections.
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

// endNext sets how the next request ends.
func (g *gateway) endNext(how ending) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.mute = how.processed
	g.next.Store(&how)
}

// arrivals returns how many requests whose method, path and form contain all of parts have
// arrived at the server since the last call.
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

// ServeHTTP is the handler of the server. It responds to each request with tokens, except to
// one that endNext has chosen: for that one it waits until the client has gone.
func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	form, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	g.mu.Lock()
	mute := g.mute
	g.mute = false
	text, _ := url.QueryUnescape(string(form))
	g.seen[r.Method+" "+r.URL.Path+" "+text]++
	g.mu.Unlock()
	if mute {
		g.arrived <- struct{}{}
		<-r.Context().Done()
		return
	}
	w.Header().Set("Content-Type", "application/json")
	io.WriteString(w, `{"access_token":"rc","accessToken":"access","refreshToken":"refresh1"}`)
}

// accept connects each client to the server.
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
		c := &gatewayConn{gateway: g, client: client, server: server}
		go c.run()
	}
}

// gatewayConn is a connection of a client and its connection to the server.
type gatewayConn struct {
	*gateway
	client, server net.Conn
	writing        sync.Mutex // guards writes to client
}

// run forwards frames until a connection ends. The server's settings come first, because
// clients accept no other frame before them.
func (c *gatewayConn) run() {
	settings, err := readFrame(c.server)
	if err != nil || c.toClient(settings) != nil {
		c.close()
		return
	}
	go c.responses()
	c.requests()
}

func (c *gatewayConn) close() {
	c.client.Close()
	c.server.Close()
}

// responses forwards the frames of the server.
func (c *gatewayConn) responses() {
	defer c.close()
	for {
		f, err := readFrame(c.server)
		if err != nil || c.toClient(f) != nil {
			return
		}
	}
}

func (c *gatewayConn) toClient(f frame) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	_, err := c.client.Write(f)
	return err
}

// requests forwards the frames of the client, and ends the request that endNext has chosen.
func (c *gatewayConn) requests() {
	defer c.close()
	if _, err := io.CopyN(c.server, c.client, int64(len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))); err != nil {
		return
	}
	var how *ending // of the stream chosen; nil: there is none
	var chosen uint32
	for {
		f, err := readFrame(c.client)
		if err != nil {
			return
		}
		if f.kind() == frameHeaders {
			if how = c.next.Swap(nil); how != nil {
				chosen = f.stream()
			}
		}
		ofChosen := how != nil && f.stream() == chosen
		if !ofChosen || how.processed {
			if _, err := c.server.Write(f); err != nil {
				return
			}
		}
		if ofChosen && f.endsStream() && !c.finish(*how, chosen) {
			return
		}
	}
}

// finish ends a request, and reports whether its connection stays open.
func (c *gatewayConn) finish(how ending, stream uint32) bool {
	if how.processed {
		<-c.arrived
	}
	switch how.frame {
	case frameRSTStream:
		if how.processed {
			c.server.Write(newFrame(frameRSTStream, stream, codeCancel))
		}
		return c.toClient(newFrame(frameRSTStream, stream, how.code)) == nil
	case frameGoAway:
		last := stream
		if !how.processed {
			last = max(stream, 2) - 2
		}
		c.toClient(newFrame(frameGoAway, 0, last, how.code))
	}
	return false
}

// Frame types, flags and error codes of HTTP/2.
//
// Source: RFC 9113, sections 6 and 7.
const (
	frameHeaders   = 0x1
	frameRSTStream = 0x3
	frameGoAway    = 0x7
	flagEndStream  = 0x1

	codeProtocolError = 0x1
	codeRefusedStream = 0x7
	codeCancel        = 0x8
	codeHTTP11        = 0xd // the largest code
)

// frame is an HTTP/2 frame with its header.
type frame []byte

func (f frame) kind() byte     { return f[3] }
func (f frame) stream() uint32 { return binary.BigEndian.Uint32(f[5:9]) }

// endsStream reports whether f is the last frame of a request.
func (f frame) endsStream() bool { return f.kind() <= frameHeaders && f[4]&flagEndStream != 0 }

// newFrame returns a frame without flags. The payload consists of 32-bit integers.
func newFrame(kind byte, stream uint32, payload ...uint32) frame {
	f := frame{0, 0, byte(4 * len(payload)), kind, 0}
	for _, n := range append([]uint32{stream}, payload...) {
		f = binary.BigEndian.AppendUint32(f, n)
	}
	return f
}

// readFrame reads one frame.
func readFrame(r io.Reader) (frame, error) {
	f := make(frame, 9)
	if _, err := io.ReadFull(r, f); err != nil {
		return nil, err
	}
	f = append(f, make([]byte, int(f[0])<<16|int(f[1])<<8|int(f[2]))...)
	_, err := io.ReadFull(r, f[9:])
	return f, err
}

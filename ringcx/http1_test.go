package ringcx

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/ringcx-go/ringcx-go/ringcx/internal/keepalive"
)

// breakage is how an HTTP/1 server ends the connection of a request.
type breakage struct {
	name   string
	reads  string // how much of the request it reads before
	writes string // what it writes then
	want   []outcome
}

const (
	firstByte, firstLine, allHeaders, wholeRequest = "byte", "line", "headers", "request"

	partial      = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"
	complete     = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
	unauthorized = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\n{}"
)

// If the transport has not read the form yet, the request is sent again and succeeds.
var breakages = []breakage{
	{"closed before the headers", firstByte, "", []outcome{unknown, succeeded}},
	{"closed during the headers", firstLine, "", []outcome{unknown, succeeded}},
	{"closed after the headers", allHeaders, "", []outcome{unknown, succeeded}},
	{"closed after the request", wholeRequest, "", []outcome{unknown}},
	{"closed during the status line", wholeRequest, partial[:12], []outcome{unknown}},
	{"closed during the response headers", wholeRequest, partial[:40], []outcome{unknown}},
	{"closed after the response headers", wholeRequest, partial, []outcome{unknown}},
	{"closed during the response body", wholeRequest, partial + `{"accessToken"`, []outcome{unknown}},
	{"401 before the form", allHeaders, unauthorized, []outcome{rejected, unknown, succeeded}},
	{"not HTTP", wholeRequest, "REFUSED_STREAM\r\n\r\n", []outcome{unknown}},
}

// rawServer is an HTTP/1 server that ends the connection of one request, and responds to all
// others.
type rawServer struct {
	net.Listener
	wg sync.WaitGroup

	mu    sync.Mutex
	next  *breakage
	reset bool // it ends with RST instead of FIN
	read  strings.Builder
}

func newRawServer(t *testing.T) *rawServer {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &rawServer{Listener: ln}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			s.wg.Add(1)
			go s.serve(conn.(*net.TCPConn))
		}
	}()
	return s
}

// endNext sets how the next request ends.
func (s *rawServer) endNext(how breakage, reset bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next, s.reset = &how, reset
	s.read.Reset()
}

// take returns how the next request ends, and resets it. nil means with a response.
func (s *rawServer) take() (how *breakage, reset bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	how, s.next = s.next, nil
	return how, s.reset
}

// serve reads the requests of one connection.
func (s *rawServer) serve(conn *net.TCPConn) {
	defer s.wg.Done()
	defer conn.Close()
	r := bufio.NewReader(io.TeeReader(conn, s))
	for {
		if _, err := r.Peek(1); err != nil {
			return
		}
		how, reset := s.take()
		if how == nil {
			readUntil(r, wholeRequest)
			io.WriteString(conn, complete)
			continue
		}
		readUntil(r, how.reads)
		io.WriteString(conn, how.writes)
		if reset {
			conn.SetLinger(0)
			return
		}
		conn.CloseWrite()
		io.Copy(io.Discard, r) // record everything that the client sends
		return
	}
}

// Write records what a client sent.
func (s *rawServer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.read.Write(p)
}

// arrivals waits until all connections have ended, and returns how often the clients have
// sent token since endNext.
func (s *rawServer) arrivals(token string) int {
	s.wg.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Count(s.read.String(), token)
}

// readUntil reads a part of a request.
func readUntil(r *bufio.Reader, until string) {
	switch until {
	case firstByte:
		r.ReadByte()
	case firstLine:
		r.ReadString('\n')
	case allHeaders:
		for line := ""; line != "\r\n"; {
			var err error
			if line, err = r.ReadString('\n'); err != nil {
				return
			}
		}
	case wholeRequest:
		if req, err := http.ReadRequest(r); err == nil {
			io.Copy(io.Discard, req.Body)
		}
	}
}

// TestTokenRequestOverHTTP1 ends the connection at each point of a token request. The token
// must not arrive twice.
func TestTokenRequestOverHTTP1(t *testing.T) {
	for _, method := range []string{http.MethodPost, http.MethodDelete} {
		for _, reused := range []bool{false, true} {
			for _, reset := range []bool{false, true} {
				for _, how := range breakages {
					t.Run(fmt.Sprintf("%s/reused=%t/reset=%t/%s", method, reused, reset, how.name), func(t *testing.T) {
						testBreakage(t, method, reused, reset, how)
					})
				}
			}
		}
	}
}

func testBreakage(t *testing.T, method string, reused, reset bool, how breakage) {
	s := newRawServer(t)
	transport := &http.Transport{}
	client, base := &http.Client{Transport: keepalive.Transport(transport)}, "http://"+s.Addr().String()
	if reused {
		if res := request(t, base, client, http.MethodPost, "first").do(t.Context()); res.err != nil {
			t.Fatal(res.err)
		}
	}
	s.endNext(how, reset)
	res := request(t, base, client, method, "once").do(t.Context())
	client.CloseIdleConnections()
	got := s.arrivals("once")
	if got > 1 || got == 0 && res.outcome == succeeded {
		t.Errorf("%d arrivals, outcome %d; error: %v", got, res.outcome, res.err)
	}
	for _, want := range how.want {
		if res.outcome == want {
			return
		}
	}
	if !reset || res.outcome != unknown { // the client may see a reset before the response
		t.Errorf("outcome %d, want one of %d; error: %v", res.outcome, how.want, res.err)
	}
}

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

// breakage is how an HTTP/1 server ends a request.
type breakage struct {
	name   string
	until  string // what it reads of the request before
	writes string
	want   []outcome
}

const (
	firstByte, firstLine, allHeaders, wholeRequest = "byte", "line", "headers", "request"

	head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"
	full = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
	bad  = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\n{}"
)

// A form that the client has not begun to read is sent again, and then processed.
var breakages = []breakage{
	{"before the headers", firstByte, "", []outcome{unknown, succeeded}},
	{"during the headers", firstLine, "", []outcome{unknown, succeeded}},
	{"after the headers", allHeaders, "", []outcome{unknown, succeeded}},
	{"after the request", wholeRequest, "", []outcome{unknown}},
	{"during the status line", wholeRequest, head[:12], []outcome{unknown}},
	{"during the response's headers", wholeRequest, head[:40], []outcome{unknown}},
	{"after the response's headers", wholeRequest, head, []outcome{unknown}},
	{"during the response", wholeRequest, head + `{"accessToken"`, []outcome{unknown}},
	{"with an early response", allHeaders, bad, []outcome{rejected, unknown, succeeded}},
	{"with no HTTP", wholeRequest, "REFUSED_STREAM\r\n\r\n", []outcome{unknown}},
}

// rawServer is an HTTP/1 server that ends one request, and responds to the others.
type rawServer struct {
	net.Listener
	wg sync.WaitGroup

	mu    sync.Mutex
	next  *breakage
	reset bool // whether it ends with RST instead of FIN
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

// end says how the next request ends.
func (s *rawServer) end(how breakage, reset bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next, s.reset = &how, reset
	s.read.Reset()
}

func (s *rawServer) take() (how *breakage, reset bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	how, s.next = s.next, nil
	return how, s.reset
}

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
			io.WriteString(conn, full)
			continue
		}
		readUntil(r, how.until)
		io.WriteString(conn, how.writes)
		if reset {
			conn.SetLinger(0)
			return
		}
		conn.CloseWrite()
		io.Copy(io.Discard, r) // to see all that the client sends
		return
	}
}

// Write notes what came from a client.
func (s *rawServer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.read.Write(p)
}

// arrivals waits until the clients have ended their connections, and returns how
// often token came.
func (s *rawServer) arrivals(token string) int {
	s.wg.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Count(s.read.String(), token)
}

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

// TestTokenRequestOverHTTP1 ends the connection of a token request at each point.
// The token must not arrive twice.
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
		if a := request(t, base, client, http.MethodPost, "first").do(t.Context()); a.err != nil {
			t.Fatal(a.err)
		}
	}
	s.end(how, reset)
	a := request(t, base, client, method, "once").do(t.Context())
	client.CloseIdleConnections()
	got := s.arrivals("once")
	if got > 1 || got == 0 && a.outcome == succeeded {
		t.Errorf("arrived %d times; outcome %d, error: %v", got, a.outcome, a.err)
	}
	for _, want := range how.want {
		if a.outcome == want {
			return
		}
	}
	if !reset || a.outcome != unknown { // a reset may overtake the response
		t.Errorf("outcome %d, want one of %d; error: %v", a.outcome, how.want, a.err)
	}
}

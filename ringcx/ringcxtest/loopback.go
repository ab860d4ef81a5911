package ringcxtest

import (
	"net"
	"net/http"
	"sync"
)

// loopback is the Server over a real connection. The zero value is not started.
type loopback struct {
	mu      sync.Mutex
	address string // host:port; empty: not started
	server  *http.Server
	closed  bool
	running sync.WaitGroup // everything that must end before close returns
}

// URL returns the address of the Server over a real connection, without a slash
// at its end. The first call starts it on a free port of the loopback interface.
// Do not use it in a bubble of testing/synctest: time stands still there, so
// whatever waits hangs. [Server.Client] is made for that.
func (s *Server) URL() string {
	address, err := s.loopback.start(s)
	if err != nil {
		s.fail("URL: no loopback server: %v", err)
	}
	return "http://" + address
}

func (l *loopback) start(h http.Handler) (string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return "", http.ErrServerClosed
	}
	if l.address != "" {
		return l.address, nil
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	l.address = listener.Addr().String()
	l.server = &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if l.begin() {
			defer l.running.Done()
			h.ServeHTTP(w, r)
		}
	})}
	l.running.Go(func() { _ = l.server.Serve(listener) })
	return l.address, nil
}

// begin notes that a request is running. It reports false after close.
func (l *loopback) begin() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.running.Add(1)
	}
	return !l.closed
}

// host returns the address, or "" where the server is not started.
func (l *loopback) host() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.address
}

// close ends the server and waits for its goroutines.
func (l *loopback) close() {
	l.mu.Lock()
	l.closed = true
	server := l.server
	l.mu.Unlock()
	if server != nil {
		_ = server.Close()
		l.running.Wait()
	}
}

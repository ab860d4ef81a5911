package ringcxtest

import (
	"net"
	"net/http"
	"sync"
)

// loopback is the TCP server of a Server. The zero value is not started.
type loopback struct {
	mu      sync.Mutex
	address string // host:port, or empty if not started
	server  *http.Server
	closed  bool
	running sync.WaitGroup // close waits for it
}

// start starts the server on the first call, and returns its address.
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

// begin adds a request to the running ones. It returns false after close.
func (l *loopback) begin() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.running.Add(1)
	}
	return !l.closed
}

// host returns the address, or "" if the server is not started.
func (l *loopback) host() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.address
}

// close stops the server and waits for its goroutines.
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

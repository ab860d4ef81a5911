package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// endpoint is a token endpoint in memory. Each library requests tokens from an endpoint
// of its own. The tokens have the format of RingCX: a JWT with the claims iat and exp.
type endpoint struct {
	life     time.Duration // of a token, in whole seconds
	latency  time.Duration // of a response or an error
	state    atomic.Int32  // a condition
	requests atomic.Int64  // number of requests received
}

// condition is the condition of an endpoint.
type condition = int32

const (
	up      condition = iota
	failing           // returns 500
	down              // rejects connections
)

var (
	errFailing = errors.New("the token endpoint returned 500")
	errDown    = &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
)

// fetch handles one request for a token.
func (e *endpoint) fetch(ctx context.Context) (token string, expiry time.Time, err error) {
	n := e.requests.Add(1)
	sent := time.Now()
	timer := time.NewTimer(e.latency)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return "", time.Time{}, ctx.Err()
	}
	switch e.state.Load() {
	case failing:
		return "", time.Time{}, errFailing
	case down:
		return "", time.Time{}, errDown
	}
	end := sent.Add(e.life)
	claims := fmt.Sprintf(`{"jti":"%d","iat":%d,"exp":%d}`, n, sent.Unix(), end.Unix())
	return "e30." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".c2ln", end, nil
}

// RoundTrip calls fetch for a library that uses HTTP.
func (e *endpoint) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		defer req.Body.Close()
	}
	token, _, err := e.fetch(req.Context())
	switch {
	case errors.Is(err, errFailing):
		return response(req, http.StatusInternalServerError, ""), nil
	case err != nil:
		return nil, err
	}
	return response(req, http.StatusOK, fmt.Sprintf(`{"accessToken":%q,"refreshToken":"r%d","tokenType":"Bearer"}`, token, e.requests.Load())), nil
}

func response(req *http.Request, status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: req,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)),
	}
}

package ringcx

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http/httptrace"
	"regexp"
	"sync"
	"sync/atomic"
)

// errSentOnce ends a token request that the HTTP library is about to send again
// although the server may have processed it.
var errSentOnce = errors.New("the connection ended after the request was sent")

// sending follows one send of a token request, as far as the transport lets it.
// A transport that calls no hooks of httptrace is believed only where its error
// says so.
type sending struct {
	form   *onceReader // nil: the request has none
	cancel context.CancelCauseFunc

	asked, got, wrote atomic.Bool // a connection was wanted, one was found, headers were written
}

// hooks returns what net/http tells of its connections. It calls GotConn before
// each send, and an HTTP/2 connection checks the context before it writes.
func (s *sending) hooks() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) { s.asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) {
			s.got.Store(true)
			if s.wrote.Load() {
				s.cancel(errSentOnce)
			}
		},
		WroteHeaders: func() { s.wrote.Store(true) },
	}
}

// failed judges an error that came instead of a response: the outcome, and
// whether to send the request again at once on another connection. It ends the
// send, so that what it says stays true.
func (s *sending) failed(err error) (out outcome, again bool) {
	unread := s.form != nil && s.form.end()
	switch text := innermost(err).Error(); {
	case s.dialFailed(err):
		return notProcessed, false
	case unread: // so the token was not sent
		return notProcessed, s.got.Load()
	case notProcessedText.MatchString(text):
		return notProcessed, true
	case firstStreamText.MatchString(text):
		return notProcessed, false
	}
	return unknown, false
}

// dialFailed reports whether err came before there was a connection.
func (s *sending) dialFailed(err error) bool {
	if s.asked.Load() {
		return !s.got.Load()
	}
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}

// The errors with which the HTTP/2 client of net/http and golang.org/x/net says
// that the server did not process a request: RST_STREAM with REFUSED_STREAM, or
// GOAWAY with a lower last stream id. They have no type that could be asked for:
// the first is formatted, since the form cannot be read again, and the second is
// what the first stream of a connection gets for a GOAWAY with an error code.
//
// Source: RFC 9113, section 8.7; net/http, h2_bundle.go.
var (
	notProcessedText = regexp.MustCompile(`^http2: Transport: cannot retry err \[(stream error: stream ID \d+; REFUSED_STREAM(; received from peer)?|http2: Transport received Server's graceful shutdown GOAWAY)\] after Request\.Body was written`)
	firstStreamText  = regexp.MustCompile(`^http2: Transport received GOAWAY from server ErrCode:\w+$`)
)

// innermost returns the error that err wraps, without what was written around it.
func innermost(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// onceReader is the form of a token request. It can be read once, and not after
// end.
type onceReader struct {
	mu    sync.Mutex
	form  *bytes.Reader
	read  bool
	ended bool
}

// Read implements io.Reader.
func (r *onceReader) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		return 0, errors.New("ringcx: the token request has ended")
	}
	r.read = true
	return r.form.Read(p)
}

// Close does nothing: a transport may close a form that it has not read, and
// then read it.
func (r *onceReader) Close() error { return nil }

// end lets nobody read any more, and reports whether nobody has.
func (r *onceReader) end() (unread bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = true
	return !r.read
}

// readForm takes the form out of a request, which is in memory.
func readForm(body io.ReadCloser) ([]byte, error) {
	if body == nil {
		return nil, nil
	}
	defer body.Close()
	return io.ReadAll(body)
}

package ringcxtest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"syscall"
)

// maxChecked is the size of an answer up to which its body is checked.
const maxChecked = 4 << 20

var (
	// errRefused is what a client in memory meets instead of a connection.
	errRefused error = syscall.ECONNREFUSED
	// errCut is what it meets instead of an answer.
	errCut = io.ErrUnexpectedEOF
)

// recorder is the ResponseWriter of a call. It passes everything on, and knows
// afterwards what that was.
type recorder struct {
	inner  http.ResponseWriter
	status int // 0: no answer yet
	size   int64
	record bool         // keep the body
	body   bytes.Buffer // at most maxChecked
}

// Header returns the header of the answer.
func (r *recorder) Header() http.Header { return r.inner.Header() }

// WriteHeader begins the answer.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
		r.inner.WriteHeader(status)
	}
}

// Write sends a part of the body.
func (r *recorder) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	r.size += int64(len(p))
	if r.record && r.size <= maxChecked {
		r.body.Write(p)
	}
	n, err := r.inner.Write(p)
	if err != nil {
		r.record = false // the client is gone, and the handler stops
	}
	return n, err
}

// Unwrap returns the writer beneath, for http.ResponseController.
func (r *recorder) Unwrap() http.ResponseWriter { return r.inner }

// complete reports whether body is the whole answer.
func (r *recorder) complete() bool { return r.record && r.size <= maxChecked }

// cut ends the connection instead of the answer. In memory the client meets
// err. Over a real connection it gets the beginning of an answer: had it got
// nothing at all, then Go's http.Transport would send a GET again by itself.
func (r *recorder) cut(err error) {
	if m, ok := r.inner.(*memoryAnswer); ok {
		m.fail(err)
		return
	}
	conn, _, hijackErr := http.NewResponseController(r.inner).Hijack()
	if errors.Is(hijackErr, http.ErrNotSupported) {
		panic(http.ErrAbortHandler)
	}
	if hijackErr == nil {
		fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Type: ")
		conn.Close()
	}
}

// held is a ResponseWriter that keeps the answer until a fault sends it.
type held struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// hold runs process and returns its answer instead of sending it. Its header is
// that of the answer already.
func (c *call) hold(process func()) *held {
	h := &held{header: c.w.Header()}
	sent := c.w
	c.w = &recorder{inner: h}
	process()
	c.w = sent
	return h
}

// Header returns the header of the answer.
func (h *held) Header() http.Header { return h.header }

// WriteHeader keeps the status.
func (h *held) WriteHeader(status int) { h.status = status }

// Write keeps a part of the body.
func (h *held) Write(p []byte) (int, error) { return h.body.Write(p) }

// send sends the answer to c with this body.
func (h *held) send(c *call, body []byte) {
	c.w.WriteHeader(h.status)
	_, _ = c.w.Write(body)
}

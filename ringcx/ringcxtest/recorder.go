package ringcxtest

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"syscall"
)

// maxChecked is the largest response body that is compared with openapi.yaml.
const maxChecked = 4 << 20

var (
	// errConnRefused is the in-memory client's error if it cannot connect.
	errConnRefused error = syscall.ECONNREFUSED
	// errCut is the in-memory client's error if the connection is cut.
	errCut = io.ErrUnexpectedEOF
)

// recorder is the ResponseWriter of a call. It passes everything on and records the status,
// the size and, if record is set, the body.
type recorder struct {
	inner  http.ResponseWriter
	status int // 0 if nothing was written
	size   int64
	record bool         // keep the body
	body   bytes.Buffer // at most maxChecked
}

// Header returns the header of the response.
func (r *recorder) Header() http.Header { return r.inner.Header() }

// WriteHeader writes the header. Only the first call has an effect.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
		r.inner.WriteHeader(status)
	}
}

// Write writes a part of the body.
func (r *recorder) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	r.size += int64(len(p))
	if r.record && r.size <= maxChecked && !isFile(r.Header()) {
		r.body.Write(p)
	}
	n, err := r.inner.Write(p)
	if err != nil {
		r.record = false // the client is gone, so the body will be incomplete
	}
	return n, err
}

// Unwrap returns the underlying writer, for http.ResponseController.
func (r *recorder) Unwrap() http.ResponseWriter { return r.inner }

// complete reports whether body is the complete body of the response. Of a file, only the
// header is compared with openapi.yaml, so that its body is not kept.
func (r *recorder) complete() bool {
	return r.record && (r.size <= maxChecked || isFile(r.Header()))
}

// cut ends the connection without a complete response. The in-memory client gets err: while it
// reads the body, if there is a part of the response. Over TCP the client gets at least the
// beginning of a response; if it got nothing at all, Go's http.Transport would send a GET again.
func (r *recorder) cut(err error) {
	if r.status != 0 {
		r.cutBody(err)
		return
	}
	if m, ok := r.inner.(*memoryResponse); ok {
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

// cutBody ends the connection after the part of the body that was written.
func (r *recorder) cutBody(err error) {
	if m, ok := r.inner.(*memoryResponse); ok {
		m.failBody(err)
		return
	}
	_ = http.NewResponseController(r.inner).Flush() // ignore the error: the client is gone
	panic(http.ErrAbortHandler)
}

// limitedResponse is a ResponseWriter that writes only the first bytes of a body.
type limitedResponse struct {
	*recorder
	left     int64 // bytes that may still be written
	exceeded bool  // the body has more
}

// Write writes what may still be written of p, and returns an error if that is not all.
func (r *limitedResponse) Write(p []byte) (int, error) {
	if int64(len(p)) <= r.left {
		r.left -= int64(len(p))
		return r.recorder.Write(p)
	}
	n, err := r.recorder.Write(p[:r.left])
	r.left, r.exceeded = 0, true
	return n, cmp.Or(err, errCut)
}

// capturedResponse is a ResponseWriter that keeps the response until send.
type capturedResponse struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// capture runs process and returns its response instead of sending it. Header fields that
// process sets are set on the response of c.
func (c *call) capture(process func()) *capturedResponse {
	captured := &capturedResponse{header: c.w.Header()}
	w := c.w
	c.w = &recorder{inner: captured}
	process()
	c.w = w
	return captured
}

// Header returns the header of the response.
func (r *capturedResponse) Header() http.Header { return r.header }

// WriteHeader keeps the status.
func (r *capturedResponse) WriteHeader(status int) { r.status = status }

// Write keeps a part of the body.
func (r *capturedResponse) Write(p []byte) (int, error) { return r.body.Write(p) }

// send sends the response with this body instead of its own.
func (r *capturedResponse) send(c *call, body []byte) {
	c.w.WriteHeader(r.status)
	_, _ = c.w.Write(body)
}

package ringcxtest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"
)

// memoryBuffer is the largest response body that is sent as a whole: 64 KiB.
const memoryBuffer = 64 << 10

// memoryResponse is the response to an in-memory request: the ResponseWriter of the handler
// and the source of the Response of the client. It buffers the body, and switches to a pipe
// if the body does not fit into the buffer.
type memoryResponse struct {
	request *http.Request
	ctx     context.Context // of this request only
	cancel  context.CancelCauseFunc
	ready   chan struct{} // closed when result may be called

	header http.Header // the handler may still change it
	sent   http.Header // nil until WriteHeader
	status int
	buffer bytes.Buffer
	pipe   *io.PipeWriter // nil if the body is in buffer
	body   io.ReadCloser
	err    error
}

func newMemoryResponse(req *http.Request, ctx context.Context, cancel context.CancelCauseFunc) *memoryResponse {
	return &memoryResponse{
		request: req, ctx: ctx, cancel: cancel,
		ready: make(chan struct{}), header: make(http.Header),
	}
}

// serve runs the handler in a goroutine, which calls end when it is done, and returns the
// response.
func (m *memoryResponse) serve(h http.Handler, body *onceCloser, end func()) (*http.Response, error) {
	go func() {
		defer end()
		defer body.Close()
		m.run(h, serverRequest(m.ctx, m.request, body))
	}()
	if !m.wait() {
		body.Close() // the handler may be reading it
		return nil, context.Cause(m.ctx)
	}
	if err := context.Cause(m.request.Context()); err != nil {
		return nil, err
	}
	return m.result()
}

// run calls the handler.
func (m *memoryResponse) run(h http.Handler, r *http.Request) {
	defer m.cancel(nil)
	defer func() {
		switch v := recover(); v {
		case nil:
			m.finish()
		case http.ErrAbortHandler:
			m.fail(errCut)
			m.finish()
		default:
			panic(v)
		}
	}()
	h.ServeHTTP(m, r)
}

// Header returns the header of the response.
func (m *memoryResponse) Header() http.Header { return m.header }

// WriteHeader fixes the status and the header. Only the first call has an effect.
func (m *memoryResponse) WriteHeader(status int) {
	if m.sent != nil {
		return
	}
	m.status, m.sent = status, m.header.Clone()
	if m.sent.Get("Date") == "" {
		m.sent.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	}
}

// Write writes a part of the body. It blocks until the client reads it if the body does not
// fit into the buffer.
func (m *memoryResponse) Write(p []byte) (int, error) {
	m.WriteHeader(http.StatusOK)
	if m.bodyless() {
		return len(p), nil
	}
	if m.pipe == nil {
		if m.buffer.Len()+len(p) <= memoryBuffer {
			return m.buffer.Write(p)
		}
		if err := m.stream(); err != nil {
			return 0, err
		}
	}
	return m.pipe.Write(p)
}

// bodyless reports whether the response cannot have a body.
func (m *memoryResponse) bodyless() bool {
	return m.request.Method == http.MethodHead ||
		m.status == http.StatusNoContent || m.status == http.StatusNotModified
}

// stream gives the response to the client before its body is complete.
func (m *memoryResponse) stream() error {
	r, w := io.Pipe()
	m.pipe = w
	m.body = pipeBody{r, m.cancel}
	context.AfterFunc(m.ctx, func() { w.CloseWithError(context.Cause(m.ctx)) })
	close(m.ready)
	_, err := w.Write(m.buffer.Bytes())
	return err
}

// fail gives err to the client: instead of the response, or while it reads the body.
func (m *memoryResponse) fail(err error) {
	if m.pipe != nil {
		m.pipe.CloseWithError(err)
		return
	}
	m.err = err
}

// failBody gives err to the client after the part of the body that was written.
func (m *memoryResponse) failBody(err error) {
	if m.pipe == nil {
		_ = m.stream() // ignore the error: the client is gone
	}
	m.pipe.CloseWithError(err)
}

// finish ends the body, and gives the response to the client unless stream has.
func (m *memoryResponse) finish() {
	if m.pipe != nil {
		m.pipe.Close()
		return
	}
	m.WriteHeader(http.StatusOK)
	if !m.bodyless() {
		m.sent.Set("Content-Length", strconv.Itoa(m.buffer.Len()))
	}
	m.body = io.NopCloser(bytes.NewReader(m.buffer.Bytes()))
	close(m.ready)
}

// wait waits for the response. It returns false if the context ends first.
func (m *memoryResponse) wait() bool {
	select {
	case <-m.ready:
		return true
	case <-m.ctx.Done():
	}
	select {
	case <-m.ready: // run also cancels the context when it returns
		return true
	default:
		return false
	}
}

// result returns the response. It may be called once, after ready is closed.
func (m *memoryResponse) result() (*http.Response, error) {
	if errors.Is(m.err, errConnRefused) {
		return nil, dialError(m.request.URL.Host, m.err)
	}
	if m.err != nil {
		return nil, m.err
	}
	length := int64(m.buffer.Len())
	if m.pipe != nil {
		length = declaredLength(m.sent)
	}
	return &http.Response{
		Status:     strconv.Itoa(m.status) + " " + http.StatusText(m.status),
		StatusCode: m.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: m.sent, Body: m.body, ContentLength: length, Request: m.request,
	}, nil
}

// declaredLength returns the Content-Length of a header, or -1 if there is none.
func declaredLength(h http.Header) int64 {
	n, err := strconv.ParseInt(h.Get("Content-Length"), 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// pipeBody is a response body that the handler writes while the client reads it.
type pipeBody struct {
	*io.PipeReader
	cancel context.CancelCauseFunc
}

// Close stops the handler.
func (b pipeBody) Close() error {
	b.cancel(nil)
	return b.PipeReader.Close()
}

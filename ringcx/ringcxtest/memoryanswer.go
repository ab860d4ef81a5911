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

// memoryBuffer is how large an answer may be that is sent as a whole: 64 KiB.
const memoryBuffer = 64 << 10

// memoryAnswer is the answer to a request in memory: the ResponseWriter of the
// handler on one side, the Response of the client on the other. It gathers the
// body, and turns to a pipe where that grows too large.
type memoryAnswer struct {
	request *http.Request
	ctx     context.Context // of this request only
	cancel  context.CancelCauseFunc
	ready   chan struct{} // closed when result may be called

	header http.Header // the handler's
	sent   http.Header // nil until the status is sent
	status int
	buffer bytes.Buffer
	pipe   *io.PipeWriter // nil: the body is in buffer
	body   io.ReadCloser
	err    error
}

func newMemoryAnswer(req *http.Request, ctx context.Context, cancel context.CancelCauseFunc) *memoryAnswer {
	return &memoryAnswer{
		request: req, ctx: ctx, cancel: cancel,
		ready: make(chan struct{}), header: make(http.Header),
	}
}

// run has h answer r.
func (a *memoryAnswer) run(h http.Handler, r *http.Request) {
	defer a.cancel(nil)
	defer func() {
		switch v := recover(); v {
		case nil:
			a.finish()
		case http.ErrAbortHandler:
			a.fail(errCut)
			a.finish()
		default:
			panic(v)
		}
	}()
	h.ServeHTTP(a, r)
}

// Header returns the header of the answer.
func (a *memoryAnswer) Header() http.Header { return a.header }

// WriteHeader begins the answer.
func (a *memoryAnswer) WriteHeader(status int) {
	if a.sent != nil {
		return
	}
	a.status, a.sent = status, a.header.Clone()
	if a.sent.Get("Date") == "" {
		a.sent.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	}
}

// Write sends a part of the body. Where that is large, it waits for the client.
func (a *memoryAnswer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	if a.bodyless() {
		return len(p), nil
	}
	if a.pipe == nil {
		if a.buffer.Len()+len(p) <= memoryBuffer {
			return a.buffer.Write(p)
		}
		if err := a.stream(); err != nil {
			return 0, err
		}
	}
	return a.pipe.Write(p)
}

// bodyless reports whether the answer cannot have a body.
func (a *memoryAnswer) bodyless() bool {
	return a.request.Method == http.MethodHead ||
		a.status == http.StatusNoContent || a.status == http.StatusNotModified
}

// stream hands the answer to the client before its body is complete.
func (a *memoryAnswer) stream() error {
	r, w := io.Pipe()
	a.pipe = w
	a.body = pipeBody{r, a.cancel}
	context.AfterFunc(a.ctx, func() { w.CloseWithError(context.Cause(a.ctx)) })
	close(a.ready)
	_, err := w.Write(a.buffer.Bytes())
	return err
}

// fail has the client meet err instead of the answer, or of its rest.
func (a *memoryAnswer) fail(err error) {
	if a.pipe != nil {
		a.pipe.CloseWithError(err)
		return
	}
	a.err = err
}

// finish hands the answer to the client, or ends its body.
func (a *memoryAnswer) finish() {
	if a.pipe != nil {
		a.pipe.Close()
		return
	}
	a.WriteHeader(http.StatusOK)
	if !a.bodyless() {
		a.sent.Set("Content-Length", strconv.Itoa(a.buffer.Len()))
	}
	a.body = io.NopCloser(bytes.NewReader(a.buffer.Bytes()))
	close(a.ready)
}

// wait reports whether the answer came before its context ended.
func (a *memoryAnswer) wait() bool {
	select {
	case <-a.ready:
		return true
	case <-a.ctx.Done():
	}
	select {
	case <-a.ready: // the end of run ends the context too
		return true
	default:
		return false
	}
}

// result returns the answer. It is called once, after ready.
func (a *memoryAnswer) result() (*http.Response, error) {
	if errors.Is(a.err, errRefused) {
		return nil, dialError(a.request.URL.Host, a.err)
	}
	if a.err != nil {
		return nil, a.err
	}
	length := int64(a.buffer.Len())
	if a.pipe != nil {
		length = -1
	}
	return &http.Response{
		Status:     strconv.Itoa(a.status) + " " + http.StatusText(a.status),
		StatusCode: a.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.sent, Body: a.body, ContentLength: length, Request: a.request,
	}, nil
}

// pipeBody is a body that is made while it is read.
type pipeBody struct {
	*io.PipeReader
	cancel context.CancelCauseFunc
}

// Close stops the handler.
func (b pipeBody) Close() error {
	b.cancel(nil)
	return b.PipeReader.Close()
}

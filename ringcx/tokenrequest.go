package ringcx

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"regexp"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ringcx-go/ringcx-go/internal/redact"
	"github.com/ringcx-go/ringcx-go/ringcx/internal/keepalive"
)

const (
	tokenTimeout = 10 * time.Second // of one token request, from its send to the end of the response
	maxTokenBody = 1 << 20          // of a response to a token request, in bytes
)

// outcome says how a token request ended, and so what may be done with the single-use
// token that it carried.
type outcome int

const (
	succeeded    outcome = iota // the response has status 200
	rejected                    // the server did not accept the token: it is of no use
	notProcessed                // the server did not process the request: the token may be sent again
	unknown                     // the server may have processed it: the token must not be sent again
)

// tokenRequest is one request that carries secrets in its form, or for the documented
// logout in its path.
type tokenRequest struct {
	stage   Stage
	client  *http.Client
	request *http.Request
	secrets []string  // to be removed from the error
	agent   string    // User-Agent
	sendBy  time.Time // until when it must be sent; zero: any time
}

// tokenResult is the result of one token request. err is nil if outcome is succeeded; it
// contains no secret.
type tokenResult struct {
	request tokenRequest
	outcome outcome
	body    []byte
	resp    *http.Response // nil: there was none
	sent    time.Time
	err     error
}

// do sends r and classifies the result. It sends r once more if the protocol says that
// the server did not process it. The HTTP library must not do so itself, because it also
// repeats requests that may have been processed.
func (r tokenRequest) do(ctx context.Context) tokenResult {
	ctx, cancel := context.WithTimeout(ctx, tokenTimeout)
	defer cancel()
	form, err := readForm(r.request.Body)
	if err != nil {
		return tokenResult{request: r, outcome: notProcessed, sent: time.Now(), err: err}
	}
	res, again := r.send(ctx, form)
	if again && ctx.Err() == nil {
		res, _ = r.send(ctx, form)
	}
	return res
}

// send sends r once. It follows no redirect, because a 307 would send the secrets to
// another server. It reports whether r may be sent again at once.
func (r tokenRequest) send(ctx context.Context, form []byte) (res tokenResult, again bool) {
	res = tokenResult{request: r, outcome: unknown, sent: time.Now()}
	if !r.sendBy.IsZero() && res.sent.After(r.sendBy) {
		res.outcome, res.err = notProcessed, errTooLate
		return res, false
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	t := sendTrace{cancel: cancel}
	req := r.once(httptrace.WithClientTrace(ctx, t.hooks()), &t, form)
	client := *r.client
	client.Transport = keepalive.Transport(client.Transport)
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(req)
	if err == nil {
		defer resp.Body.Close()
		res.resp = resp
		res.body, err = io.ReadAll(io.LimitReader(resp.Body, maxTokenBody+1))
	}
	if isTimeout(ctx, err) {
		client.CloseIdleConnections() // the next request must not use a connection that is as silent
	}
	if res.resp != nil {
		res.outcome, res.err = res.classify(err)
		return res, false
	}
	res.outcome, again = t.classify(err)
	if errors.Is(context.Cause(ctx), errSentOnce) {
		err = errSentOnce
	}
	err = fmt.Errorf("ringcx: %s: no response: %w", r.stage, redact.Error(cleanURLError(err), r.secrets...))
	res.err = noResponse{err, res.outcome != notProcessed}
	return res, again
}

// once returns the request with a form that can be read once. It has no GetBody, because
// with one net/http repeats the request after an HTTP/2 PROTOCOL_ERROR.
func (r tokenRequest) once(ctx context.Context, t *sendTrace, form []byte) *http.Request {
	req := r.request.Clone(ctx)
	req.Header.Set("User-Agent", r.agent)
	req.Body, req.GetBody = nil, nil
	if len(form) > 0 {
		t.form = &onceReader{form: bytes.NewReader(form)}
		req.Body = t.form
	}
	return req
}

// isTimeout reports whether a request failed with err because no response came in time.
func isTimeout(ctx context.Context, err error) bool {
	if err == nil {
		return false
	}
	timeout, ok := errors.AsType[net.Error](err)
	late := ok && timeout.Timeout()
	return late || errors.Is(ctx.Err(), context.DeadlineExceeded)
}

// classify returns the outcome by the status alone. The caller checks the body of a
// response with status 200.
func (res tokenResult) classify(readErr error) (outcome, error) {
	status := res.resp.StatusCode
	e := newError(res.request.stage, res.request.request, res.resp, res.body, res.request.secrets...)
	e.Cause = res.hint(e)
	unavailable := status == http.StatusServiceUnavailable && e.RetryAfter > 0
	switch {
	case status == http.StatusTooManyRequests || unavailable:
		return notProcessed, e
	case isRejection(status) && !looksLikeHTML(res.body):
		return rejected, e
	case status >= 400:
		return unknown, e
	case status >= 300:
		return unknown, res.invalid("the response is a redirect, which a request with secrets does not follow: check the base URL")
	case readErr != nil:
		return unknown, res.invalid("the response ended early")
	case len(res.body) > maxTokenBody:
		return unknown, res.invalid("the response is longer than 1 MiB")
	}
	return succeeded, nil
}

// isRejection reports whether the status says that the token itself is not valid.
func isRejection(status int) bool {
	switch status {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound:
		return true
	}
	return false
}

// looksLikeHTML reports whether the response is probably from a proxy and not from the
// service.
func looksLikeHTML(body []byte) bool {
	return bytes.HasPrefix(bytes.TrimSpace(body), []byte("<"))
}

// invalid returns the Error of a response that cannot be used.
func (res tokenResult) invalid(why string) *Error {
	e := newError(res.request.stage, res.request.request, res.resp, nil, res.request.secrets...)
	e.Code, e.Message = codeBadAnswer, why
	e.Cause = res.hint(e)
	return e
}

// hint returns the Cause of e if the request was probably sent to the wrong server, or nil.
func (res tokenResult) hint(e *Error) error {
	if !e.isElsewhere() {
		return nil
	}
	return e.baseURLHint(redact.Printable(res.request.request.URL.Host))
}

// errSentOnce cancels a token request that the HTTP library is about to repeat although
// the server may have processed it.
var errSentOnce = errors.New("the connection ended after the request was sent")

// sendTrace follows one send of a token request with the hooks of httptrace. For a
// transport that calls no hooks it has the error alone.
type sendTrace struct {
	form   *onceReader // nil: the request has none
	cancel context.CancelCauseFunc

	wanted, got, wrote atomic.Bool // a connection was wanted, one was found, headers were written
}

// hooks returns the hooks. net/http calls GotConn before each send, and an HTTP/2
// connection checks the context before it writes.
func (t *sendTrace) hooks() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) { t.wanted.Store(true) },
		GotConn: func(httptrace.GotConnInfo) {
			t.got.Store(true)
			if t.wrote.Load() {
				t.cancel(errSentOnce)
			}
		},
		WroteHeaders: func() { t.wrote.Store(true) },
	}
}

// classify returns the outcome of a send that ended with err and without a response, and
// whether to send the request again at once on another connection. The form cannot be
// read any more afterwards, so the outcome stays true.
func (t *sendTrace) classify(err error) (out outcome, again bool) {
	unread := t.form != nil && t.form.end()
	switch text := innermost(err).Error(); {
	case t.dialFailed(err):
		return notProcessed, false
	case unread: // so the token was not sent
		return notProcessed, t.got.Load()
	case notProcessedText.MatchString(text):
		return notProcessed, true
	case firstStreamText.MatchString(text):
		return notProcessed, false
	}
	return unknown, false
}

// dialFailed reports whether err occurred before there was a connection.
func (t *sendTrace) dialFailed(err error) bool {
	if t.wanted.Load() {
		return !t.got.Load()
	}
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}

// The errors with which the HTTP/2 client of net/http and golang.org/x/net says that the
// server did not process a request: RST_STREAM with REFUSED_STREAM, or GOAWAY with a
// lower last stream id. They have no type. The first is wrapped as text, because the
// form cannot be read again; the second is the error of the first stream of a connection
// after a GOAWAY with an error code.
//
// Source: RFC 9113, section 8.7; net/http, h2_bundle.go.
var (
	notProcessedText = regexp.MustCompile(`^http2: Transport: cannot retry err \[(stream error: stream ID \d+; REFUSED_STREAM(; received from peer)?|http2: Transport received Server's graceful shutdown GOAWAY)\] after Request\.Body was written`)
	firstStreamText  = regexp.MustCompile(`^http2: Transport received GOAWAY from server ErrCode:\w+$`)
)

// innermost returns the last error in the chain of err.
func innermost(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// onceReader is the form of a token request. It can be read once, and not after end.
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

// Close does nothing: a transport may close the form before it reads it.
func (r *onceReader) Close() error { return nil }

// end makes further reads fail, and reports whether there was none yet.
func (r *onceReader) end() (unread bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = true
	return !r.read
}

// readForm reads the form of a request, which is in memory.
func readForm(body io.ReadCloser) ([]byte, error) {
	if body == nil {
		return nil, nil
	}
	defer body.Close()
	return io.ReadAll(body)
}

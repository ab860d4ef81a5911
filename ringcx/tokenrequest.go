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
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx/internal/keepalive"
	"github.com/ringcx-go/ringcx-go/ringcx/internal/redact"
)

const (
	tokenTimeout = 10 * time.Second // of one token request, from its send to the end of its answer
	maxAuthBody  = 1 << 20          // of an answer to a token request
)

// outcome says what became of a token request, and so what may be done with the
// single-use token that it carried.
type outcome int

const (
	answered     outcome = iota // a good answer
	refused                     // the token was not accepted: it is worth nothing
	notProcessed                // the server did nothing: the token may be sent again
	unknown                     // the server may have taken it: it must not be sent again
)

// answer is what came of one token request. err is nil where outcome is
// answered; its secrets are taken out.
type answer struct {
	to      tokenRequest
	outcome outcome
	body    []byte
	resp    *http.Response // nil where none came
	sent    time.Time
	err     error
}

// tokenRequest is one request that carries secrets in its form, or for the
// documented logout in its path.
type tokenRequest struct {
	stage   Stage
	client  *http.Client
	request *http.Request
	secrets []string  // to be kept out of the error
	agent   string    // User-Agent
	sendBy  time.Time // when it must be on its way; zero: whenever
}

// do sends r, and classifies what came of it. r is sent again, once, where the
// protocol says that the server did not process it: the HTTP library must not do
// so, as it also sends again what may have been processed.
func (r tokenRequest) do(ctx context.Context) answer {
	ctx, cancel := context.WithTimeout(ctx, tokenTimeout)
	defer cancel()
	form, err := readForm(r.request.Body)
	if err != nil {
		return answer{to: r, outcome: notProcessed, sent: time.Now(), err: err}
	}
	a, again := r.send(ctx, form)
	if again && ctx.Err() == nil {
		a, _ = r.send(ctx, form)
	}
	return a
}

// send sends r once, and follows no redirect: a 307 would carry the secrets to
// another host. It reports whether r may be sent again at once.
func (r tokenRequest) send(ctx context.Context, form []byte) (a answer, again bool) {
	a = answer{to: r, outcome: unknown, sent: time.Now()}
	if !r.sendBy.IsZero() && a.sent.After(r.sendBy) {
		a.outcome, a.err = notProcessed, errLost // the lease is too old: another host may have it
		return a, false
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	s := sending{cancel: cancel}
	req := r.once(httptrace.WithClientTrace(ctx, s.hooks()), &s, form)
	client := *r.client
	client.Transport = keepalive.Transport(client.Transport)
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(req)
	if err == nil {
		defer resp.Body.Close()
		a.resp = resp
		a.body, err = io.ReadAll(io.LimitReader(resp.Body, maxAuthBody+1))
	}
	if isTimeout(ctx, err) {
		client.CloseIdleConnections() // the next request must not take a connection as silent as this one
	}
	if a.resp != nil {
		a.outcome, a.err = a.classify(err)
		return a, false
	}
	a.outcome, again = s.failed(err)
	if context.Cause(ctx) == errSentOnce {
		err = errSentOnce
	}
	err = fmt.Errorf("ringcx: %s: no answer: %w", r.stage, redact.Error(cleanURLError(err), r.secrets...))
	a.err = noResponse{err, a.outcome != notProcessed}
	return a, again
}

// once returns the request with a form that can be read once. It has no GetBody,
// with which net/http would send it again after an HTTP/2 PROTOCOL_ERROR.
func (r tokenRequest) once(ctx context.Context, s *sending, form []byte) *http.Request {
	req := r.request.Clone(ctx)
	req.Header.Set("User-Agent", r.agent)
	req.Body, req.GetBody = nil, nil
	if len(form) > 0 {
		s.form = &onceReader{form: bytes.NewReader(form)}
		req.Body = s.form
	}
	return req
}

// isTimeout reports whether a request ended because no response came in time.
func isTimeout(ctx context.Context, err error) bool {
	late, ok := errors.AsType[net.Error](err)
	return err != nil && (ok && late.Timeout() || errors.Is(ctx.Err(), context.DeadlineExceeded))
}

// classify judges an answer by its status alone; what a body of status 200
// holds is judged by who reads it.
func (a answer) classify(readErr error) (outcome, error) {
	status := a.resp.StatusCode
	switch e := newError(a.to.stage, a.to.request, a.resp, a.body, a.to.secrets...); {
	case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable && e.RetryAfter > 0:
		return notProcessed, e
	case isRefusal(status) && !looksLikeHTML(a.body):
		return refused, e
	case status >= 400:
		return unknown, e
	case status >= 300:
		return unknown, a.bad("a redirect, which a request with secrets must not follow")
	case readErr != nil:
		return unknown, a.bad("the answer broke off")
	case len(a.body) > maxAuthBody:
		return unknown, a.bad("the answer is longer than 1 MiB")
	}
	return answered, nil
}

// isRefusal reports whether the status says that the token itself is not good.
func isRefusal(status int) bool {
	switch status {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound:
		return true
	}
	return false
}

// looksLikeHTML reports whether a proxy answered in the place of the service.
func looksLikeHTML(body []byte) bool {
	return bytes.HasPrefix(bytes.TrimSpace(body), []byte("<"))
}

// bad is the Error of an answer that cannot be used.
func (a answer) bad(why string) *Error {
	e := newError(a.to.stage, a.to.request, a.resp, nil)
	e.Code, e.Message = codeBadAnswer, why
	return e
}

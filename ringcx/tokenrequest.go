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

// do sends r once, follows no redirect (a 307 would carry the secrets to
// another host), and classifies what came of it.
func (r tokenRequest) do(ctx context.Context) answer {
	ctx, cancel := context.WithTimeout(ctx, tokenTimeout)
	defer cancel()
	var dial dialTrace
	req := r.request.WithContext(httptrace.WithClientTrace(ctx, dial.hooks()))
	req.Header.Set("User-Agent", r.agent)

	client := *r.client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	a := answer{to: r, outcome: unknown, sent: time.Now()}
	if !r.sendBy.IsZero() && a.sent.After(r.sendBy) {
		a.outcome, a.err = notProcessed, errLost // the lease is too old: another host may have it
		return a
	}
	resp, err := client.Do(req)
	if err != nil {
		a.err = fmt.Errorf("ringcx: %s: no answer: %w", r.stage, cleanURLError(err))
		if dial.failed(err) {
			a.outcome = notProcessed
		}
		return a
	}
	defer resp.Body.Close()
	a.resp = resp
	a.body, err = io.ReadAll(io.LimitReader(resp.Body, maxAuthBody+1))
	a.outcome, a.err = a.classify(err)
	return a
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

// dialTrace tells whether a request got as far as a connection. An error before
// that means that nothing was sent.
type dialTrace struct{ asked, got bool }

func (t *dialTrace) hooks() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) { t.asked = true },
		GotConn: func(httptrace.GotConnInfo) { t.got = true },
	}
}

// failed reports whether err came before anything was sent. A transport that
// calls no hooks is believed only where its error says so.
func (t *dialTrace) failed(err error) bool {
	if t.asked {
		return !t.got
	}
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}

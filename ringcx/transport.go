package ringcx

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"github.com/ringcx-go/ringcx-go/internal/origin"
	"github.com/ringcx-go/ringcx-go/ringcx/internal/redact"
)

// transport signs requests and sends them again where that helps.
type transport struct {
	engine   *engine
	base     http.RoundTripper
	toErrors bool // statuses of 400 and more become *Error, for the Client
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if !t.signs(req.URL) {
		resp, err := t.roundTrip(req)
		return t.finish(req, resp, err, t.ownSecrets(req)...)
	}
	c := call{transport: t, req: req}
	resp, err := c.do()
	if err == nil && !t.toErrors {
		return resp, nil
	}
	return t.finish(req, resp, err, append(c.older, c.carried)...)
}

// roundTrip sends req. Unlike the base, it always returns a response with a body, or
// an error.
func (t *transport) roundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.base.RoundTrip(req)
	switch {
	case resp == nil && err == nil:
		return nil, fmt.Errorf("ringcx: call: %T returned neither a response nor an error", t.base)
	case resp != nil && resp.Body == nil:
		resp.Body = http.NoBody
	}
	return resp, err
}

// signs reports whether a request to u may carry the token.
func (t *transport) signs(u *url.URL) bool {
	base := t.engine.base
	same := u.Host == base.Host && u.Scheme == base.Scheme // as nearly always, and cheap to see
	return (same || origin.Same(base, u)) && !isAuth(base, u)
}

// finish makes the *Error of a refused call. A request with secrets of its own
// is not redirected, so there a redirect is an error too.
func (t *transport) finish(req *http.Request, resp *http.Response, err error, secrets ...string) (*http.Response, error) {
	secrets = addCarried(req.Context(), secrets)
	if err != nil {
		return resp, redact.Error(err, secrets...)
	}
	if !t.toErrors || resp.StatusCode < 300 || resp.StatusCode < 400 && !isAuth(t.engine.base, req.URL) {
		return resp, nil
	}
	return nil, readError(StageCall, req, resp, secrets...)
}

// signed returns a copy of req that carries the token of st. It shares the
// values of the headers, which a RoundTripper must not change.
func (t *transport) signed(req *http.Request, st *state) *http.Request {
	r := *req
	if r.Header = maps.Clone(req.Header); r.Header == nil {
		r.Header = http.Header{}
	}
	r.Header["Authorization"] = st.header
	if _, set := r.Header["User-Agent"]; !set {
		r.Header["User-Agent"] = t.engine.agent
	}
	return &r
}

// ownSecrets are the tokens that a request to RingCX's token endpoints carries in
// its form, or for a logout in its path.
func (t *transport) ownSecrets(req *http.Request) []string {
	if !isAuth(t.engine.base, req.URL) {
		return nil
	}
	if _, token, ok := strings.Cut(req.URL.Path, logoutPath); ok {
		return []string{token}
	}
	return formSecrets(req)
}

// hold reads the answer into memory, so that its connection is free while
// something else is done, and the answer can still be returned.
func hold(resp *http.Response) {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody)) // half a refusal beats none
	resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(body))
}

// callError is what a call reports that got no answer, or an *Error.
func callError(err error) error {
	err = cleanURLError(err)
	if u, ok := err.(*url.Error); ok && strings.HasPrefix(u.Err.Error(), "ringcx: ") {
		return u.Err // it says which step failed, and that was not the call
	}
	if _, ok := err.(*Error); ok {
		return err
	}
	return fmt.Errorf("ringcx: call: no answer: %w", err)
}

// cleanURLError removes the query, and the token of a logout, from the URL in an
// error of net/http. If the cause is an *Error, it is returned instead: it names
// the request itself.
func cleanURLError(err error) error {
	u, ok := errors.AsType[*url.Error](err)
	if !ok {
		return err
	}
	if own, ok := u.Err.(*Error); ok {
		return own
	}
	u.URL = maskURL(u.URL)
	return err
}

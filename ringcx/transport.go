package ringcx

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/ringcx-go/ringcx-go/internal/origin"
	"github.com/ringcx-go/ringcx-go/internal/permission"
	"github.com/ringcx-go/ringcx-go/internal/redact"
	"github.com/ringcx-go/ringcx-go/wire"
)

// transport adds the bearer token to requests for RingCX, and sends them again if
// that may help. It passes other requests on to base.
type transport struct {
	cache    *tokenCache
	base     http.RoundTripper
	toErrors bool // return statuses of 400 and more as *Error, as a Client does
	inform   bool // let base find the Call in the context of each attempt
}

// newTransport returns a transport without toErrors. An *http.Transport does not ask for
// the Call, so that its requests keep their context.
func newTransport(cache *tokenCache, base http.RoundTripper) *transport {
	_, plain := base.(*http.Transport)
	return &transport{cache: cache, base: base, inform: !plain}
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if !t.addsToken(req.URL) {
		resp, err := t.roundTrip(req)
		return t.finish(req, resp, err, t.ownSecrets(req)...)
	}
	c := call{transport: t, req: withFiles(req), maxReplays: t.cache.maxReplays(req.Context())}
	resp, err := c.do()
	if err == nil && !t.toErrors {
		return resp, nil
	}
	return t.finish(req, resp, err, append(c.earlierTokens, c.sentToken)...)
}

// withFiles returns req, or a copy of it that can be sent again if its body is a *wire.Body
// whose files can seek.
func withFiles(req *http.Request) *http.Request {
	body, ok := req.Body.(*wire.Body)
	if !ok {
		return req
	}
	req = req.WithContext(req.Context())
	if req.ContentLength == 0 {
		req.ContentLength = body.Len()
	}
	if req.GetBody == nil && body.Seekable() {
		req.GetBody = body.GetBody
	}
	return req
}

// roundTrip sends req. Unlike base, it always returns an error or a response with a
// body.
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

// addsToken reports whether a request to u is sent with the token.
func (t *transport) addsToken(u *url.URL) bool {
	base := t.cache.base
	same := u.Host == base.Host && u.Scheme == base.Scheme // the usual case, without parsing the host
	return (same || origin.Same(base, u)) && !isAuth(base, u)
}

// finish removes secrets from err, and makes an *Error of resp if isError says so.
// The secrets are those that req carried.
func (t *transport) finish(req *http.Request, resp *http.Response, err error, secrets ...string) (*http.Response, error) {
	secrets = addCallSecrets(req.Context(), append(secrets, redact.RequestSecrets(req)...))
	if err != nil {
		return resp, redact.Error(err, secrets...)
	}
	if !t.isError(req, resp) {
		return resp, nil
	}
	e := readError(StageCall, req, resp, secrets...)
	switch e.StatusCode {
	case http.StatusForbidden:
		e.Cause = t.neededBy(req)
	case http.StatusNotFound:
		if op, _ := t.operation(req); op.Delayed {
			e.Cause = errNotReady
		}
	}
	return nil, e
}

// errNotReady is the Cause of a 404 of a delayed operation.
var errNotReady = fmt.Errorf("%w, or the id is wrong", wire.ErrNotReady)

// neededBy returns a hint that says what permission the operation of req needs, or nil if
// openapi.yaml does not say.
func (t *transport) neededBy(req *http.Request) error {
	op, _ := t.operation(req)
	if needs := permission.Text(op.Permission); needs != "" {
		return hintError("documented as: needs " + needs)
	}
	return nil
}

// isError reports whether resp becomes an *Error. A redirect of a token request does,
// too: following it would send its secrets to another server.
func (t *transport) isError(req *http.Request, resp *http.Response) bool {
	if !t.toErrors {
		return false
	}
	return resp.StatusCode >= 400 || resp.StatusCode >= 300 && isAuth(t.cache.base, req.URL)
}

// withToken adds the token of st to r, a copy of a request. The values of the other
// headers are shared with that request, because a RoundTripper must not change them.
func (t *transport) withToken(r *http.Request, st *state) *http.Request {
	if r.Header = maps.Clone(r.Header); r.Header == nil {
		r.Header = http.Header{}
	}
	if op, _ := t.operation(r); op.TokenCookie == "" {
		r.Header["Authorization"] = st.header
	} else {
		delete(r.Header, "Authorization")
		setCookie(r, op.TokenCookie, st.token.AccessToken)
	}
	if _, set := r.Header["User-Agent"]; !set {
		r.Header["User-Agent"] = t.cache.agent
	}
	return r
}

// setCookie adds a cookie to r, and removes others with its name. It does not change the values
// of the header.
func setCookie(r *http.Request, name, value string) {
	cookies := slices.DeleteFunc(r.Cookies(), func(c *http.Cookie) bool { return c.Name == name })
	delete(r.Header, "Cookie")
	for _, c := range append(cookies, &http.Cookie{Name: name, Value: value}) {
		r.AddCookie(c)
	}
}

// ownSecrets returns the tokens that a request of the program to RingCX's token
// endpoints contains in its form.
func (t *transport) ownSecrets(req *http.Request) []string {
	if !isAuth(t.cache.base, req.URL) {
		return nil
	}
	return formSecrets(req)
}

// bufferBody reads the body of resp into memory, up to 64 KiB. This frees the
// connection, and resp can still be returned to the caller later.
func bufferBody(resp *http.Response) {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody)) // ignore the error: keep what was read
	resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(body))
}

// callError returns the error of a call: the *Error in err, or the error of the step
// before the call that failed, or else the error of the network.
func callError(err error) error {
	err = cleanURLError(err)
	if u, ok := err.(*url.Error); ok && strings.HasPrefix(u.Err.Error(), "ringcx: ") { //nolint:errorlint // net/http returns the url.Error itself
		return u.Err // it names the step that failed
	}
	if asError(err) != nil {
		return err
	}
	return fmt.Errorf("ringcx: call: no response: %w", err)
}

// cleanURLError removes the query, and a secret in the path, from the URL in an
// error of net/http. If the cause is an *Error, it returns the cause, which names the
// request itself.
func cleanURLError(err error) error {
	u, ok := errors.AsType[*url.Error](err)
	if !ok {
		return err
	}
	if own := asError(u.Err); own != nil {
		return own
	}
	u.URL = maskURL(u.URL)
	return err
}

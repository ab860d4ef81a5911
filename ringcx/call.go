package ringcx

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/internal/redact"
)

type withoutRetryKey struct{}

// WithoutRetry returns a copy of ctx that turns retries off for calls with this context,
// as a negative Config.MaxReplays does for all calls. Such a call returns the first
// response, for example an [*Error] with status 429, and waits for one renewal at most.
// It is still sent a second time, with a new token, after a status 401: RingCX did not
// process the request. WithoutRetry applies to the methods of a [Client], to
// [Client.Do], and to [TokenSource.Transport].
func WithoutRetry(ctx context.Context) context.Context {
	return context.WithValue(ctx, withoutRetryKey{}, true)
}

// maxReplays returns how often a call with this context is sent again.
func (s *settings) maxReplays(ctx context.Context) int {
	if ctx.Value(withoutRetryKey{}) != nil {
		return -1
	}
	return s.cfg.MaxReplays
}

// longestWait is how long a call waits at most before it is sent again. RingCX's
// limits are per minute.
const longestWait = time.Minute

// call is one request of the program. It may be sent several times.
type call struct {
	*transport
	req           *http.Request
	maxReplays    int            // Config.MaxReplays, or -1 after WithoutRetry
	sent          int            // how often the request was sent
	replays       int            // counts towards Config.MaxReplays: retries, and failed renewals that were waited for
	failed        time.Time      // when the last of these renewals failed
	sentToken     string         // of the last send
	earlierTokens []string       // of the sends before
	first401      *http.Response // the response to the first token, if it was a 401 and a second token is tried
}

// do sends the request, again if necessary, and returns the last response.
func (c *call) do() (*http.Response, error) {
	for {
		st, err := c.token()
		if err != nil {
			c.closeBody()
			return nil, asNotSent(c.withCause(err))
		}
		if c.first401 != nil && st.token.AccessToken == c.sentToken {
			return c.first401, nil // there is no newer token
		}
		start, sent := c.attemptStart(), c.sent
		resp, err := c.send(st)
		delay, again := c.next(resp, err)
		if c.sent > sent {
			c.report(attemptEnd{start, resp, err, delay, again})
		}
		if !again {
			return resp, err
		}
		if delay == 0 {
			continue // after a 401: token waits for the renewal
		}
		if err := c.waitToResend(resp, delay); err != nil {
			return nil, err
		}
	}
}

// next decides what follows a response or an error: whether to send the request again,
// and the time until then. It is 0 after a 401.
func (c *call) next(resp *http.Response, err error) (delay time.Duration, again bool) {
	if err == nil && resp.StatusCode == http.StatusUnauthorized {
		return 0, c.unauthorized(resp)
	}
	if err == nil && resp.StatusCode < 400 {
		c.succeeded()
	}
	delay, again = c.retryDelay(resp, err)
	if again {
		c.replays++
	}
	return delay, again
}

// waitToResend frees the connection of resp, which may be nil, and waits for delay.
func (c *call) waitToResend(resp *http.Response, delay time.Duration) error {
	if resp != nil {
		bufferBody(resp)
	}
	if err := sleep(c.req.Context(), delay); err != nil {
		return fmt.Errorf("ringcx: call: waiting to send %s %s again: %w", c.req.Method, redact.Path(c.req.URL), err)
	}
	return nil
}

// token returns a state whose token may be used. If a renewal fails for a reason that
// may be temporary, it waits for the next renewal, whatever the method of the request:
// nothing of the request has been sent.
func (c *call) token() (*state, error) {
	cache, ctx := c.cache, c.req.Context()
	for {
		st, now := cache.current.state.Load(), cache.now()
		if st.phase(now) == fresh {
			return st, nil
		}
		st, r, err := cache.renewed(ctx, st, now)
		if err == nil {
			return st, nil
		}
		if r == nil || !c.awaitsRenewal(r) {
			return nil, err
		}
		if c.countsAsReplay(r) {
			c.replays++
		}
		c.failed = r.failure.at
		pause(ctx, cache.closing, time.Until(r.failure.next))
	}
}

// awaitsRenewal reports whether to wait for the renewal after r, which failed.
func (c *call) awaitsRenewal(r *renewal) bool {
	return isTransient(r.err) && c.replaysLeft(r) && mayWait(c.req.Context(), time.Until(r.failure.until))
}

// replaysLeft reports whether maxReplays lets the call wait after r failed.
func (c *call) replaysLeft(r *renewal) bool {
	return c.maxReplays >= 0 && (!c.countsAsReplay(r) || c.replays < c.maxReplays)
}

// countsAsReplay reports whether the failure of r counts towards Config.MaxReplays.
// Each failure counts once, and one that is older than the call does not count.
func (c *call) countsAsReplay(r *renewal) bool {
	if c.failed.IsZero() {
		return !r.remembered
	}
	return !r.failure.at.Equal(c.failed)
}

// mayWait reports whether a call with this context may wait for d: at most longestWait,
// and not beyond the deadline of the context.
func mayWait(ctx context.Context, d time.Duration) bool {
	end, ok := ctx.Deadline()
	return d <= longestWait && (!ok || time.Until(end) >= d)
}

// send sends the request once, with the token of st. The Request of the response is
// the caller's, which contains no token.
func (c *call) send(st *state) (*http.Response, error) {
	r := c.withToken(c.attemptRequest(c.req, c.sent+1), st)
	if c.sent > 0 && c.req.GetBody != nil {
		body, err := c.req.GetBody()
		if err != nil {
			return nil, fmt.Errorf("ringcx: call: GetBody, to send the request again: %w", err)
		}
		r.Body = body
	}
	if c.sent++; c.sentToken != "" && c.sentToken != st.token.AccessToken {
		c.earlierTokens = append(c.earlierTokens, c.sentToken)
	}
	c.sentToken = st.token.AccessToken
	resp, err := c.roundTrip(r)
	if resp != nil {
		c.cache.headers.observe(resp.Header)
		resp.Request = c.req
	}
	return resp, err
}

// unauthorized handles a response with status 401. It invalidates the token, unless
// the circuit breaker is open or trips, and reports whether to send the request again
// with another token.
func (c *call) unauthorized(resp *http.Response) (again bool) {
	cache := c.cache
	switch {
	case c.first401 != nil:
		cache.breaker.trip(cache.now()) // a renewed token was rejected, too
		return false
	case cache.breaker.open(cache.now()):
		return false
	case repeatable(c.req):
		bufferBody(resp)
		c.first401 = resp
		cache.current.invalidate(c.sentToken, namesToken(resp))
		return true
	}
	named := namesToken(resp)
	if cache.current.state.Load().isToken(c.sentToken) && !cache.breaker.rejected(c.req.URL.Path, c.sentToken, cache.now()) {
		cache.current.invalidate(c.sentToken, named)
	}
	return false
}

// succeeded resets the circuit breaker if the call succeeded because its token was
// renewed.
func (c *call) succeeded() {
	if c.first401 != nil {
		c.cache.breaker.reset()
		return
	}
	c.cache.breaker.accepted(c.req.URL.Path, c.sentToken)
}

// retryDelay returns the time after which to send the request again, and whether to do
// so at all.
func (c *call) retryDelay(resp *http.Response, err error) (delay time.Duration, again bool) {
	if c.replays >= c.maxReplays || !c.retryable(resp, err) {
		return 0, false
	}
	delay = backOff(c.replays+1, c.cache.jitter())
	if resp != nil {
		if asked := retryAfter(resp.Header, time.Now()); asked > 0 {
			delay = asked
		}
	}
	if !mayWait(c.req.Context(), delay) {
		return 0, false
	}
	return delay, true
}

// retryable reports whether the request can be sent again, and may then get another
// response. RingCX has not processed a request before a status 429. It may have before an
// error or a status of 500 or more: then only GET and HEAD are retried, and after 503 with
// Retry-After, with which RingCX asks for it, also other idempotent requests.
func (c *call) retryable(resp *http.Response, err error) bool {
	safe := c.req.Method == http.MethodGet || c.req.Method == http.MethodHead
	switch {
	case !repeatable(c.req):
		return false
	case err != nil:
		return safe && c.req.Context().Err() == nil && !isPermanent(err)
	case resp.StatusCode == http.StatusTooManyRequests:
		return true
	case resp.StatusCode == http.StatusServiceUnavailable && retryAfter(resp.Header, time.Now()) > 0:
		op, _ := c.operation(c.req)
		return isIdempotent(c.req, op)
	}
	return safe && resp.StatusCode >= 500 && resp.StatusCode != http.StatusNotImplemented
}

// isIdempotent reports whether sending req, a request of op, twice has the same effect as
// sending it once. The caller says so with a header, by the same rule as net/http's Transport,
// or else op. If openapi.yaml has no such operation, op is zero and the method decides: a PUT is
// not idempotent, because RingCX has some that create a part of what they contain.
func isIdempotent(req *http.Request, op gen.Operation) bool {
	_, key := req.Header["Idempotency-Key"]
	_, xKey := req.Header["X-Idempotency-Key"]
	switch {
	case key || xKey:
		return true
	case op.ID != "":
		return op.Idempotent
	}
	switch req.Method {
	case "", http.MethodGet, http.MethodHead, http.MethodDelete, http.MethodOptions, http.MethodTrace:
		return true
	}
	return false
}

// isPermanent reports whether err is a network error that another attempt would meet
// as well: an untrusted certificate, or a host name that does not exist.
func isPermanent(err error) bool {
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	dns, ok := errors.AsType[*net.DNSError](err)
	return untrusted || ok && dns.IsNotFound
}

// repeatable reports whether the body of req can be sent again.
func repeatable(req *http.Request) bool {
	return req.Body == nil || req.Body == http.NoBody || req.GetBody != nil
}

// closeBody closes the body of a request that was never sent.
func (c *call) closeBody() {
	if c.sent == 0 && c.req.Body != nil {
		c.req.Body.Close()
	}
}

// withCause adds the 401 that made a renewal necessary to the error of that renewal, if
// a limit of this package or the Store held the renewal back.
func (c *call) withCause(err error) error {
	if c.first401 == nil || !heldBack(err) {
		return err
	}
	cause := readError(StageCall, c.req, c.first401, c.sentToken)
	if limit := asError(err); limit != nil {
		limit.Cause = cause
		return limit
	}
	return fmt.Errorf("%w; after %w", err, cause)
}

// namesToken reports whether a response with status 401 says that the token itself is
// invalid, as "Jwt is expired" does. The body can still be read.
//
// Source: RingCX documentation, on expired tokens.
func namesToken(resp *http.Response) bool {
	const prefix = "Jwt "
	start := make([]byte, len(prefix))
	n, _ := io.ReadFull(resp.Body, start) // ignore the error: the next Read returns it again
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(start[:n]), resp.Body), resp.Body}
	return string(start) == prefix
}

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
)

// longestWait bounds what a call waits before it is sent again: RingCX's limits
// are a minute long.
const longestWait = time.Minute

// call is one request of the program, sent as often as it takes.
type call struct {
	*transport
	req     *http.Request
	sent    int            // how often the request was sent
	replays int            // how many of those, and of the renewals, followed a failure that may pass
	failed  time.Time      // when the renewal failed that was waited for last
	carried string         // the token that the last one carried
	older   []string       // the tokens that those before it carried
	denied  *http.Response // the 401 of the first token
}

func (c *call) do() (*http.Response, error) {
	for {
		st, err := c.token()
		if err != nil {
			c.closeBody()
			return nil, c.withCause(err)
		}
		if c.denied != nil && st.token.AccessToken == c.carried {
			return c.denied, nil // there is no newer token
		}
		resp, err := c.send(st)
		if err == nil && resp.StatusCode == http.StatusUnauthorized {
			if !c.unauthorized(resp) {
				return resp, nil
			}
			continue
		}
		if err == nil && resp.StatusCode < 400 {
			c.succeeded()
		}
		wait, again := c.pause(resp, err)
		if !again {
			return resp, err
		}
		if resp != nil {
			hold(resp)
		}
		if err := sleep(c.req.Context(), wait); err != nil {
			return nil, fmt.Errorf("ringcx: waiting to send %s %s again: %w", c.req.Method, maskPath(c.req.URL), err)
		}
	}
}

// send sends the request with the token of st. The answer names the request of
// the caller, which holds no token.
func (c *call) send(st *state) (*http.Response, error) {
	r := c.signed(c.req, st)
	if c.sent > 0 && c.req.GetBody != nil {
		body, err := c.req.GetBody()
		if err != nil {
			return nil, fmt.Errorf("ringcx: reading the request body again: %w", err)
		}
		r.Body = body
	}
	if c.sent++; c.carried != "" && c.carried != st.token.AccessToken {
		c.older = append(c.older, c.carried)
	}
	c.carried = st.token.AccessToken
	resp, err := c.roundTrip(r)
	if resp != nil {
		c.engine.learn(resp.Header)
		resp.Request = c.req
	}
	return resp, err
}

// unauthorized makes the token of a 401 invalid, once for each token, unless the
// circuit breaker is open. It reports whether to try another.
func (c *call) unauthorized(resp *http.Response) bool {
	e := c.engine
	switch {
	case c.denied != nil:
		e.breaker.trip(e.now()) // a new token was rejected too: the token is not the reason
		return false
	case e.breaker.open(e.now()):
		return false
	case c.repeatable():
		hold(resp)
		c.denied = resp
		e.invalidate(c.carried, namesToken(resp))
		return true
	}
	if named := namesToken(resp); e.state.Load().isToken(c.carried) && !e.breaker.rejected(c.req.URL.Path, c.carried, e.now()) {
		e.invalidate(c.carried, named)
	}
	return false
}

// succeeded closes the circuit breaker if a new token was what the call needed.
func (c *call) succeeded() {
	if c.denied != nil {
		c.engine.breaker.reset()
		return
	}
	c.engine.breaker.accepted(c.req.URL.Path, c.carried)
}

// pause says whether to send the request again, and after what time.
func (c *call) pause(resp *http.Response, err error) (time.Duration, bool) {
	if !c.worthAnother(resp, err) || c.replays >= c.engine.cfg.MaxReplays || !c.repeatable() {
		return 0, false
	}
	wait := backOff(c.replays+1, c.engine.jitter())
	if resp != nil {
		if asked := retryAfter(resp.Header, time.Now()); asked > 0 {
			wait = asked
		}
	}
	if end, ok := c.req.Context().Deadline(); ok && time.Until(end) < wait || wait > longestWait {
		return 0, false
	}
	c.replays++
	return wait, true
}

// worthAnother reports whether the same request may fare better later. What may
// have been processed is repeated only where that changes nothing.
func (c *call) worthAnother(resp *http.Response, err error) bool {
	safe := c.req.Method == http.MethodGet || c.req.Method == http.MethodHead
	switch {
	case err != nil:
		return safe && c.req.Context().Err() == nil && !isPermanent(err)
	case resp.StatusCode == http.StatusTooManyRequests:
		return true
	case resp.StatusCode == http.StatusServiceUnavailable && retryAfter(resp.Header, time.Now()) > 0:
		return true
	}
	return safe && resp.StatusCode >= 500 && resp.StatusCode != http.StatusNotImplemented
}

// isPermanent reports a network error that another try meets as well.
func isPermanent(err error) bool {
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	dns, ok := errors.AsType[*net.DNSError](err)
	return untrusted || ok && dns.IsNotFound
}

func (c *call) repeatable() bool {
	return c.req.Body == nil || c.req.Body == http.NoBody || c.req.GetBody != nil
}

func (c *call) closeBody() {
	if c.sent == 0 && c.req.Body != nil {
		c.req.Body.Close()
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// token returns a state whose token may be used. After a renewal that failed for a
// reason that may pass it waits for the next one, whatever the method of the call:
// nothing of the call was sent for it.
func (c *call) token() (*state, error) {
	e, ctx := c.engine, c.req.Context()
	for {
		st, now := e.state.Load(), e.now()
		if st.phase(now) == fresh {
			return st, nil
		}
		st, f, err := e.obtain(ctx, st, now)
		if err == nil {
			return st, nil
		}
		if f == nil || !c.awaitsRenewal(f) {
			return nil, err
		}
		c.countRenewal(f)
		e.pause(ctx, time.Until(f.failure.next))
	}
}

// awaitsRenewal reports whether to wait for the renewal after f, which failed.
func (c *call) awaitsRenewal(f *flight) bool {
	most := c.engine.cfg.MaxReplays
	if !isTransient(f.err) || most < 0 || c.counts(f) && c.replays >= most {
		return false
	}
	wait := time.Until(f.failure.until)
	end, ends := c.req.Context().Deadline()
	return wait <= longestWait && (!ends || time.Until(end) >= wait)
}

// counts reports whether the failure of f uses up a replay: once for each failure,
// but not for one that is older than the call.
func (c *call) counts(f *flight) bool {
	if c.failed.IsZero() {
		return !f.remembered
	}
	return !f.failure.at.Equal(c.failed)
}

func (c *call) countRenewal(f *flight) {
	if c.counts(f) {
		c.replays++
	}
	c.failed = f.failure.at
}

// withCause adds the 401 of the call to the error of a renewal that was held back. A
// 401 that does not name the token is returned instead, while the token is valid.
func (c *call) withCause(err error) error {
	if c.denied == nil || !heldBack(err) {
		return err
	}
	cause := readError(StageCall, c.req, c.denied, c.carried)
	if limit, ok := err.(*Error); ok {
		limit.Cause = cause
		return limit
	}
	return fmt.Errorf("%w; after %w", err, cause)
}

// namesToken reports whether a 401 says that the token itself is invalid, as "Jwt
// is expired" does. The body can still be read.
//
// Source: RingCX documentation, on expired tokens.
func namesToken(resp *http.Response) bool {
	const prefix = "Jwt "
	start := make([]byte, len(prefix))
	n, _ := io.ReadFull(resp.Body, start) // the next read reports an error again
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(start[:n]), resp.Body), resp.Body}
	return string(start) == prefix
}

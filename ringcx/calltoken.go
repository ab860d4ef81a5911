package ringcx

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"time"
)

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

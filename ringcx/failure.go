package ringcx

import (
	"errors"
	"net"
	"net/http"
	"slices"
	"time"
)

const (
	maxBackOff = 15 * time.Second

	// unsentBackOff is the longest back-off after a renewal that sent nothing: such an
	// attempt counts towards no limit.
	unsentBackOff = 2 * time.Second
)

// backOff returns the wait after the nth failure in a row: 1, 2, 4 … 15 s, ± 20 %. The
// jitter is in [0,1).
func backOff(n int, jitter float64) time.Duration {
	d := maxBackOff
	if n < 5 {
		d = min(time.Second<<(n-1), maxBackOff)
	}
	return time.Duration(float64(d) * (0.8 + 0.4*jitter))
}

// failure is how the last renewal ended, if it failed. Callers get its error until the
// next renewal may start.
type failure struct {
	err   error
	at    time.Time // when err was returned; it identifies the failure
	count int       // of failures in a row
	early bool      // the token was still valid when the renewal started
	asked time.Time // until when a service or a limit asked to wait; zero: neither did
	until time.Time // the later of asked and the end of the back-off
	next  time.Time // when the next renewal may start
	set   deadline  // when these times were set
}

// add records that a renewal failed with err and returns the error for callers. With a
// shared session the next renewal starts soon, because another process may have
// succeeded. If a limit holds that one back, the earlier error is kept.
func (f *failure) add(err error, jitter float64, shared, early bool, wall time.Time) error {
	now := time.Now()
	f.set = deadlineIn(0, wall)
	f.early, f.next = early, now.Add(f.countBackOff(err, jitter))
	local := isLocalLimit(err)
	if local && f.askedToWait(now) {
		f.next = earlier(f.next, f.until)
		return f.forCaller()
	}
	f.err, f.at, f.asked, f.until = err, now, time.Time{}, f.next
	asked := f.next
	if e := asError(err); e != nil && e.RetryAfter > 0 {
		asked = now.Add(e.RetryAfter)
		f.until = later(f.next, asked)
		if !early || !local { // when the token expires, a limit of ours allows one more
			f.asked = asked
		}
	}
	switch {
	case !shared:
		f.next = f.until
	case local:
		f.next = earlier(f.next, asked)
	}
	return err
}

// askedToWait reports whether the failure before asked to wait until after now.
func (f *failure) askedToWait(now time.Time) bool { return f.err != nil && now.Before(f.asked) }

// countBackOff counts the failure err and returns its back-off.
func (f *failure) countBackOff(err error, jitter float64) time.Duration {
	f.count++
	d := backOff(f.count, jitter)
	if nothingSent(err) {
		f.count = min(f.count, 2)
		d = min(d, time.Duration((0.8+0.2*jitter)*float64(unsentBackOff)))
	}
	return d
}

// blocks reports whether no renewal may start yet. A failure stops blocking
//
//   - when its back-off is over;
//   - when the token expires, once, unless a service or a limit asked to wait;
//   - for callers without a token, if it only says that another process renews: they wait
//     for that process;
//   - after the machine was suspended, because the limits know by the services' time what
//     still applies.
func (f *failure) blocks(phase phase, wall time.Time) bool {
	over := f.err == nil || time.Until(f.next) <= 0 || f.set.suspended(wall)
	switch {
	case over:
		return false
	case phase != expired:
		return true
	case errors.Is(f.err, errLeaseHeld):
		return false
	}
	return !f.early || time.Now().Before(f.asked)
}

// forCaller returns a copy of the error for one caller, with the time that is left to
// wait.
func (f *failure) forCaller() error {
	err := ownError(f.err)
	if e := asError(err); e != nil {
		e.RetryAfter = clampRetryAfter(time.Until(f.until))
	}
	return err
}

// noResponse is the error of a token request that got no response.
type noResponse struct {
	error
	sent bool // the request may have reached the server
}

func (e noResponse) Unwrap() error { return e.error }

// nothingSent reports whether err says that the request reached no server. The error of
// a program's own RingCentral source says so if it could not connect.
func nothingSent(err error) bool {
	if isStoreError(err) {
		return false // a Store may fail to connect, too
	}
	if r, ok := errors.AsType[noResponse](err); ok {
		return !r.sent
	}
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}

// isTransient reports whether a renewal that failed with err may succeed later: there was
// no response, or one that says so, or a limit or the Store held the renewal back.
func isTransient(err error) bool {
	if e := asError(err); e != nil {
		return e.StatusCode == http.StatusTooManyRequests || isServerError(e.StatusCode)
	}
	if isStoreError(err) || errors.Is(err, errLeaseHeld) {
		return true
	}
	_, silent := errors.AsType[noResponse](err)
	_, network := errors.AsType[net.Error](err) // of a program's own RingCentral source
	return (silent || network) && !isPermanent(err)
}

// isServerError reports whether a status says that the same request may succeed later.
func isServerError(status int) bool {
	return status >= 500 && status != http.StatusNotImplemented
}

// heldBack reports whether a renewal failed before a service rejected anything.
func heldBack(err error) bool {
	return isStoreError(err) || isLocalLimit(err) || errors.Is(err, errLeaseHeld)
}

// withCause returns err with cause as its Cause, if it is an *Error that has none.
func withCause(err, cause error) error {
	if e := asError(err); e != nil && e.Cause == nil {
		e.Cause = cause
	}
	return err
}

// asError returns err if it is itself an *Error, and nil otherwise.
func asError(err error) *Error {
	e, _ := err.(*Error) //nolint:errorlint // an *Error in the chain of another error is not meant
	return e
}

// ownError returns an error that one caller may modify: many callers wait for a renewal.
func ownError(err error) error {
	if e := asError(err); e != nil {
		own := *e
		own.Header, own.Validation = e.Header.Clone(), slices.Clone(e.Validation)
		return &own
	}
	return err
}

const (
	deferValid      = time.Minute      // four times as long with each failure
	maxDeferValid   = time.Hour        // of these
	deferNoToken    = 4 * time.Second  // while there is no valid token
	deferOthers     = 10 * time.Second // the same, if others have renewed meanwhile; doubled with each failure
	maxDeferNoToken = 5 * time.Minute  // of these
)

// deferral says for how long this process leaves renewals to others after its token
// requests were rejected or got no response. Its network or its proxy may be broken, and
// each further request counts towards the limits that all processes share.
type deferral struct {
	failures int
	gen      int64         // of the tokens at the first failure; later tokens are of a process that succeeded
	asked    time.Duration // how long the last response asked to wait, at most as long as others wait
	at       time.Time     // of the last failure
	sent     bool          // the last failed request may have counted towards a limit
}

// add records a failed request while gen was the generation of the tokens.
func (d *deferral) add(gen int64, sent bool, asked time.Duration) {
	if d.failures == 0 {
		d.gen = gen
	}
	d.failures++
	d.at, d.sent, d.asked = time.Now(), sent, min(asked, rateCooldown)
}

// applies reports whether a renewal is left to others now. valid says that there is a valid
// token, and gen is the generation of the tokens.
func (d *deferral) applies(valid bool, gen int64) bool {
	if d.failures == 0 {
		return false
	}
	wait := d.withoutToken(gen)
	if valid {
		wait = d.withToken()
	}
	return time.Since(d.at) < wait
}

// withToken returns the wait after the last failure while there is a valid token.
func (d *deferral) withToken() time.Duration {
	return min(deferValid<<(2*min(d.failures-1, 6)), maxDeferValid)
}

// withoutToken returns the wait after the last failure while there is no valid token. It
// is long only if others have renewed since the first failure: otherwise they may be
// idle, or have ended.
func (d *deferral) withoutToken(gen int64) time.Duration {
	switch {
	case !d.sent:
		return 0
	case gen > d.gen:
		return d.asked + min(deferOthers<<min(d.failures-1, 6), maxDeferNoToken)
	case d.failures == 1 || d.asked > 0:
		return d.asked + deferNoToken // a process without a failure goes first
	}
	return 0
}

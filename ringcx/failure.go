package ringcx

import (
	"errors"
	"net"
	"net/http"
	"time"
)

const (
	maxBackOff = 15 * time.Second

	// unsentBackOff is the longest back-off after a renewal of which nothing was
	// sent: such attempts count towards no limit.
	unsentBackOff = 2 * time.Second
)

// backOff is the wait after the nth failure in a row: 1, 2, 4 … 15 s, ±20 %.
// The jitter is in [0,1).
func backOff(n int, jitter float64) time.Duration {
	d := maxBackOff
	if n < 5 {
		d = min(time.Second<<(n-1), maxBackOff)
	}
	return time.Duration(float64(d) * (0.8 + 0.4*jitter))
}

// failure is how the last renewal ended, if it failed. It is returned to callers
// until the next renewal may start.
type failure struct {
	err   error
	at    time.Time // when err was returned; it identifies the failure
	inRow int
	early bool      // the token was still valid when the renewal started
	asked time.Time // before which a service or a limit allows no attempt; zero: none does
	until time.Time // the later of asked and the end of the back-off
	next  time.Time // when the next renewal may start
	since clocks    // when all these times were set
}

// add counts a renewal that failed with err and returns the error for callers.
// With a Store the next renewal starts soon, to see whether another process has
// succeeded. If a limit holds that one back, the earlier error is kept.
func (f *failure) add(err error, jitter float64, shared, early bool, wall time.Time) error {
	now := time.Now()
	f.since = readClocks(wall)
	f.inRow++
	wait := backOff(f.inRow, jitter)
	if nothingSent(err) {
		f.inRow = min(f.inRow, 2)
		wait = min(wait, time.Duration((0.8+0.2*jitter)*float64(unsentBackOff)))
	}
	f.early, f.next = early, now.Add(wait)
	if isLocalLimit(err) && f.err != nil && now.Before(f.asked) {
		if f.next.After(f.until) {
			f.next = f.until
		}
		return f.shown()
	}
	f.err, f.at, f.asked, f.until = err, now, time.Time{}, f.next
	asked := f.next
	if e, ok := err.(*Error); ok && e.RetryAfter > 0 {
		asked = now.Add(e.RetryAfter)
		f.until = later(f.next, asked)
		if !early || !isLocalLimit(err) { // when the token ends, the limit allows one more
			f.asked = asked
		}
	}
	if !shared {
		f.next = f.until
	} else if isLocalLimit(err) {
		f.next = earlier(f.next, asked)
	}
	return err
}

// holds reports whether no renewal may start yet. When a token ends, one attempt
// is due at once, unless a service or a limit asked to wait; and another
// process's renewal is waited for. After the machine was suspended an attempt is due as
// well: the limits know by the services' time what still holds.
func (f *failure) holds(phase phase, wall time.Time) bool {
	switch {
	case f.err == nil || time.Until(f.next) <= 0 || f.since.suspended(wall):
		return false
	case phase == expired && f.err == errElsewhere:
		return false
	}
	return phase != expired || !f.early || time.Now().Before(f.asked)
}

// shown is what one caller is told, and for how long that holds.
func (f *failure) shown() error {
	err := ownError(f.err)
	if e, ok := err.(*Error); ok {
		e.RetryAfter = clampRetryAfter(time.Until(f.until))
	}
	return err
}

// noResponse is the error of a token request that got no response.
type noResponse struct {
	error
	sent bool // some of the request may have reached the server
}

func (e noResponse) Unwrap() error { return e.error }

// nothingSent reports whether err says that the request reached nobody. The error
// of a program's own RingCentral source says so if it could not connect.
func nothingSent(err error) bool {
	if _, ok := errors.AsType[storeError](err); ok {
		return false // a Store may fail to connect, too
	}
	if r, ok := errors.AsType[noResponse](err); ok {
		return !r.sent
	}
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}

// isTransient reports whether a renewal that failed with err may succeed later:
// it got no response, or one that says so, or a limit or the Store held it back.
func isTransient(err error) bool {
	if e, ok := err.(*Error); ok {
		return e.StatusCode == http.StatusTooManyRequests || e.StatusCode >= 500 && e.StatusCode != http.StatusNotImplemented
	}
	if _, ok := errors.AsType[storeError](err); ok || err == errElsewhere {
		return true
	}
	_, silent := errors.AsType[noResponse](err)
	_, network := errors.AsType[net.Error](err) // of a program's own RingCentral source
	return (silent || network) && !isPermanent(err)
}

// heldBack reports whether a renewal failed before a service refused anything.
func heldBack(err error) bool {
	_, down := errors.AsType[storeError](err)
	return down || isLocalLimit(err) || err == errElsewhere
}

// ownError returns an error that one caller may keep: many share a flight.
func ownError(err error) error {
	if e, ok := err.(*Error); ok {
		own := *e
		return &own
	}
	return err
}

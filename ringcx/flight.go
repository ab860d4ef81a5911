package ringcx

import (
	"context"
	"errors"
	"net/http/httptrace"
	"time"
)

// flight is one renewal that any number of callers wait for. state and err are
// set before done is closed.
type flight struct {
	logouts int // of the engine, when it took off
	done    chan struct{}
	state   *state
	err     error
}

// join returns the flight to wait for: the one under way, a new one, or one that
// has just landed. It reports the last failure instead until its back-off is over.
func (e *engine) join(ctx context.Context) (*flight, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch st := e.state.Load(); {
	case e.closed:
		return nil, ErrClosed
	case e.flight != nil:
		return e.flight, nil
	case st.phase(e.now()) == fresh:
		return landed(st, nil), nil
	}
	if err := e.failure.remembered(); err != nil && (err != errElsewhere || e.state.Load().phase(e.now()) != expired) {
		return landed(nil, err), nil
	}
	e.flight = &flight{logouts: e.logouts, done: make(chan struct{})}
	go e.fly(detach(ctx), e.flight)
	return e.flight, nil
}

// landed is a flight that is over.
func landed(st *state, err error) *flight {
	f := &flight{done: make(chan struct{}), state: st, err: err}
	close(f.done)
	return f
}

// fly renews, in the slot that it shares with Logout. It lands also where the
// program's OnEvent or token source panics, which is the program's to see.
func (e *engine) fly(ctx context.Context, f *flight) {
	f.err = errors.New("ringcx: the renewal panicked")
	e.slot <- struct{}{}
	defer func() { <-e.slot }()
	if err := e.grounded(f); err != nil {
		f.err = err
		e.land(f)
		return
	}
	e.renewInto(ctx, f)
	e.settle(ctx)
}

// renewInto lands f, before anything is written for others.
func (e *engine) renewInto(ctx context.Context, f *flight) {
	defer e.land(f)
	if e.ledger != nil {
		f.state, f.err = e.renewShared(ctx, f)
	} else {
		f.state, f.err = e.renew(ctx)
	}
}

// errOutdated ends a flight that a Logout overtook. It must not sign in for
// nobody; who still waits for a token takes another flight.
var errOutdated = errors.New("ringcx: logged out in the meantime")

// grounded says why f must not renew.
func (e *engine) grounded(f *flight) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.closed:
		return ErrClosed
	case e.logouts != f.logouts:
		return errOutdated
	}
	return nil
}

// detach returns a context with the values of ctx that does not end with it. The
// hooks of net/http/httptrace are left behind: they belong to a call of the
// program, and would see the credentials of a sign-in.
func detach(ctx context.Context) context.Context {
	if httptrace.ContextClientTrace(ctx) != nil {
		return context.Background()
	}
	return context.WithoutCancel(ctx)
}

func (e *engine) land(f *flight) {
	e.mu.Lock()
	e.flight = nil
	switch f.err {
	case errOutdated:
	case nil:
		e.failure = failure{}
	default:
		f.err = e.failure.add(f.err, e.jitter(), e.ledger != nil)
	}
	e.mu.Unlock()
	close(f.done)
}

const maxBackOff = 15 * time.Second

// backOff is the wait after the nth failure in a row: 1, 2, 4 … 15 s, ±20 %.
// The jitter is in [0,1).
func backOff(n int, jitter float64) time.Duration {
	d := maxBackOff
	if n < 5 {
		d = min(time.Second<<(n-1), maxBackOff)
	}
	return time.Duration(float64(d) * (0.8 + 0.4*jitter))
}

// failure is how the last flight ended, where it failed. It answers callers
// until the next flight may start.
type failure struct {
	err   error
	inRow int
	until time.Time // as the services asked
	next  time.Time // when the next flight may start
}

// add counts a flight that failed with err and returns what to say of it. With a
// Store the next flight looks soon whether another host has done better, and what
// it finds to be held back meanwhile says less than err.
func (f *failure) add(err error, jitter float64, shared bool) error {
	f.inRow++
	now, wait := time.Now(), backOff(f.inRow, jitter)
	f.next = now.Add(wait)
	if isLocalLimit(err) && f.err != nil && now.Before(f.until) {
		return f.shown()
	}
	f.err, f.until = err, f.next
	if e, ok := err.(*Error); ok {
		f.until = now.Add(max(wait, e.RetryAfter))
	}
	if !shared {
		f.next = f.until
	}
	return err
}

// remembered returns the failure while it holds.
func (f *failure) remembered() error {
	if f.err == nil || time.Until(f.next) <= 0 {
		return nil
	}
	return f.shown()
}

// shown is what one caller is told, and for how long that holds.
func (f *failure) shown() error {
	err := ownError(f.err)
	if e, ok := err.(*Error); ok {
		e.RetryAfter = clampRetryAfter(time.Until(f.until))
	}
	return err
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

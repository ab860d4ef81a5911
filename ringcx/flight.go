package ringcx

import (
	"context"
	"errors"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// flight is one renewal that any number of callers wait for. state, err and
// failure are set before done is closed.
type flight struct {
	logouts    int  // of the engine, when it took off
	early      bool // the token was still valid then
	done       chan struct{}
	state      *state
	err        error
	due        time.Time // when the next may start, if that is before its back-off is over
	failure    failure   // if err is one: when to try again
	remembered bool      // err is of an earlier renewal

	trouble atomic.Pointer[error] // what it waits for, for callers that give up
}

// join returns the flight to wait for: the one under way, a new one, or one that
// has just landed. It reports the last failure instead until its back-off is over.
func (e *engine) join(ctx context.Context) (*flight, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	st := e.state.Load()
	phase := st.phase(e.now())
	switch {
	case e.closed:
		return nil, ErrClosed
	case e.flight != nil:
		return e.flight, nil
	case phase == fresh:
		return landed(&flight{state: st}), nil
	case e.failure.holds(phase, e.now()):
		return landed(&flight{err: e.failure.shown(), failure: e.failure, remembered: true}), nil
	}
	e.flight = &flight{logouts: e.logouts, early: phase != expired, done: make(chan struct{})}
	go e.fly(detach(ctx), e.flight)
	return e.flight, nil
}

// landed is a flight that is over.
func landed(f *flight) *flight {
	f.done = make(chan struct{})
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
	e.takeLate()
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
		f.err = e.failure.add(f.err, e.jitter(), e.ledger != nil, f.early, e.now())
		if f.due.After(time.Now()) {
			e.failure.next = earlier(e.failure.next, f.due)
		}
		f.failure = e.failure
	}
	e.mu.Unlock()
	close(f.done)
}

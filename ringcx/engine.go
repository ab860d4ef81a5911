package ringcx

import (
	"context"
	crand "crypto/rand"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"
)

// engine is what a [TokenSource] works with. Callers read state without a lock
// and start a flight where it is due for a renewal; one flight at a time walks
// the chain in renewal.go.
type engine struct {
	cfg    Config       // resolved
	base   *url.URL     // of RingCX
	server string       // base as the generated request builders want it
	client *http.Client // for token requests
	agent  []string     // the value of the User-Agent header

	// now is the clock that tokens live by, and jitter a number in [0,1). The
	// simulation sets both before the first use. Back-offs and limits are spans of
	// time.Now, which a changed wall clock does not move.
	now    func() time.Time
	jitter func() float64

	renewBefore time.Duration // 0: a quarter of the life

	state   atomic.Pointer[state]
	breaker circuitBreaker

	mu      sync.Mutex // guards the four below, and is never held while waiting
	closed  bool
	logouts int // so far
	flight  *flight
	failure failure

	closing chan struct{} // closed by the first Close

	slot    chan struct{} // holds one element while a flight, a Logout or a Close uses what follows
	session session
	asking  *sourceCall  // whose result was not used yet; nil: none
	owner   string       // this process
	clock   *serverClock // the services' time
	ledger  *ledger      // nil: no other process shares the session
	asked   time.Time    // what time it is: when RingCX did not say
	outage  outage       // of the Store
	aside   aside        // after failed requests
}

func newEngine(cfg Config) (*engine, error) {
	cfg, base, err := cfg.resolve()
	if err != nil {
		return nil, err
	}
	e := &engine{
		cfg:         cfg,
		renewBefore: cfg.RenewBefore,

		base:    base,
		server:  base.String() + "/", // without the slash they drop a path of base
		client:  &http.Client{Transport: cfg.HTTPClient.Transport},
		agent:   []string{cfg.UserAgent},
		now:     time.Now,
		jitter:  rand.Float64,
		closing: make(chan struct{}),
		slot:    make(chan struct{}, 1),
		session: session{limits: newLimits()},
		owner:   crand.Text(),
	}
	e.session.limits.owner = e.owner
	e.clock = &serverClock{host: hostOf(e.owner), wall: func() time.Time { return e.now().Round(0) }}
	if cfg.Store != nil {
		e.ledger = newLedger(cfg.Store, cfg.Key, cfg.fingerprint(), e.owner, e.clock)
	}
	return e, nil
}

// current returns a state whose token may be used. It waits only where there is
// none; a stale one is returned at once, and renewed in the background.
func (e *engine) current(ctx context.Context) (*state, error) {
	st, now := e.state.Load(), e.now()
	// As phase says it, written out: a function of two comparisons is not
	// inlined, and this is what every call of a program pays.
	if st != nil && now.UnixNano() < st.renew.wall && now.Before(st.renew.at) {
		return st, nil
	}
	st, _, err := e.obtain(ctx, st, now)
	return st, err
}

// obtain is current for a state that may be due for a renewal. It also returns the
// renewal that it waited for, if that failed.
func (e *engine) obtain(ctx context.Context, st *state, now time.Time) (*state, *flight, error) {
	if st.phase(now) != expired {
		_, _ = e.join(ctx) // ignore the error: the token is still valid
		return st, nil, nil
	}
	return e.wait(ctx)
}

// wait waits for the flight, or until ctx ends; the flight goes on without it.
func (e *engine) wait(ctx context.Context) (*state, *flight, error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, fmt.Errorf("ringcx: waiting for a token: %w", err)
	}
	f, err := e.join(ctx)
	if err != nil {
		return nil, nil, err
	}
	select {
	case <-f.done:
	case <-ctx.Done():
		err := fmt.Errorf("ringcx: waiting for a token: %w", ctx.Err())
		if trouble := f.trouble.Load(); trouble != nil {
			err = fmt.Errorf("%w; meanwhile: %w", err, *trouble)
		}
		return nil, nil, err
	}
	switch {
	case f.err == nil:
		return f.state, nil, nil
	case f.err == errOutdated, f.early && !f.failure.holds(expired, e.now()):
		return e.wait(ctx) // a renewal is due at once
	}
	st, err := e.orLastResort(f.err)
	return st, f, err
}

// orLastResort returns a token that a 401 made invalid without naming it, if
// something other than a service prevents its renewal: another endpoint may still
// accept it.
func (e *engine) orLastResort(err error) (*state, error) {
	if st := e.state.Load().lastResort(e.now()); st != nil && heldBack(err) {
		return st, nil
	}
	return nil, ownError(err)
}

// invalidate makes the token expired, if it is still the current one. If the 401
// named it, it is not a last resort either.
func (e *engine) invalidate(access string, named bool) {
	st := e.state.Load()
	if !st.isToken(access) || st.accused() && (st.named || !named) {
		return
	}
	e.state.CompareAndSwap(st, st.refused(named))
}

// close waits for a flight or a Logout under way and lets no more start. A pair
// that could not be written yet has a last try.
func (e *engine) close() {
	e.mu.Lock()
	if !e.closed {
		e.closed = true
		close(e.closing)
	}
	e.mu.Unlock()
	e.slot <- struct{}{}
	defer func() { <-e.slot }()
	e.settle(context.Background())
	e.unregister(context.Background())
	e.state.Store(nil) // last: what others bought may have been adopted
}

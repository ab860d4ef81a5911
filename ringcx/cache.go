package ringcx

import (
	"context"
	crand "crypto/rand"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx/internal/servertime"
)

// settings is what a [TokenSource] was made with. It does not change after its first use.
type settings struct {
	cfg         Config       // resolved
	base        *url.URL     // of RingCX
	server      string       // base with the final slash that the generated request builders need
	client      *http.Client // for token requests
	agent       []string     // the value of the User-Agent header
	renewBefore time.Duration

	// now is the clock that the lifetimes of tokens are measured with, and jitter returns
	// a number in [0,1). Back-offs and limits are measured with time.Now, which a change
	// of the wall clock does not affect. Tests set both before the first use.
	now    func() time.Time
	jitter func() float64
}

// emit reports a step to Config.OnEvent and returns err. A lost compare-and-swap is not
// reported: the step is repeated.
func (s *settings) emit(stage Stage, took time.Duration, err error) error {
	if s.cfg.OnEvent != nil && !errors.Is(err, errSwapLost) {
		s.cfg.OnEvent(Event{Stage: stage, Took: took, Err: ownError(err)})
	}
	return err
}

// probeTime asks RingCX for the time. See [servertime.Clock.Probe].
func (s *settings) probeTime(ctx context.Context, clock *servertime.Clock) bool {
	return clock.Probe(ctx, *s.client, s.server, s.cfg.UserAgent)
}

// saveLogin saves the token of a built-in login that could not be saved before.
func (s *settings) saveLogin() {
	login, ok := asBuiltinLogin(s.cfg.RingCentral)
	if !ok {
		return
	}
	if err := login.saveAgain(); err != nil {
		_ = s.emit(StageStore, 0, err)
	}
}

// A renewer obtains tokens. It is a [soloRenewer], or a [sharedRenewer] for processes that
// share a session. Its methods are called by one goroutine at a time.
type renewer interface {
	// renew returns the next token, and makes it the current one.
	renew(ctx context.Context, r *renewal) (*state, error)

	// settle follows each renewal and does what callers need not wait for.
	settle(ctx context.Context)

	// logout ends the session.
	logout(ctx context.Context) error

	// leave is called last, by Close.
	leave(ctx context.Context)
}

// tokenCache holds the current token of a [TokenSource]. Callers read it without a lock.
// The first one that finds it due starts a renewal, which serves all callers that need
// a token meanwhile.
type tokenCache struct {
	*settings
	current *currentToken
	breaker circuitBreaker
	renewer renewer
	shared  bool     // the session is shared with other processes
	headers observer // of the responses to calls

	mu      sync.Mutex // guards the next four fields; not held while waiting
	closed  bool
	logouts int      // number of calls of Logout
	renewal *renewal // the one under way, or nil
	failure failure  // of the last renewal

	closing chan struct{} // closed by the first Close
	slot    slot          // is held while renewer is in use
}

func newTokenCache(cfg Config) (*tokenCache, error) {
	cfg, base, err := cfg.resolve()
	if err != nil {
		return nil, err
	}
	s := &settings{
		cfg:         cfg,
		base:        base,
		server:      base.String() + "/",
		client:      &http.Client{Transport: cfg.HTTPClient.Transport},
		agent:       []string{cfg.UserAgent},
		renewBefore: cfg.RenewBefore,
		now:         time.Now,
		jitter:      rand.Float64,
	}
	c := &tokenCache{
		settings: s,
		current:  &currentToken{now: func() time.Time { return s.now() }},
		closing:  make(chan struct{}),
		slot:     make(slot, 1),
	}
	process := crand.Text()
	clock := servertime.New(servertime.Machine(process), func() time.Time { return s.now().Round(0) })
	chain := newChain(s, c.current, clock, process, c.closing)
	if cfg.Store == nil {
		c.renewer, c.headers = &soloRenewer{chain}, ignoreHeaders{}
		return c, nil
	}
	c.renewer, c.headers = newSharedRenewer(chain), &dateObserver{clock, c.current}
	c.shared = true
	return c, nil
}

// get returns a state whose token may be used. A stale token is returned at once and
// renewed in the background; get waits only if there is none.
func (c *tokenCache) get(ctx context.Context) (*state, error) {
	st, now := c.current.state.Load(), c.now()
	// This is state.phase written out: it is not inlined, and every call of a program
	// pays for it.
	if st != nil && now.UnixNano() < st.renewAt.wall && now.Before(st.renewAt.mono) {
		return st, nil
	}
	st, _, err := c.renewed(ctx, st, now)
	return st, err
}

// renewed is get for a state that may be due for a renewal. If it waited for a renewal
// that failed, it returns that renewal too.
func (c *tokenCache) renewed(ctx context.Context, st *state, now time.Time) (*state, *renewal, error) {
	if st.phase(now) != expired {
		_, _ = c.join(ctx) // ignore the error: the token is still valid
		return st, nil, nil
	}
	return c.wait(ctx)
}

// wait waits for a renewal, or until ctx is done; the renewal continues without it.
func (c *tokenCache) wait(ctx context.Context) (*state, *renewal, error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, fmt.Errorf("ringcx: waiting for a token: %w", err)
	}
	r, err := c.join(ctx)
	if err != nil {
		return nil, nil, err
	}
	select {
	case <-r.done:
	case <-ctx.Done():
		return nil, nil, r.waitError(ctx.Err())
	}
	retryAtOnce := r.early && !r.failure.blocks(expired, c.now())
	switch {
	case r.err == nil:
		return r.state, nil, nil
	case errors.Is(r.err, errLoggedOut) || retryAtOnce:
		return c.wait(ctx)
	}
	st, err := c.orLastResort(r.err)
	return st, r, err
}

// orLastResort returns the error of a renewal, or a token that got a 401 which did not
// name it, if a limit, the Store or the lease of another process held the renewal back:
// other endpoints may still accept that token.
func (c *tokenCache) orLastResort(err error) (*state, error) {
	if st := c.current.lastResort(); st != nil && heldBack(err) {
		return st, nil
	}
	return nil, ownError(err)
}

// join returns the renewal to wait for. That is the one under way, or a new one. If the
// token was renewed meanwhile, it is a finished renewal with that token. If the last
// renewal failed and the next one may not start yet, it is a finished renewal with that
// failure.
func (c *tokenCache) join(ctx context.Context) (*renewal, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	st := c.current.state.Load()
	phase := st.phase(c.now())
	switch {
	case c.closed:
		return nil, ErrClosed
	case c.renewal != nil:
		return c.renewal, nil
	case phase == fresh:
		return finished(&renewal{state: st}), nil
	case c.failure.blocks(phase, c.now()):
		return finished(&renewal{err: c.failure.forCaller(), failure: c.failure, remembered: true}), nil
	}
	c.renewal = &renewal{logouts: c.logouts, early: phase != expired, done: make(chan struct{})}
	go c.run(detach(ctx), c.renewal)
	return c.renewal, nil
}

// run does the renewal r. A panic of the program's OnEvent or token source propagates,
// but r is finished first.
func (c *tokenCache) run(ctx context.Context, r *renewal) {
	r.err = errors.New("ringcx: waiting for a token: the renewal panicked, or Config.OnEvent ended its goroutine")
	c.slot.lock()
	defer c.slot.unlock()
	if err := c.abortReason(r); err != nil {
		r.err = err
		c.finish(r)
		return
	}
	c.renewAndFinish(ctx, r)
	c.renewer.settle(ctx)
}

// renewAndFinish finishes r before the renewer settles, so that callers do not wait for
// the Store.
func (c *tokenCache) renewAndFinish(ctx context.Context, r *renewal) {
	defer c.finish(r)
	r.state, r.err = c.renewer.renew(ctx, r)
}

// errLoggedOut aborts a renewal that waited for a Logout, so that it does not sign in if
// no caller waits. Callers that still wait start a new renewal.
var errLoggedOut = errors.New("ringcx: logged out in the meantime")

// abortReason returns why r must not start, or nil.
func (c *tokenCache) abortReason(r *renewal) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
		return ErrClosed
	case c.logouts != r.logouts:
		return errLoggedOut
	}
	return nil
}

// finish records the outcome of r and wakes its callers.
func (c *tokenCache) finish(r *renewal) {
	c.mu.Lock()
	c.renewal = nil
	switch {
	case errors.Is(r.err, errLoggedOut):
	case r.err == nil:
		c.failure = failure{}
	default:
		r.err = c.failure.add(r.err, c.jitter(), c.shared, r.early, c.now())
		if r.retryAt.After(time.Now()) {
			c.failure.next = earlier(c.failure.next, r.retryAt)
		}
		r.failure = c.failure
	}
	c.mu.Unlock()
	close(r.done)
}

// logout waits for a renewal under way, and ends the session. Renewals that wait meanwhile
// are aborted.
func (c *tokenCache) logout(ctx context.Context) error {
	select {
	case c.slot <- struct{}{}:
		defer c.slot.unlock()
	case <-ctx.Done():
		return fmt.Errorf("ringcx: logout: waiting for a renewal: %w", ctx.Err())
	}
	c.mu.Lock()
	c.logouts++
	c.failure = failure{}
	closed := c.closed
	c.mu.Unlock()
	if closed {
		return ErrClosed
	}
	return c.renewer.logout(ctx)
}

// close lets no renewal start any more, and waits for a renewal or a Logout under way.
// Tokens that could not be written to the Store yet are written now, if possible.
func (c *tokenCache) close() {
	c.mu.Lock()
	if !c.closed {
		c.closed = true
		close(c.closing)
	}
	c.mu.Unlock()
	c.slot.lock()
	defer c.slot.unlock()
	c.renewer.settle(context.Background())
	c.renewer.leave(context.Background())
	c.current.state.Store(nil) // last, because settle and leave may adopt a token
}

// slot is a lock that can also be waited for in a select. It has a buffer of one element.
type slot chan struct{}

func (s slot) lock()   { s <- struct{}{} }
func (s slot) unlock() { <-s }

// renewal is one renewal of the token, for which any number of callers wait.
type renewal struct {
	logouts int           // tokenCache.logouts when it began
	early   bool          // the token was still valid then
	done    chan struct{} // closed when the renewal has finished

	// Set before done is closed.
	state      *state
	err        error
	failure    failure // if err is not nil: when the next renewal may start
	remembered bool    // err is the error of an earlier renewal

	// retryAt is when the next renewal may start, if that is before the end of its
	// back-off. Set by the renewer.
	retryAt time.Time

	trouble atomic.Pointer[error] // what the renewal waits for, for callers that give up
}

// finished returns r as a renewal that has finished.
func finished(r *renewal) *renewal {
	r.done = make(chan struct{})
	close(r.done)
	return r
}

// waitError returns the error of a caller whose context ended with err.
func (r *renewal) waitError(err error) error {
	err = fmt.Errorf("ringcx: waiting for a token: %w", err)
	if trouble := r.trouble.Load(); trouble != nil {
		err = fmt.Errorf("%w; meanwhile: %w", err, *trouble)
	}
	return err
}

// detach returns a context with the values of ctx that is never canceled. It drops what
// belongs to a call of the program: the hooks of net/http/httptrace, which would see the
// credentials of a sign-in, and what CallFromContext returns.
func detach(ctx context.Context) context.Context {
	if httptrace.ContextClientTrace(ctx) != nil {
		return context.Background()
	}
	return detached{context.WithoutCancel(ctx)}
}

// detached is the context of a renewal.
type detached struct{ context.Context }

// Value implements context.Context.
func (d detached) Value(key any) any {
	switch key {
	case callKey{}, callSecretsKey{}:
		return nil
	}
	return d.Context.Value(key)
}

// An observer is given the header of each response to a call. Safe for concurrent use.
type observer interface{ observe(http.Header) }

// ignoreHeaders is the observer of a process that need not know the services' time.
type ignoreHeaders struct{}

func (ignoreHeaders) observe(http.Header) {}

// dateObserver reads the services' time, once a minute.
type dateObserver struct {
	clock   *servertime.Clock
	current *currentToken
}

// observe reads the Date in h, if the clock needs one. When the time becomes known, a
// token of unknown age is checked again.
func (o *dateObserver) observe(h http.Header) {
	if !o.clock.NeedsUpdate() {
		return
	}
	before := o.clock.Confirmed()
	o.clock.Update(h)
	if !before && o.clock.Confirmed() {
		o.current.recheck()
	}
}

// pause waits for d, until ctx is done, or until closing is closed.
func pause(ctx context.Context, closing <-chan struct{}, d time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	select {
	case <-ctx.Done():
	case <-closing:
	}
}

// sleep waits for d, or returns the error of ctx if ctx is done first.
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

// isClosed reports whether closing is closed.
func isClosed(closing <-chan struct{}) bool {
	select {
	case <-closing:
		return true
	default:
		return false
	}
}

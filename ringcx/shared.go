package ringcx

import (
	"context"
	"errors"
	"time"
)

const (
	maxPoll       = 90 * time.Second // sum of the pauses of a renewal that waits for other processes: each lease lasts 30 s
	maxSwapsLost  = 60               // in one renewal
	storePatience = 10 * time.Second // for which callers without a token wait for a failing Store
	saveTries     = 4                // to write new tokens, 1, 2 and 4 s apart
	rosterTries   = 3                // to write an entry of the roster
	leaveTries    = 20               // to remove it, at most 125 ms apart
)

var (
	// errLeaseHeld says that another process is renewing. A renewal that has no valid token
	// then waits and tries again. It ends with this error if there is a valid token, or
	// after maxPoll.
	errLeaseHeld = errors.New("ringcx: waiting for a token: another process has not finished renewing it: try again")

	// errDeferred says that this process leaves the renewal to others: see deferral. It
	// matches errLeaseHeld.
	errDeferred = deferredError{}
)

type deferredError struct{}

// Error implements error.
func (deferredError) Error() string {
	return "ringcx: waiting for a token: after failed requests this process leaves the renewal to others, which have not renewed yet: try again"
}

// Is reports whether target is errLeaseHeld, because both are handled alike.
func (deferredError) Is(target error) bool { return target == errLeaseHeld }

// sharedRenewer is the [renewer] of processes that share a session through a Store. It
// adopts the tokens that another process obtained, or acquires the lease and obtains
// tokens for all of them with its chain. While the Store is down, it obtains tokens for
// this process alone.
type sharedRenewer struct {
	*chain
	record *sharedRecord
	leases leases
	outage outage
}

func newSharedRenewer(c *chain) *sharedRenewer {
	c.headStart = 1
	r := newSharedRecord(c.cfg, c.process, c.clock)
	return &sharedRenewer{chain: c, record: r, leases: newLeases(r)}
}

// renew implements renewer. It waits for other processes only if there is no valid token.
func (s *sharedRenewer) renew(ctx context.Context, r *renewal) (*state, error) {
	s.useLateToken()
	lost, waited := 0, time.Duration(0) // waited is a sum, because the process may be stopped in between
	for {
		st, err := s.attempt(ctx)
		switch {
		case isStoreError(err) && s.record.outageBegan(s.current):
			return s.renewInOutage(ctx, r, err)
		case errors.Is(err, errSwapLost):
			lost++
		case !isWait(err):
			return st, err
		case stopsWaiting(err, s.current, waited):
			return nil, err
		default:
			r.trouble.Store(&err)
		}
		if lost > maxSwapsLost {
			return nil, s.emit(StageStore, 0, errOvertaken)
		}
		if first := lost == 1 && errors.Is(err, errSwapLost); !first { // then the record has changed already
			d := pollInterval(s.jitter())
			waited += d
			pause(ctx, s.source.closing, d)
		}
		if isClosed(s.source.closing) {
			return nil, ErrClosed
		}
	}
}

// isWait reports whether an attempt that ended with err may be repeated later, in this
// renewal or, if stopsWaiting, in the next one.
func isWait(err error) bool { return errors.Is(err, errLeaseHeld) || isStoreError(err) }

// stopsWaiting reports whether a renewal ends that has waited for some time, last because
// of err.
func stopsWaiting(err error, current *currentToken, waited time.Duration) bool {
	switch {
	case isStoreError(err):
		return false
	case waited > maxPoll:
		return true
	case errors.Is(err, errDeferred):
		return current.usable()
	}
	return current.phase() != expired
}

// attempt reads the record, and then adopts the tokens of another process, returns
// errLeaseHeld or errDeferred if another process should renew, or renews.
func (s *sharedRenewer) attempt(ctx context.Context) (*state, error) {
	if err := s.catchUp(ctx); err != nil {
		return nil, s.emit(StageStore, 0, err)
	}
	if st := s.adoptShared(); st != nil {
		return st, nil
	}
	if s.leases.needsTime() && s.probeTime(ctx, s.clock) {
		s.session = s.record.merge(s.session, s.now())
		if st := s.adoptShared(); st != nil {
			return st, nil
		}
	}
	switch {
	case isClosed(s.source.closing):
		return nil, ErrClosed
	case s.leases.leasedElsewhere(ctx):
		return nil, errLeaseHeld
	case s.defers():
		return nil, errDeferred
	}
	r := unrestricted(s.permit)
	r.leaveToOthers = s.leaveToOthers
	return s.obtain(ctx, r)
}

// permit is the permit of a process that shares its session: it checks the limits and
// acquires the lease.
func (s *sharedRenewer) permit(ctx context.Context, stage Stage) (sendBy time.Time, err error) {
	if _, err := s.chain.permit(ctx, stage); err != nil {
		return time.Time{}, err
	}
	if err := s.leases.acquire(ctx, stage, &s.session, s.now()); err != nil {
		s.session.limits.finish(stage, false)
		return time.Time{}, s.emit(stage, 0, err)
	}
	return s.leases.sendBy(s.now()), nil
}

// defers reports whether this process leaves the renewal to others for now.
func (s *sharedRenewer) defers() bool {
	return s.record.hasOthers() && s.failed.applies(s.current.phase() != expired, s.session.gen)
}

// leaveToOthers reports whether the rest of a renewal is left to other processes after a
// request failed: the shared token is still valid, or only one endpoint rejected it and
// others have renewed since the first failure of this process.
func (s *sharedRenewer) leaveToOthers() bool {
	if !s.record.hasOthers() {
		return false
	}
	return s.current.phase() != expired || s.current.lastResort() != nil && s.session.gen > s.failed.gen
}

// catchUp reads the record and merges it with what this process knows.
func (s *sharedRenewer) catchUp(ctx context.Context) error {
	corrupt, err := s.record.load(ctx)
	if err != nil {
		return err
	}
	if corrupt != nil {
		_ = s.emit(StageStore, 0, corrupt)
	}
	s.session = s.record.merge(s.session, s.now())
	return nil
}

// pollInterval returns the wait before the record is read again: 250 ms to 1 s.
func pollInterval(jitter float64) time.Duration {
	return time.Duration((0.25 + 0.75*jitter) * float64(time.Second))
}

// adoptShared makes the tokens of the session the current ones, if they are valid and not
// the current ones already, or the age of those was a guess. It returns nil if the renewal
// must continue.
func (s *sharedRenewer) adoptShared() *state {
	shared, current := s.session.tokens, s.current.state.Load()
	if shared.access == "" || current.isToken(shared.access) && !current.mayBeRedated() {
		return nil
	}
	st, now := shared.state(s.now(), s.renewBefore).withHeadStart(s.jitter()), s.now()
	if st.phase(now) == expired {
		return nil
	}
	s.current.state.Store(st)
	_ = s.emit(StageAdopt, 0, nil)
	if st.phase(now) == stale && current.phase(now) != expired {
		return nil // no caller waits, and the token is due for a renewal
	}
	return st
}

// settle implements renewer. It writes what a renewal has changed, gives the lease back,
// and lists this process in the roster. If another process wrote first, both are merged
// and written. Tokens that cannot be written are used all the same, and written after a
// later renewal. Before, the process that has renewed keeps the session of a built-in login
// alive; at the end the token of that login is saved if that failed before.
func (s *sharedRenewer) settle(ctx context.Context) {
	defer s.saveLogin()
	defer s.leases.unmarkAlive()
	if s.record.downSince.IsZero() && s.leases.own() {
		s.keepLogin(ctx, s.permit)
	}
	if !s.session.unsaved && !s.leases.own() {
		s.register(ctx)
		return
	}
	for try := 1; try <= saveTries; try++ {
		err := s.leases.release(ctx, &s.session, s.now())
		if err == nil {
			return
		}
		if errors.Is(err, errSwapLost) {
			if err = s.catchUp(ctx); err == nil {
				s.adoptShared()
				continue
			}
		}
		if _ = s.emit(StageStore, 0, err); !s.session.unsaved || isClosed(s.source.closing) {
			return
		}
		if try < saveTries {
			pause(ctx, s.source.closing, backOff(try, s.jitter()))
		}
	}
}

// register writes the entry of this process in the roster, if it is due.
func (s *sharedRenewer) register(ctx context.Context) {
	for range rosterTries {
		if !s.record.needsEntry() || isClosed(s.source.closing) {
			return
		}
		err := s.record.writeRoster(ctx, s.record.record.Roster.with(s.process, s.clock))
		if err == nil {
			return
		}
		if !errors.Is(err, errSwapLost) {
			_ = s.emit(StageStore, 0, err)
			return
		}
		if err := s.catchUp(ctx); err != nil {
			return
		}
		s.adoptShared()
	}
}

// leave implements renewer. It removes this process from the roster. While another process
// renews or logs out it waits, because its write would cost that process a conflict.
func (s *sharedRenewer) leave(ctx context.Context) {
	for range leaveTries {
		r := s.record
		if !r.record.Roster.has(s.process) || !r.downSince.IsZero() {
			return
		}
		if busy := r.record.Lease != nil && !s.leases.own(); !busy {
			err := r.writeRoster(ctx, r.record.Roster.without(s.process))
			if !errors.Is(err, errSwapLost) {
				return
			}
		}
		_ = sleep(ctx, pollInterval(s.jitter())/8) // many processes may end at the same moment
		if err := s.catchUp(ctx); err != nil {
			return
		}
	}
}

// renewInOutage obtains tokens for this process alone while the Store is down, in its
// turn: with the RingCentral token that it holds, and later with the refresh token that
// came with them. It never sends the shared refresh token.
func (s *sharedRenewer) renewInOutage(ctx context.Context, r *renewal, down error) (*state, error) {
	o := &s.outage
	o.plan(s.record, s.current.state.Load(), s.now(), s.jitter())
	defer func() { r.retryAt = o.due }()
	able := o.refresh != "" || s.session.mayExchange(s.now(), s.process) || o.maySignIn()
	if time.Now().Before(o.due) || !able {
		return nil, down
	}
	st, err := s.renewAlone(ctx)
	switch {
	case errors.Is(err, errNoSignIn):
		return nil, down
	case err != nil:
		o.failed(err, s.jitter())
		return nil, err
	}
	o.succeeded(st, s.now())
	return st, nil
}

// renewAlone renews with the refresh token of this process alone. The tokens are in no
// record, so the session keeps the shared ones.
func (s *sharedRenewer) renewAlone(ctx context.Context) (*state, error) {
	shared := s.session
	defer func() {
		own := &s.session
		s.outage.refresh = own.refresh
		own.gen, own.tokens, own.unsaved = shared.gen, shared.tokens, shared.unsaved
		own.refresh, own.spent = shared.refresh, shared.spent
	}()
	s.session.refresh = s.outage.refresh
	r, may := unrestricted(s.chain.permit), s.outage.maySignIn()
	r.takeSignIn = func() bool {
		if may {
			s.outage.signIn = time.Now()
		}
		return may
	}
	return s.obtain(ctx, r)
}

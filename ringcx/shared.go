package ringcx

import (
	"context"
	"errors"
	"net/http"
	"time"
)

const (
	longestPoll = 90 * time.Second // for other hosts' renewals: each lease is 30 s
	maxLost     = 60               // times that another host got ahead, in one flight: progress looks otherwise
	hiccup      = 10 * time.Second // of the Store, while callers wait for another host
	saveTries   = 4                // of a pair that was bought, 1, 2 and 4 s apart
)

// errElsewhere says that another host is renewing: a token that is still good, or
// one for which callers have waited long enough.
var errElsewhere = errors.New("ringcx: waiting for a token: another process has not finished renewing it: try again")

// errAside says that this process leaves the renewal to others: see aside.
var errAside = errors.New("ringcx: leaving the renewal to another process")

// errOvertaken says that no write succeeds, though the Store answers.
var errOvertaken = storeError{"write", "another process was faster each time, or Load returns old records: try again", &ErrConflict}

// renewShared adopts the pair that another host bought, or buys one for all of
// them. It waits for other hosts only where there is no good token.
func (e *engine) renewShared(ctx context.Context, f *flight) (*state, error) {
	lost, waited := 0, time.Duration(0) // not the time since the start: a process may be stopped for long
	for {
		st, err := e.renewOrAdopt(ctx)
		waiting := err == errElsewhere || err == errAside
		waits, patient := e.state.Load().phase(e.now()) == expired, !e.hasToken()
		switch down, isDown := errors.AsType[storeError](err); {
		case isDown && (!patient || e.ledger.downFor() > hiccup):
			st, err := e.renewOutage(ctx, down)
			f.due = e.outage.due
			return st, err
		case err == errElsewhere && !waits, err == errAside && !patient, waiting && waited > longestPoll:
			return nil, errElsewhere
		case err == errLost && lost == maxLost:
			return nil, e.told(StageStore, 0, errOvertaken)
		case err == errLost:
			lost++
		case !waiting && !isDown:
			return st, err
		}
		if err != errLost {
			f.trouble.Store(&err)
		}
		if lost != 1 || err != errLost { // the first time, there is news already
			d := poll(e.jitter())
			waited += d
			e.pause(ctx, d)
		}
		if err := e.grounded(f); err != nil {
			return nil, err
		}
	}
}

// renewOrAdopt looks at the record once. It adopts the pair of another host, or
// reports errElsewhere where one is renewing, or renews.
func (e *engine) renewOrAdopt(ctx context.Context) (*state, error) {
	if err := e.catchUp(ctx); err != nil {
		return nil, e.told(StageStore, 0, err)
	}
	if st := e.adoptShared(); st != nil {
		return st, nil
	}
	if e.ledger.inDoubt() && e.askTime(ctx) {
		e.session = e.ledger.reconcile(e.session, e.now())
		if st := e.adoptShared(); st != nil {
			return st, nil
		}
	}
	switch {
	case e.isClosing():
		return nil, ErrClosed
	case e.ledger.foreignLease(ctx):
		return nil, errElsewhere
	case e.yields():
		return nil, errAside
	}
	return e.renew(ctx)
}

// catchUp reads the record, and makes of it and of what this host knows one
// session.
func (e *engine) catchUp(ctx context.Context) error {
	corrupt, err := e.ledger.load(ctx)
	if err != nil {
		return err
	}
	if corrupt != nil {
		_ = e.told(StageStore, 0, corrupt)
	}
	e.session = e.ledger.reconcile(e.session, e.now())
	return nil
}

// poll is the wait before the record is looked at again: 250 ms to 1 s.
func poll(jitter float64) time.Duration {
	return time.Duration((0.25 + 0.75*jitter) * float64(time.Second))
}

func (e *engine) isClosing() bool {
	select {
	case <-e.closing:
		return true
	default:
		return false
	}
}

// pause waits for d, or until Close.
func (e *engine) pause(ctx context.Context, d time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	select {
	case <-ctx.Done():
	case <-e.closing:
	}
}

// adoptShared takes over the pair of the session where that is newer and good.
func (e *engine) adoptShared() *state {
	shared, current := e.session.pair, e.state.Load()
	if shared.access == "" || current != nil && current.token.AccessToken == shared.access && (!current.provisional || current.accused()) {
		return nil
	}
	st := shared.state(e.now(), e.renewBefore)
	if st.phase(e.now()) == expired {
		return nil
	}
	e.state.Store(st)
	_ = e.told(StageAdopt, 0, nil)
	if st.phase(e.now()) == stale && current.phase(e.now()) != expired {
		return nil // nobody waits, and it is due for a renewal
	}
	return st
}

// settle writes what a flight has changed and gives the lease back. Where another
// host got ahead, both are made one, and written. A pair that cannot be written is
// served all the same, and written by a later flight.
func (e *engine) settle(ctx context.Context) {
	if e.ledger == nil {
		return
	}
	defer e.ledger.unhold()
	if !e.ledger.leased() {
		e.register(ctx)
		return
	}
	for try := 1; try <= saveTries; try++ {
		err := e.ledger.release(ctx, &e.session, e.now())
		if err == nil {
			return
		}
		if errors.Is(err, errLost) {
			if err = e.catchUp(ctx); err == nil {
				e.adoptShared()
				continue
			}
		}
		if _ = e.told(StageStore, 0, err); !e.ledger.pending || e.isClosing() {
			return
		}
		if try < saveTries {
			e.pause(ctx, backOff(try, e.jitter()))
		}
	}
}

// claim counts a request that is about to be sent, where its limit allows it,
// and takes the lease for it.
func (e *engine) claim(ctx context.Context, stage Stage) error {
	leave := 0
	if e.state.Load().phase(e.now()) != expired {
		leave = 1 // for when the token ends and callers wait
	}
	err := e.session.limits.take(stage, leave)
	if err != nil && e.clock.jumped() && e.askTime(ctx) {
		e.session.limits.review(e.clock) // the machine may have been suspended
		err = e.session.limits.take(stage, leave)
	}
	if err != nil || e.ledger == nil || e.outage.on {
		return err
	}
	err = e.ledger.claim(ctx, stage, &e.session, e.now())
	if err != nil {
		e.session.limits.untake(stage)
	}
	return err
}

// sendBy is when a request that was claimed must be on its way, so that its end
// lies within the lease, by both clocks of this host. Zero: whenever.
func (e *engine) sendBy() time.Time {
	if e.ledger == nil || e.outage.on {
		return time.Time{}
	}
	end := e.ledger.leaseEnd
	by := time.Now().Add(time.Unix(0, end.wall).Sub(e.now()))
	return earlier(end.at, by).Add(-tokenTimeout)
}

// learn reads the services' time from the answer to a call, once a minute. A
// token whose age was a guess is then looked at again.
func (e *engine) learn(h http.Header) {
	if e.ledger == nil {
		return
	}
	clock := e.clock
	if !clock.wants() {
		return
	}
	before := clock.sure()
	clock.see(h)
	if st := e.state.Load(); !before && clock.sure() && st != nil && st.provisional {
		due := *st
		due.renew = moment{}
		e.state.CompareAndSwap(st, &due)
	}
}

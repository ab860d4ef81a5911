package ringcx

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/oauth2"

	"github.com/ringcx-go/ringcx-go/gen"
)

// logout ends the RingCX session and then the RingCentral one, in the slot that
// it shares with flights. What could not be ended is kept, so that a further
// Logout tries again, but its access token is not used any more.
func (e *engine) logout(ctx context.Context) error {
	select {
	case e.slot <- struct{}{}:
		defer func() { <-e.slot }()
	case <-ctx.Done():
		return fmt.Errorf("ringcx: logout: waiting for a renewal: %w", ctx.Err())
	}
	if !e.depart() {
		return ErrClosed
	}
	if e.ledger != nil {
		defer e.ledger.unhold()
	}
	if err := e.borrow(ctx); err != nil {
		return err
	}
	e.state.Store(nil)
	e.session.pair = pair{}
	err := errors.Join(e.endSession(ctx), e.endLogin(ctx))
	switch {
	case e.ledger == nil:
		return err
	case err == nil:
		return e.clearRecord(ctx)
	}
	return errors.Join(err, e.ledger.release(ctx, &e.session, e.now()))
}

// depart outdates the flights that wait for the slot. It reports false after
// Close.
func (e *engine) depart() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.logouts++
	e.failure = failure{}
	return !e.closed
}

// clearRecord leaves of the record what outlasts the session. If another process writes
// at the same moment it tries again, unless that one has a session of its own.
func (e *engine) clearRecord(ctx context.Context) error {
	for range registerTries {
		err := e.ledger.clear(ctx, &e.session, e.now())
		if err != errLost {
			return err
		}
		if _, err := e.ledger.load(ctx); err != nil || !e.ledger.ownLease() {
			return err
		}
	}
	return e.told(StageStore, 0, errOvertaken)
}

// borrow takes the session over from the Store, and the lease, when no other host
// is renewing it. Meanwhile the record holds no token.
func (e *engine) borrow(ctx context.Context) error {
	for lost := 0; e.ledger != nil; {
		if err := e.catchUp(ctx); err != nil {
			return err
		}
		if !e.ledger.foreignLease(ctx) {
			bare := session{gen: e.session.gen, limits: e.session.limits}
			err := e.ledger.claim(ctx, StageLogout, &bare, e.now())
			if lost++; err != errLost {
				return err
			}
			if lost > maxLost {
				return errOvertaken
			}
		}
		e.pause(ctx, poll(e.jitter()))
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("ringcx: logout: waiting for another host's renewal: %w", err)
		}
		if e.isClosing() {
			return ErrClosed
		}
	}
	return nil
}

func (e *engine) endSession(ctx context.Context) error {
	token := e.session.refresh
	if token == "" {
		return nil
	}
	req, err := gen.NewLogoutRequest(e.server, gen.PathID(token))
	if err != nil {
		return err
	}
	start := time.Now()
	r := tokenRequest{
		stage: StageLogout, client: e.client, request: req, secrets: []string{token}, agent: e.cfg.UserAgent, sendBy: e.sendBy(),
	}
	a := r.do(ctx)
	if a.outcome == answered || a.outcome == refused {
		e.session.refresh = ""
	}
	if errors.Is(a.err, errLost) {
		a.err = errors.New("ringcx: logout: this process stood still, and another may have taken over the session: try again")
	}
	return e.told(StageLogout, time.Since(start), a.err)
}

// endLogin revokes the RingCentral token where it came from a JWTLogin: another
// source may share its token with others.
func (e *engine) endLogin(ctx context.Context) error {
	token := e.session.login.token
	source, ok := asBuiltinLogin(e.cfg.RingCentral)
	if token == "" || !ok {
		e.session.login = login{}
		return nil
	}
	start := time.Now()
	err := source.Revoke(ctx, &oauth2.Token{AccessToken: token})
	if err == nil || isRefusal(statusOf(err)) {
		e.session.login = login{}
	}
	return e.told(StageLogout, time.Since(start), err)
}

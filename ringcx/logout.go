package ringcx

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/oauth2"

	"github.com/ringcx-go/ringcx-go/gen"
)

// endSessions ends the RingCX session, until sendBy unless that is zero, and then the
// RingCentral one. What could not be ended is kept, so that another Logout tries again,
// but its access token is not used any more.
func (c *chain) endSessions(ctx context.Context, sendBy time.Time) error {
	c.source.discardPending()
	c.current.state.Store(nil)
	c.session.tokens, c.session.unsaved = tokens{}, false
	return errors.Join(c.endSession(ctx, sendBy), c.endRCSession(ctx))
}

// endSession ends the RingCX session.
func (c *chain) endSession(ctx context.Context, sendBy time.Time) error {
	token := c.session.refresh
	if token == "" {
		return nil
	}
	req, err := gen.NewLogoutRequest(c.server, gen.PathID(token))
	if err != nil {
		return err
	}
	start := time.Now()
	res := tokenRequest{
		stage: StageLogout, client: c.client, request: req, secrets: []string{token}, agent: c.cfg.UserAgent, sendBy: sendBy,
	}.do(ctx)
	if res.outcome == succeeded || res.outcome == rejected {
		c.session.refresh = ""
	}
	if errors.Is(res.err, errTooLate) {
		res.err = errors.New("ringcx: logout: nothing was sent, because this process was suspended and another one may have taken over the session: try again")
	}
	return c.emit(StageLogout, time.Since(start), res.err)
}

// endRCSession revokes the RingCentral token of a built-in login. Another source may share its
// token with other programs.
func (c *chain) endRCSession(ctx context.Context) error {
	token := &oauth2.Token{AccessToken: c.session.rc.token}
	source, ok := asBuiltinLogin(c.cfg.RingCentral)
	_, keepsSession := source.(sessionKeeper) // also before the first sign-in
	if none := token.AccessToken == "" && !keepsSession; none || !ok {
		c.session.rc = rcToken{}
		return nil
	}
	start := time.Now()
	err := source.Revoke(ctx, token)
	if err == nil || isRejection(statusOf(err)) {
		c.session.rc = rcToken{}
	}
	return c.emit(StageLogout, time.Since(start), err)
}

// logout implements renewer. It ends the sessions under the lease, and removes the session
// from the record.
func (s *sharedRenewer) logout(ctx context.Context) error {
	defer s.leases.unmarkAlive()
	s.source.discardPending()
	if err := s.acquireForLogout(ctx); err != nil {
		return err
	}
	if err := s.endSessions(ctx, s.leases.sendBy(s.now())); err != nil {
		return errors.Join(err, s.leases.release(ctx, &s.session, s.now()))
	}
	err := s.leases.clear(ctx, &s.session, s.now)
	if errors.Is(err, errOvertaken) {
		err = s.emit(StageStore, 0, err)
	}
	return err
}

// acquireForLogout reads the session from the record and acquires the lease, when no other
// process renews. Meanwhile the record contains no token.
func (s *sharedRenewer) acquireForLogout(ctx context.Context) error {
	for lost := 0; ; {
		if err := s.catchUp(ctx); err != nil {
			return err
		}
		if !s.leases.leasedElsewhere(ctx) {
			empty := session{gen: s.session.gen, limits: s.session.limits}
			err := s.leases.acquire(ctx, StageLogout, &empty, s.now())
			if lost++; !errors.Is(err, errSwapLost) {
				return err
			}
			if lost > maxSwapsLost {
				return errOvertaken
			}
		}
		pause(ctx, s.source.closing, pollInterval(s.jitter()))
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("ringcx: logout: waiting for another process's renewal: %w", err)
		}
		if isClosed(s.source.closing) {
			return ErrClosed
		}
	}
}

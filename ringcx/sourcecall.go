package ringcx

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/oauth2"
)

// sourceCall is one call of Config.RingCentral. It may outlast the renewal that
// began it. Then there is no other call until it ends: the next renewals wait for
// it, and use its token.
type sourceCall struct {
	began   time.Time
	logouts int           // of the engine, when the call began
	done    chan struct{} // closed when the fields below are set
	took    time.Duration
	token   *oauth2.Token
	err     error
}

func (c *sourceCall) ended() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// callSource calls the source. Its context, for a source that takes one, ends after
// tokenTimeout, and not with the renewal.
func (e *engine) callSource(ctx context.Context) *sourceCall {
	c := &sourceCall{began: time.Now(), logouts: e.loggedOut(), done: make(chan struct{})}
	source := e.cfg.RingCentral
	go func() {
		ctx, cancel := context.WithTimeout(ctx, tokenTimeout)
		defer cancel()
		if s, ok := source.(interface {
			TokenContext(context.Context) (*oauth2.Token, error)
		}); ok {
			c.token, c.err = s.TokenContext(ctx)
		} else {
			c.token, c.err = source.Token()
		}
		if c.err == nil && (c.token == nil || c.token.AccessToken == "") {
			c.err = errors.New("it returned no token and no error")
		}
		c.err, c.took = loginError(c.err), time.Since(c.began)
		close(c.done)
	}()
	return c
}

// ask calls the source and waits for its token.
func (e *engine) ask(ctx context.Context) (*oauth2.Token, error) {
	e.asking = e.callSource(ctx)
	return e.await(e.asking, nil)
}

// await waits for c, for tokenTimeout at most and not after stop is closed.
func (e *engine) await(c *sourceCall, stop <-chan struct{}) (*oauth2.Token, error) {
	timer := time.NewTimer(tokenTimeout)
	defer timer.Stop()
	select {
	case <-c.done:
		e.asking = nil
		return c.token, c.err
	case <-stop:
		return nil, ErrClosed
	case <-timer.C:
		return nil, fmt.Errorf("ringcx: login: Config.RingCentral has not returned for %v; it is not called again before it returns: %w",
			time.Since(c.began).Round(time.Second), context.DeadlineExceeded)
	}
}

// awaitPending waits for the call that an earlier renewal began, which Close need
// not do. It reports false if a new call may begin: there is none, or what it
// returned is of no use.
func (e *engine) awaitPending() (token *oauth2.Token, err error, pending bool) {
	c := e.asking
	if c == nil {
		return nil, nil, false
	}
	token, err = e.await(c, e.closing)
	switch {
	case e.asking != nil:
		return nil, err, true
	case c.logouts != e.loggedOut(), err == nil && !e.newLogin(token).good(e.now()):
		return nil, nil, false
	}
	return token, err, true
}

// takeLate takes over the result of a call that ended after its renewal: its token,
// to be used as one that is at hand, or how long RingCentral asked to wait.
func (e *engine) takeLate() {
	c := e.asking
	if c == nil || !c.ended() {
		return
	}
	e.asking = nil
	if c.logouts != e.loggedOut() {
		return
	}
	if c.err != nil {
		_ = e.told(StageLogin, c.took, e.loginFailed(c.err))
		return
	}
	_ = e.told(StageLogin, c.took, nil)
	if !e.mayExchange() {
		e.session.login = e.newLogin(c.token)
	}
}

// loggedOut returns the number of Logouts so far.
func (e *engine) loggedOut() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.logouts
}

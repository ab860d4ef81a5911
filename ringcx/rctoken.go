package ringcx

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/ringcx-go/ringcx-go/internal/redact"
	"github.com/ringcx-go/ringcx-go/ringcx/internal/servertime"
)

// rcTokenMargin is how long before its end a RingCentral token is given up, because it
// must still be valid when RingCX checks it.
const rcTokenMargin = tokenTimeout

// rcToken is a RingCentral access token and when it expires.
type rcToken struct {
	token       string
	until       *deadline            // nil: not known
	untilShared servertime.Timestamp // until, as processes share it
	accepted    bool                 // an exchange accepted it
	denied      string               // the process whose exchange RingCX rejected with 401; empty: none
	unsaved     bool                 // it is not in the shared record yet
}

func newRCToken(token *oauth2.Token, now time.Time) rcToken {
	t := rcToken{token: token.AccessToken, unsaved: true}
	if !token.Expiry.IsZero() {
		until := deadlineAt(now.Add(time.Until(token.Expiry) - rcTokenMargin))
		t.until = &until
	}
	return t
}

func (t rcToken) valid(now time.Time) bool {
	return t.token != "" && (t.until == nil || !t.until.reached(now))
}

// expiresAfter reports whether t is valid for longer than o, as far as that is known.
func (t rcToken) expiresAfter(o rcToken) bool {
	switch {
	case t.token == "":
		return false
	case o.token == "":
		return true
	}
	known := t.until != nil && o.until != nil
	return known && t.until.mono.After(o.until.mono)
}

// idle reports whether t expired keepAliveAfter ago, and so its session was not refreshed
// since. If the end of t is not known, the start of this process counts.
func (t rcToken) idle(now, began time.Time) bool {
	if t.until != nil {
		return t.until.reached(now.Add(-keepAliveAfter))
	}
	return time.Since(began) > keepAliveAfter
}

// errSessionEnded is the Cause of a 401 for a RingCentral token that was accepted before.
const errSessionEnded = hintError("ringcx: the RingCentral session of this token was ended, for example by a logout, a new password, or too many sign-ins of the user")

// explainDenied adds to the error of an exchange that the RingCentral session was ended,
// if RingCX accepted t before.
func (t rcToken) explainDenied(stage Stage, err error) error {
	e := asError(err)
	worked := stage == StageExchange && t.accepted
	if worked && e != nil && e.StatusCode == http.StatusUnauthorized {
		e.Cause = errSessionEnded
	}
	return err
}

// rcSource calls Config.RingCentral, one call at a time.
type rcSource struct {
	source  oauth2.TokenSource
	closing <-chan struct{} // see tokenCache
	pending *sourceCall     // whose result was not used yet, or nil
}

// sourceCall is one call of Config.RingCentral. It may last longer than the renewal that
// started it: then the next renewals wait for it instead of starting another one.
type sourceCall struct {
	began   time.Time
	discard bool          // a Logout came in between: the result is not used
	done    chan struct{} // closed when the fields below are set
	took    time.Duration
	token   *oauth2.Token
	err     error
}

func (c *sourceCall) ended() bool { return isClosed(c.done) }

// invalidator is a source that keeps a token and can be told to drop it.
type invalidator interface{ Invalidate(*oauth2.Token) }

// canInvalidate reports whether the source can drop a token that it keeps.
func (s *rcSource) canInvalidate() bool {
	_, ok := s.source.(invalidator)
	return ok
}

// start calls obtain, which gets a token from the source. Its context ends after
// tokenTimeout, and not with the renewal.
func (s *rcSource) start(ctx context.Context, obtain func(context.Context) (*oauth2.Token, error)) *sourceCall {
	c := &sourceCall{began: time.Now(), done: make(chan struct{})}
	go func() {
		ctx, cancel := context.WithTimeout(ctx, tokenTimeout)
		defer cancel()
		c.token, c.err = obtain(ctx)
		if c.err == nil {
			c.err = checkToken(c.token)
		}
		c.err, c.took = loginError(c.err), time.Since(c.began)
		close(c.done)
	}()
	return c
}

// callSource calls the method of source that takes a context, if there is one.
func callSource(ctx context.Context, source oauth2.TokenSource) (*oauth2.Token, error) {
	if s, ok := source.(interface {
		TokenContext(context.Context) (*oauth2.Token, error)
	}); ok {
		return s.TokenContext(ctx)
	}
	return source.Token()
}

// checkToken returns an error if a source returned no token.
func checkToken(t *oauth2.Token) error {
	if t == nil || t.AccessToken == "" {
		return errors.New("it returned no token and no error")
	}
	return nil
}

// ask calls the source and waits for its token. It invalidates the token rejected before,
// unless that is empty.
func (s *rcSource) ask(ctx context.Context, rejected string) (*oauth2.Token, error) {
	source := s.source
	s.pending = s.start(ctx, func(ctx context.Context) (*oauth2.Token, error) {
		if s, ok := source.(invalidator); ok && rejected != "" {
			s.Invalidate(&oauth2.Token{AccessToken: rejected})
		}
		return callSource(ctx, source)
	})
	return s.await(nil)
}

// keepAlive calls the method of keeper, which is the source, and waits for its token as
// ask does.
func (s *rcSource) keepAlive(ctx context.Context, keeper sessionKeeper) (*oauth2.Token, error) {
	s.pending = s.start(ctx, keeper.keepAlive)
	return s.await(nil)
}

// await waits for the pending call, at most for tokenTimeout, and not after stop is
// closed. If the call has not ended then, it stays pending.
func (s *rcSource) await(stop <-chan struct{}) (*oauth2.Token, error) {
	c := s.pending
	timer := time.NewTimer(tokenTimeout)
	defer timer.Stop()
	select {
	case <-c.done:
		s.pending = nil
		return c.token, c.err
	case <-stop:
		return nil, ErrClosed
	case <-timer.C:
		return nil, fmt.Errorf("ringcx: login: Config.RingCentral has not returned for %v; it is not called again before it returns: %w",
			time.Since(c.began).Round(time.Second), context.DeadlineExceeded)
	}
}

// errKeepsToken is the Cause of the error for a source without Invalidate whose token
// RingCX rejected.
const errKeepsToken = hintError("ringcx: if Config.RingCentral keeps its token, as the sources of x/oauth2 do, it returns a revoked token until that expires: " + keepsTokenAdvice)

const keepsTokenAdvice = "use a *CodeLogin, or wrap the source in a type whose method Invalidate(*oauth2.Token) makes it return a new token"

// explain adds to the error of an exchange that rejected a token of the source what may
// be wrong with the source.
func (s *rcSource) explain(err error) error {
	_, builtin := asBuiltinLogin(s.source)
	if e := asError(err); e != nil && !builtin && !s.canInvalidate() {
		e.Cause = errKeepsToken
	}
	return err
}

// sameToken returns the error for a source that returned a token again which RingCX
// rejected.
func (s *rcSource) sameToken() error {
	const same = "ringcx: login: Config.RingCentral returned the very token that RingCX rejected with 401"
	if s.canInvalidate() {
		return errors.New(same + ", also after its method Invalidate was called: it must return a new one")
	}
	return errors.New(same + ": it keeps a token that was revoked, and cannot recover before that expires: " + keepsTokenAdvice)
}

// awaitPending waits for the call that an earlier renewal started; Close ends the wait.
// It reports false if a new call may start: none is pending, or the result is of no use
// at time now.
func (s *rcSource) awaitPending(now func() time.Time) (token *oauth2.Token, err error, pending bool) {
	c := s.pending
	if c == nil {
		return nil, nil, false
	}
	token, err = s.await(s.closing)
	if s.pending != nil {
		return nil, err, true
	}
	expired := err == nil && !newRCToken(token, now()).valid(now())
	if c.discard || expired {
		return nil, nil, false
	}
	return token, err, true
}

// takeEnded returns the pending call if it has ended and its result may be used, or nil.
func (s *rcSource) takeEnded() *sourceCall {
	c := s.pending
	if c == nil || !c.ended() {
		return nil
	}
	s.pending = nil
	if c.discard {
		return nil
	}
	return c
}

// discardPending makes the result of a pending call unusable.
func (s *rcSource) discardPending() {
	if s.pending != nil {
		s.pending.discard = true
	}
}

// coolDownLogin adds a cooldown to l if RingCentral rejected the sign-in with err.
func coolDownLogin(l *limits, err error) error {
	e := asError(err)
	if e == nil {
		return err
	}
	switch e.StatusCode {
	case http.StatusTooManyRequests:
		return l.coolDownAsAsked(StageLogin, err)
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden:
		e.RetryAfter = cmp.Or(e.RetryAfter, loginCooldown)
		l.ownUntil = time.Now().Add(e.RetryAfter) // other processes may have valid credentials
	}
	return err
}

// loginError returns the error of a RingCentral token source as an *Error, if a server
// sent it.
func loginError(err error) error {
	if err == nil {
		return nil
	}
	if own, ok := errors.AsType[*Error](err); ok {
		return ownError(own)
	}
	retrieve, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok && strings.HasPrefix(err.Error(), "ringcx: ") {
		return err // of a JWTLogin
	}
	if !ok {
		clean := redact.New().MaskQuotes()
		return fmt.Errorf("ringcx: login: Config.RingCentral failed: %w", clean.Error(err))
	}
	return retrieveError(retrieve)
}

// retrieveError returns the *Error for an error of x/oauth2. That one is never passed on,
// because it prints the whole response. Its copy has a Response, because its Error method
// panics without one.
func retrieveError(from *oauth2.RetrieveError) *Error {
	var secrets []string
	e := &Error{Stage: StageLogin}
	if from.Response != nil {
		secrets = requestSecrets(from.Response.Request)
		e.StatusCode = from.Response.StatusCode
		e.RetryAfter = retryAfter(from.Response.Header, time.Now())
	}
	clean := redact.New(secrets...)
	e.Code, e.Message = redact.Line(clean.Text(from.ErrorCode)), redact.Line(clean.Text(from.ErrorDescription))
	e.Cause = &oauth2.RetrieveError{
		Response: &http.Response{
			StatusCode: e.StatusCode,
			Status:     strings.TrimSpace(fmt.Sprintf("%d %s", e.StatusCode, http.StatusText(e.StatusCode))),
		},
		ErrorCode: e.Code, ErrorDescription: e.Message,
	}
	return e
}

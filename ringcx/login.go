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

	"github.com/ringcx-go/ringcx-go/ringcx/internal/redact"
)

// login is a RingCentral access token and when it ends.
type login struct {
	token  string
	until  *moment // on the engine's clock; nil: not known
	mark   mark    // until, as the record gives it; zero: not in the record yet
	worked bool    // an exchange took it
	denied string  // the process whose exchange RingCX rejected for it
	news   bool    // it has not been written for others yet
}

func (l login) good(now time.Time) bool {
	return l.token != "" && (l.until == nil || !l.until.reached(now))
}

// endsAfter reports whether l is good for longer than o, as far as that is known.
func (l login) endsAfter(o login) bool {
	return l.token != "" && (o.token == "" || l.until != nil && o.until != nil && l.until.at.After(o.until.at))
}

// signIn asks the program's source for a RingCentral token, or waits for a call of
// it that is still pending. It must not return old, which RingCX has just rejected.
// What the session has is kept until another comes.
func (e *engine) signIn(ctx context.Context, old string) error {
	start := time.Now()
	token, err, pending := e.awaitPending()
	if !pending {
		if err := e.claim(ctx, StageLogin); err != nil {
			return e.told(StageLogin, 0, err)
		}
		if by := e.sendBy(); !by.IsZero() && time.Now().After(by) {
			return errLost
		}
		start = time.Now()
		token, err = e.ask(ctx)
		if nothingSent(err) {
			e.session.limits.untake(StageLogin)
		} else {
			e.session.limits.arrived(StageLogin)
		}
	}
	switch {
	case err != nil:
		err = e.loginFailed(err)
	case token.AccessToken == old:
		err = errors.New("ringcx: login: Config.RingCentral returned the very token that RingCX refused with 401: it must return a new one")
	default:
		e.session.login = e.newLogin(token)
	}
	if err != nil {
		e.aside.add(e.session.gen, true, 0)
	}
	e.session.stamp(e.clock, e.now())
	return e.told(StageLogin, time.Since(start), err)
}

// newLogin is a token of the source, which has not been written for others yet.
func (e *engine) newLogin(token *oauth2.Token) login {
	l := login{token: token.AccessToken, news: true}
	if !token.Expiry.IsZero() {
		until := at(e.now().Add(time.Until(token.Expiry) - loginMargin))
		l.until = &until
	}
	return l
}

// loginMargin is how long before its end a RingCentral token is given up: it
// must still be good when RingCX looks at it.
const loginMargin = tokenTimeout

// loginFailed lets the sign-in rest where RingCentral refused it.
func (e *engine) loginFailed(err error) error {
	refusal, ok := err.(*Error)
	if !ok {
		return err
	}
	switch refusal.StatusCode {
	case http.StatusTooManyRequests:
		return e.restAsAsked(StageLogin, err)
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden:
		refusal.RetryAfter = cmp.Or(refusal.RetryAfter, badLogin)
		e.session.limits.ownUntil = time.Now().Add(refusal.RetryAfter) // others may hold better credentials
	}
	return err
}

// loginError makes an *Error of what a source reports. A RetrieveError of
// x/oauth2 is never passed on: it prints the whole answer.
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
		clean := redact.New().MaskQuotes() // the secrets of this source are not known
		return fmt.Errorf("ringcx: login: the RingCentral token source failed: %w", clean.Error(err))
	}
	var secrets []string
	if retrieve.Response != nil {
		secrets = requestSecrets(retrieve.Response.Request)
	}
	clean := redact.New(secrets...)
	e := &Error{Stage: StageLogin, Code: oneLine(clean.Text(retrieve.ErrorCode)), Message: oneLine(clean.Text(retrieve.ErrorDescription))}
	if retrieve.Response != nil {
		e.StatusCode = retrieve.Response.StatusCode
		e.RetryAfter = retryAfter(retrieve.Response.Header, time.Now())
	}
	return e
}

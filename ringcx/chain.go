package ringcx

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx/internal/servertime"
)

// chain obtains tokens with the first step that works: a refresh; an exchange of the
// RingCentral token at hand; a sign-in for a new RingCentral token and its exchange.
type chain struct {
	*settings
	current *currentToken
	source  rcSource
	clock   *servertime.Clock
	process string // the random name of this process
	session session
	began   time.Time // when this process began
	failed  deferral  // the failed requests of this process

	headStart float64 // see state.withHeadStart; 0 for a session that is not shared
}

func newChain(s *settings, current *currentToken, clock *servertime.Clock, process string, closing <-chan struct{}) *chain {
	c := &chain{
		settings: s,
		current:  current,
		source:   rcSource{source: s.cfg.RingCentral, closing: closing},
		clock:    clock,
		process:  process,
		session:  session{limits: newLimits()},
		began:    time.Now(),
	}
	c.session.limits.process = process
	return c
}

// A permit is asked before each request of the chain. It counts the request and returns
// until when it must be sent, or the zero time if that does not matter. It returns an
// error, which it has emitted, if the request must not be sent.
type permit func(ctx context.Context, stage Stage) (sendBy time.Time, err error)

// rules are what a renewal may do.
type rules struct {
	permit permit

	// leaveToOthers is called after a refresh or an exchange has failed. It reports whether
	// the renewal ends then, and other processes go on to the next step.
	leaveToOthers func() bool

	// takeSignIn counts a sign-in of the renewal, and reports whether it may sign in.
	takeSignIn func() bool
}

// unrestricted returns the rules of a renewal that asks only p.
func unrestricted(p permit) rules {
	return rules{
		permit:        p,
		leaveToOthers: func() bool { return false },
		takeSignIn:    func() bool { return true },
	}
}

// permit is the permit of a process of its own: it checks the limits.
func (c *chain) permit(ctx context.Context, stage Stage) (sendBy time.Time, err error) {
	keep := 0
	if c.current.phase() != expired {
		keep = 1 // a request for when the token expires and callers wait
	}
	err = c.session.limits.take(stage, keep)
	if err != nil && c.clock.Jumped() && c.probeTime(ctx, c.clock) {
		c.session.limits.correct(c.clock) // the machine may have been suspended
		err = c.session.limits.take(stage, keep)
	}
	if err != nil {
		err = c.emit(stage, 0, err)
	}
	return time.Time{}, err
}

// obtain obtains the next tokens. It signs in only if the RingCentral token expired or
// got a 401, because each sign-in may end another session of the same user.
func (c *chain) obtain(ctx context.Context, r rules) (*state, error) {
	if c.session.refresh != "" {
		st, err := c.refresh(ctx, r)
		// A refresh token that is still usable is left for the next renewal.
		if done := err == nil || c.session.refresh != ""; done || r.leaveToOthers() {
			return st, err
		}
	}
	old := ""
	if c.session.mayExchange(c.now(), c.process) {
		firstDenial := c.session.rc.denied == ""
		st, denied, err := c.exchange(ctx, r)
		if !denied || firstDenial && r.leaveToOthers() {
			return st, err
		}
		old = c.session.rc.token
	}
	return c.obtainBySignIn(ctx, r, old)
}

// obtainBySignIn obtains tokens with a new RingCentral token, which must not be old. If
// RingCX rejects that one too, and the source may have kept it, the source is asked for
// another one, once.
func (c *chain) obtainBySignIn(ctx context.Context, r rules, old string) (*state, error) {
	st, denied, err := c.signInAndExchange(ctx, r, old)
	if mayBeKept := denied && old == "" && c.source.canInvalidate(); mayBeKept && !r.leaveToOthers() {
		again, deniedAgain, againErr := c.signInAndExchange(ctx, r, c.session.rc.token)
		if againErr != nil && heldBack(againErr) {
			return nil, withCause(againErr, err)
		}
		st, denied, err = again, deniedAgain, againErr
	}
	if denied {
		c.session.rc.denied = "" // another RingCentral token would be rejected too
		err = c.session.limits.coolDown(StageExchange, exchangeCooldown, rejectedWait, err)
		err = c.source.explain(err)
	}
	return st, err
}

// signInAndExchange obtains a RingCentral token, which must not be old, and exchanges it.
func (c *chain) signInAndExchange(ctx context.Context, r rules, old string) (st *state, denied bool, err error) {
	if err := c.signIn(ctx, r, old); err != nil {
		return nil, false, err
	}
	return c.exchange(ctx, r)
}

// refresh sends the refresh token. It counts as spent from before the request is sent,
// and becomes usable again only if the server certainly did not process the request.
func (c *chain) refresh(ctx context.Context, r rules) (*state, error) {
	token := c.session.refresh
	bearer := gen.TokenTypeBearer
	req, err := gen.NewRefreshTokenRequestWithFormdataBody(c.server,
		gen.RefreshTokenFormdataRequestBody{RefreshToken: token, RCTokenType: &bearer})
	if err != nil {
		return nil, err
	}
	c.session.refresh, c.session.spent = "", token
	st, out, err := c.requestTokens(ctx, r, StageRefresh, req, token)
	if out == notProcessed {
		c.session.refresh, c.session.spent = token, ""
	}
	return st, err
}

// exchange exchanges the RingCentral token of the session for RingCX tokens. It reports
// denied if RingCX rejected that token with 401. Any other rejection starts a cooldown of
// the exchange: what it means is not documented, and a sign-in may end a session of the
// user. If RingCX accepted the token before, this process does not send it again, and its next
// renewal signs in.
func (c *chain) exchange(ctx context.Context, r rules) (st *state, denied bool, err error) {
	token, include := c.session.rc.token, true
	req, err := gen.NewExchangeTokenRequestWithFormdataBody(c.server,
		&gen.ExchangeTokenParams{IncludeRefresh: &include},
		gen.ExchangeTokenFormdataRequestBody{RCAccessToken: token, RCTokenType: gen.TokenTypeBearer})
	if err != nil {
		return nil, false, err
	}
	st, out, err := c.requestTokens(ctx, r, StageExchange, req, token)
	rc := &c.session.rc
	switch denied = out == rejected && statusOf(err) == http.StatusUnauthorized; {
	case out == succeeded:
		rc.accepted, rc.denied = true, ""
	case denied:
		rc.denied = c.process
	case out == rejected:
		if rc.accepted {
			rc.denied = c.process
		}
		err = c.session.limits.coolDown(StageExchange, exchangeCooldown, rejectedWait, err)
	}
	return st, denied, err
}

// requestTokens sends a token request, if r permits it, and makes the tokens of the
// response the current ones. The request carries token, a secret.
func (c *chain) requestTokens(ctx context.Context, r rules, stage Stage, req *http.Request, token string) (*state, outcome, error) {
	sendBy, err := r.permit(ctx, stage)
	if err != nil {
		return nil, notProcessed, err
	}
	sent, start := c.now(), time.Now()
	res := tokenRequest{
		stage: stage, client: c.client, request: req, secrets: []string{token}, agent: c.cfg.UserAgent, sendBy: sendBy,
	}.do(ctx)
	responded := res.resp != nil
	c.session.limits.finish(stage, responded || res.outcome != notProcessed)
	if responded {
		c.clock.Update(res.resp.Header)
	}
	var st *state
	switch res.outcome {
	case succeeded:
		if st, res.err = c.adopt(res, sent, token); res.err != nil {
			res.outcome = unknown
		}
	case notProcessed:
		res.err = c.session.limits.coolDownAsAsked(stage, res.err)
	case rejected:
		res.err = c.session.rc.explainDenied(stage, res.err)
	}
	c.recordOutcome(stage, res)
	return st, res.outcome, c.emit(stage, time.Since(start), res.err)
}

// recordOutcome records how a token request ended, for the limits of its stage and for
// whether the next one is left to another process.
func (c *chain) recordOutcome(stage Stage, res tokenResult) {
	switch {
	case res.outcome == succeeded:
		c.session.limits.succeeded(stage)
		c.failed = deferral{}
	case !errors.Is(res.err, errSwapLost):
		asked := time.Duration(0)
		if e := asError(res.err); e != nil && res.outcome == notProcessed {
			asked = e.RetryAfter
		}
		c.failed.add(c.session.gen, res.outcome != notProcessed || res.resp != nil, asked)
	}
	c.session.share(c.clock, c.now())
}

// adopt makes the tokens of a successful response the current ones. If it has no new
// refresh token the session is left without one, because the old one is spent.
func (c *chain) adopt(res tokenResult, sent time.Time, spent string) (*state, error) {
	var body struct{ AccessToken, RefreshToken string }
	if err := json.Unmarshal(res.body, &body); body.AccessToken == "" {
		return nil, res.invalid(noToken(err, "accessToken"))
	}
	refresh := c.session.refresh
	if body.RefreshToken != spent {
		refresh = body.RefreshToken
	}
	t := tokens{
		access: body.AccessToken, response: withoutSecrets(res.body), requested: servertime.Here(res.sent),
		lifetime: lifetimeOf(body.AccessToken, servertime.Date(res.resp.Header), time.Since(res.sent)),
	}
	c.session.add(t, refresh, c.clock)
	st := newState(t.access, t.response, sent, t.lifetime, c.renewBefore).withHeadStart(c.headStart)
	c.current.state.Store(st)
	return st, nil
}

// signIn obtains a RingCentral token from Config.RingCentral, or waits for a call of it
// that is still pending. The token must not be old, which RingCX has just rejected. If
// signIn fails the session is unchanged.
func (c *chain) signIn(ctx context.Context, r rules, old string) error {
	if !r.takeSignIn() {
		return errNoSignIn
	}
	start := time.Now()
	token, err, pending := c.source.awaitPending(c.now)
	if !pending {
		sendBy, notPermitted := r.permit(ctx, StageLogin)
		if notPermitted != nil {
			return notPermitted
		}
		if !sendBy.IsZero() && time.Now().After(sendBy) {
			return errTooLate
		}
		start = time.Now()
		token, err = c.source.ask(ctx, c.session.deniedToken(c.process))
		c.session.limits.finish(StageLogin, !nothingSent(err))
	}
	switch {
	case err != nil:
		err = coolDownLogin(&c.session.limits, err)
	case token.AccessToken == old:
		err = c.source.sameToken()
	default:
		c.session.rc = newRCToken(token, c.now())
	}
	if err != nil {
		c.failed.add(c.session.gen, true, 0)
	}
	c.session.share(c.clock, c.now())
	return c.emit(StageLogin, time.Since(start), err)
}

// useLateToken uses the result of a call of Config.RingCentral that ended after its
// renewal: the token, if the session has none to exchange, or the time to wait.
func (c *chain) useLateToken() {
	call := c.source.takeEnded()
	if call == nil {
		return
	}
	if call.err != nil {
		_ = c.emit(StageLogin, call.took, coolDownLogin(&c.session.limits, call.err))
		return
	}
	_ = c.emit(StageLogin, call.took, nil)
	if !c.session.mayExchange(c.now(), c.process) {
		c.session.rc = newRCToken(call.token, c.now())
	}
}

// keepLogin refreshes the session at RingCentral after a renewal has succeeded, if that
// session would end otherwise: RingCX tokens are refreshed without a RingCentral token.
// An error is reported, and the next renewal tries again.
func (c *chain) keepLogin(ctx context.Context, p permit) {
	login, _ := asBuiltinLogin(c.cfg.RingCentral)
	keeper, ok := login.(sessionKeeper)
	renewed := c.current.phase() == fresh && c.source.pending == nil && !isClosed(c.source.closing)
	if !ok || !renewed || !c.session.rc.idle(c.now(), c.began) {
		return
	}
	sendBy, err := p(ctx, StageLogin)
	late := !sendBy.IsZero() && time.Now().After(sendBy)
	if err != nil || late {
		return
	}
	start := time.Now()
	token, err := c.source.keepAlive(ctx, keeper)
	c.session.limits.finish(StageLogin, !nothingSent(err))
	if err == nil {
		c.session.rc = newRCToken(token, c.now())
	} else {
		err = coolDownLogin(&c.session.limits, err)
	}
	c.session.share(c.clock, c.now())
	_ = c.emit(StageLogin, time.Since(start), err)
}

// soloRenewer is the [renewer] of a process that shares its session with no other.
type soloRenewer struct{ *chain }

// renew implements renewer.
func (s *soloRenewer) renew(ctx context.Context, _ *renewal) (*state, error) {
	s.useLateToken()
	return s.obtain(ctx, unrestricted(s.permit))
}

// settle implements renewer.
func (s *soloRenewer) settle(ctx context.Context) {
	s.keepLogin(ctx, s.permit)
	s.saveLogin()
}

// logout implements renewer.
func (s *soloRenewer) logout(ctx context.Context) error { return s.endSessions(ctx, time.Time{}) }

// leave implements renewer. There is nothing to do.
func (s *soloRenewer) leave(context.Context) {}

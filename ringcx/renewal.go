package ringcx

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/ringcx-go/ringcx-go/gen"
)

// renew walks the chain until a pair comes: refresh; exchange with the
// RingCentral token at hand; a new RingCentral token, and exchange with that.
// Only a RingCentral token that ended or met a 401 leads to a sign-in, because
// each sign-in may end another session of the same user. While the shared token is
// valid, one failed request is enough: another process goes on from there, and
// signs in if RingCX rejects the RingCentral token for that one, too.
func (e *engine) renew(ctx context.Context) (*state, error) {
	if e.session.refresh != "" {
		st, err := e.refresh(ctx)
		if err == nil || e.session.refresh != "" || e.othersRenew() {
			return st, err // a refresh token that is still valid waits for the next renewal
		}
	}
	old := ""
	if e.mayExchange() {
		witness := e.session.login.denied
		st, denied, err := e.exchange(ctx)
		if !denied || witness == "" && e.othersRenew() {
			return st, err
		}
		old = e.session.login.token
	}
	if e.outage.on {
		if !e.outage.maySignIn() {
			return nil, errNoLogin
		}
		e.outage.signIn = time.Now()
	}
	if err := e.signIn(ctx, old); err != nil {
		return nil, err
	}
	st, denied, err := e.exchange(ctx)
	if denied {
		e.session.login.denied = "" // another new token would fare no better
		err = e.rest(StageExchange, notLinked, rejectedPause, err)
	}
	return st, err
}

// refresh spends the refresh token, which counts as spent from before the send.
// It comes back only where the server certainly did nothing with it.
func (e *engine) refresh(ctx context.Context) (*state, error) {
	token := e.session.refresh
	bearer := gen.TokenTypeBearer
	req, err := gen.NewRefreshTokenRequestWithFormdataBody(e.server,
		gen.RefreshTokenFormdataRequestBody{RefreshToken: token, RCTokenType: &bearer})
	if err != nil {
		return nil, err
	}
	e.session.refresh, e.session.spent = "", token
	st, out, err := e.buy(ctx, StageRefresh, req, token)
	if out == notProcessed {
		e.session.refresh, e.session.spent = token, ""
	}
	return st, err
}

// mayExchange reports whether this process has a RingCentral token that RingCX may
// take: one that has not ended, and was not rejected for this process.
func (e *engine) mayExchange() bool {
	l := e.session.login
	return l.good(e.now()) && l.denied != e.owner
}

// exchange buys a pair with the RingCentral token of the session. It reports
// denied where RingCX does not take that token (401). After any other rejection
// the exchange rests: what a rejection means is not documented, and a sign-in may
// end somebody's session. A token that was taken before is not sent again by this
// process, though.
func (e *engine) exchange(ctx context.Context) (st *state, denied bool, err error) {
	token, include := e.session.login.token, true
	req, err := gen.NewExchangeTokenRequestWithFormdataBody(e.server,
		&gen.ExchangeTokenParams{IncludeRefresh: &include},
		gen.ExchangeTokenFormdataRequestBody{RCAccessToken: token, RCTokenType: gen.TokenTypeBearer})
	if err != nil {
		return nil, false, err
	}
	st, out, err := e.buy(ctx, StageExchange, req, token)
	login := &e.session.login
	switch denied = out == refused && statusOf(err) == http.StatusUnauthorized; {
	case out == answered:
		login.worked, login.denied = true, ""
	case denied:
		login.denied = e.owner
	case out == refused:
		if login.worked {
			login.denied = e.owner
		}
		err = e.rest(StageExchange, notLinked, rejectedPause, err)
	}
	return st, denied, err
}

// buy sends a token request within the limits and adopts the pair that comes.
// The token is the secret that the request carries.
func (e *engine) buy(ctx context.Context, stage Stage, req *http.Request, token string) (*state, outcome, error) {
	if err := e.claim(ctx, stage); err != nil {
		return nil, notProcessed, e.told(stage, 0, err)
	}
	sent, start := e.now(), time.Now()
	r := tokenRequest{
		stage: stage, client: e.client, request: req, secrets: []string{token}, agent: e.cfg.UserAgent, sendBy: e.sendBy(),
	}
	a := r.do(ctx)
	if a.outcome == notProcessed && a.resp == nil {
		e.session.limits.untake(stage)
	} else {
		e.session.limits.arrived(stage)
	}
	if a.resp != nil {
		e.clock.see(a.resp.Header)
	}
	var st *state
	switch a.outcome {
	case answered:
		if st, a.err = e.adopt(a, sent, token); a.err != nil {
			a.outcome = unknown
		}
	case notProcessed:
		a.err = e.restAsAsked(stage, a.err)
	}
	e.count(stage, a)
	return st, a.outcome, e.told(stage, time.Since(start), a.err)
}

// count notes how a token request ended: for the limits of its stage, and for whether
// the next one is better left to another process.
func (e *engine) count(stage Stage, a answer) {
	switch {
	case a.outcome == answered:
		e.session.limits.succeeded(stage)
		e.aside = aside{}
	case a.err != errLost:
		asked := time.Duration(0)
		if rejected, ok := a.err.(*Error); ok && a.outcome == notProcessed {
			asked = rejected.RetryAfter
		}
		e.aside.add(e.session.gen, a.outcome != notProcessed || a.resp != nil, asked)
	}
	e.session.stamp(e.clock, e.now())
}

// adopt makes the pair of a good answer the current one. An answer without a
// new refresh token leaves the session without one: the old one is spent.
func (e *engine) adopt(a answer, sent time.Time, spent string) (*state, error) {
	var answer struct{ AccessToken, RefreshToken string }
	if err := json.Unmarshal(a.body, &answer); answer.AccessToken == "" {
		return nil, a.bad(noToken(err, "accessToken"))
	}
	if answer.RefreshToken != spent {
		e.session.refresh = answer.RefreshToken
	}
	e.session.pair = pair{
		access: answer.AccessToken, answer: bare(a.body), sent: instant{at: a.sent},
		life: lifetime(answer.AccessToken, dateOf(a.resp.Header), time.Since(a.sent)),
	}
	if e.ledger != nil {
		e.ledger.bought(&e.session)
		e.ledger.pending = true
	}
	st := newState(answer.AccessToken, e.session.pair.answer, sent, e.session.pair.life, e.renewBefore)
	e.state.Store(st)
	return st, nil
}

// restAsAsked lets a stage that refused for now rest for as long as the server
// asked, together with the stages that count against the same limit.
func (e *engine) restAsAsked(stage Stage, err error) error {
	refusal, ok := err.(*Error)
	if !ok {
		return err
	}
	d := refusal.RetryAfter
	if d == 0 {
		d = penalty
	}
	for _, s := range countedWith(stage) {
		err = e.rest(s, d, penalty, err)
	}
	return err
}

// rest sends nothing of the stage for d, and for others from the other processes, and
// says so in err.
func (e *engine) rest(stage Stage, d, others time.Duration, err error) error {
	e.session.limits.rest(stage, d, others)
	if refusal, ok := err.(*Error); ok {
		refusal.RetryAfter = d
	}
	return err
}

// told tells the program of a step, and returns err.
func (e *engine) told(stage Stage, took time.Duration, err error) error {
	if e.cfg.OnEvent != nil && err != errLost {
		e.cfg.OnEvent(Event{Stage: stage, Took: took, Err: ownError(err)})
	}
	return err
}

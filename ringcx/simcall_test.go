package ringcx_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

const (
	callerTimeout    = time.Minute // timeout of most calls
	streamPath       = "/voice/api/v1/admin/sim/stream"
	unauthorizedPath = "/voice/api/v1/admin/sim/calls401" // always returns 401
)

// makeCalls makes the calls of one step: usually one; sometimes several at once, one with
// a short timeout, or one with a body that cannot be sent again.
func (p *simProcess) makeCalls(r *rand.Rand) {
	if p.calls401.Load() && r.IntN(1+len(p.sim.processes)/10) == 0 {
		p.call401(r)
	}
	n, limit, do := 1, callerTimeout, p.list
	switch chance := r.Float64(); {
	case chance < 0.05:
		n = max(1, 20/len(p.sim.processes)) // RingCX allows 120 calls a minute
	case chance < 0.10:
		limit = time.Duration(r.Int64N(int64(2 * time.Second)))
	case chance < 0.20:
		do = p.stream
	}
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(p.sim.Context(), limit)
			defer cancel()
			p.checkedCall(ctx, do)
		})
	}
	wg.Wait()
}

// checkedCall makes a call and checks its outcome.
func (p *simProcess) checkedCall(ctx context.Context, do func(context.Context, *ringcx.Client) error) {
	start := time.Now()
	client, link := p.current()
	err := p.token(ctx, client)
	if err == nil {
		err = do(ctx, client)
	}
	if link.isDead() {
		return
	}
	p.checkOutcome(start, ctx.Err() != nil, err)
}

// checkOutcome asserts that a call was not bad, or that the bound of a trouble allows it.
// The error is ignored if the caller's context has ended (gaveUp).
func (p *simProcess) checkOutcome(start time.Time, gaveUp bool, err error) {
	took, s := time.Since(start), p.sim
	if (err == nil || gaveUp || s.isLarge() && tooMany(err)) && took <= longestCall {
		return
	}
	p.bad.Add(1)
	if *simMeasure {
		s.Logf("bad call at %v of process %d: took %v: %v", s.at(), p.id, took, err)
	}
	if reason := s.occurrences.attribute(p.id, start); reason != "" {
		s.Errorf("at %v process %d: a call took %v and returned the error %v: %s", s.at(), p.id, took, err, reason)
	}
}

// tooMany reports whether RingCX rejected a call because of its limit for calls.
func tooMany(err error) bool {
	e, ok := errors.AsType[*ringcx.Error](err)
	return ok && e.Stage == ringcx.StageCall && e.StatusCode == http.StatusTooManyRequests
}

// list lists the accounts.
func (p *simProcess) list(ctx context.Context, client *ringcx.Client) error {
	_, err := ringcx.Get(client.ListAccountsWithResponse(ctx))
	return err
}

// stream sends a POST request with a body that cannot be sent again.
func (p *simProcess) stream(ctx context.Context, client *ringcx.Client) error {
	return p.post(ctx, client, streamPath)
}

func (p *simProcess) post(ctx context.Context, client *ringcx.Client, path string) error {
	body := io.MultiReader(strings.NewReader("a body without GetBody"))
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, simBase+path, body)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err == nil {
		resp.Body.Close()
	}
	return err
}

// call401 calls an endpoint that always returns 401, and ignores the outcome.
func (p *simProcess) call401(r *rand.Rand) {
	ctx, cancel := context.WithTimeout(p.sim.Context(), callerTimeout)
	defer cancel()
	client, _ := p.current()
	if p.streams401.Load() {
		_ = p.post(ctx, client, unauthorizedPath)
		return
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, simBase+unauthorizedPath, nil)
	if err != nil {
		p.sim.Error(err)
		return
	}
	if resp, err := client.Do(req); err == nil {
		resp.Body.Close()
	}
}

// call makes a call without checking its outcome.
func (p *simProcess) call(ctx context.Context) error {
	client, _ := p.current()
	if err := p.token(ctx, client); err != nil {
		return err
	}
	return p.list(ctx, client)
}

// token requests a token. It asserts that the caller does not wait and gets no error
// while the process has a valid token, and that the returned token has not expired.
func (p *simProcess) token(ctx context.Context, client *ringcx.Client) error {
	known := p.hasValidToken()
	start := time.Now()
	got, err := client.Tokens.TokenContext(ctx)
	if waited := time.Since(start); known && waited > 0 {
		p.sim.Errorf("at %v a caller waited %v although the process had a valid token", p.sim.at(), waited)
	}
	if err != nil {
		if errors.Is(err, ringcx.ErrLeaseHeld) && !p.sim.occurrences.affected(p.id) {
			p.sim.Errorf("at %v a caller waited without success for the renewal of another process, which was killed or takes more than 90 s", p.sim.at())
		}
		if known && ctx.Err() == nil {
			p.sim.Errorf("at %v a caller got an error although the process had a valid token: %v", p.sim.at(), err)
		}
		return err
	}
	if over := time.Since(expiry(got.AccessToken)); over > 0 && !p.wasRejected(got.AccessToken) && !p.sim.occurrences.affected(p.id) {
		p.sim.Errorf("at %v process %d got a token that had expired %v before", p.sim.at(), p.id, over)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = got
	return nil
}

// expiry returns the expiry in the claims of an access token.
func expiry(token string) time.Time {
	var claims struct{ Exp int64 }
	if parts := strings.Split(token, "."); len(parts) == 3 {
		data, _ := base64.RawURLEncoding.DecodeString(parts[1])
		_ = json.Unmarshal(data, &claims)
	}
	return time.Unix(claims.Exp, 0)
}

// wasRejected reports whether a call with the token returned 401.
func (p *simProcess) wasRejected(token string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.rejected[token]
}

// command runs a short-lived process on the same machine, which makes one call.
func (p *simProcess) command() error {
	client, _ := p.launch()
	defer client.Tokens.Close()
	ctx, cancel := context.WithTimeout(p.sim.Context(), callerTimeout)
	defer cancel()
	start := time.Now()
	err := p.list(ctx, client)
	p.checkOutcome(start, ctx.Err() != nil, err)
	return err
}

// logout calls Logout, and asserts that no token of the session is left in the record.
func (p *simProcess) logout() {
	s := p.sim
	s.causes.Add(1)
	ctx, cancel := context.WithTimeout(s.Context(), callerTimeout)
	defer cancel()
	client, link := p.current()
	var before []string
	if s.store != nil {
		before = secret.FindAllString(s.store.content(), -1)
	}
	start := time.Now()
	p.setLoggingOut(true)
	err := client.Tokens.Logout(ctx)
	p.setLoggingOut(false)
	if link.isDead() {
		return
	}
	if err != nil {
		p.checkOutcome(start, false, err)
		return
	}
	for _, token := range before {
		if strings.Contains(s.store.content(), token) {
			s.violation(p, "the record still contains %.12s… after Logout", token)
		}
	}
}

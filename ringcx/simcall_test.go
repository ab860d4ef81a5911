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
	patience   = time.Minute // of most callers
	streamPath = "/voice/api/v1/admin/sim/stream"
	deniedPath = "/voice/api/v1/admin/sim/denied" // always 401
)

// step makes the calls of one moment: mostly one, sometimes many at once,
// sometimes one whose caller gives up, sometimes one with a body that cannot be
// sent again.
func (h *simHost) step(r *rand.Rand) {
	if h.denied.Load() && r.IntN(1+len(h.sim.hosts)/10) == 0 {
		h.deny(r)
	}
	n, limit, do := 1, patience, h.list
	switch p := r.Float64(); {
	case p < 0.05:
		n = max(1, 20/len(h.sim.hosts)) // RingCX allows 120 calls a minute
	case p < 0.10:
		limit = time.Duration(r.Int64N(int64(2 * time.Second)))
	case p < 0.20:
		do = h.stream
	}
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(h.sim.Context(), limit)
			defer cancel()
			h.judged(ctx, do)
		})
	}
	wg.Wait()
}

// judged makes a call, and asserts that it succeeds at once or has an excuse.
func (h *simHost) judged(ctx context.Context, do func(context.Context, *ringcx.Client) error) {
	start := time.Now()
	client, link := h.process()
	err := h.token(ctx, client)
	if err == nil {
		err = do(ctx, client)
	}
	if link.isDead() {
		return
	}
	h.verdict(start, ctx.Err() != nil, err)
}

// verdict asserts that the end of a call is good or has an excuse. A caller whose
// context has ended gave up: only its wait counts.
func (h *simHost) verdict(start time.Time, gaveUp bool, err error) {
	took, s := time.Since(start), h.sim
	if (err == nil || gaveUp || s.isLarge() && tooMany(err)) && took <= longestCall {
		return
	}
	h.bad.Add(1)
	if *simMeasure {
		s.Logf("bad call at %v of process %d: took %v: %v", s.at(), h.id, took, err)
	}
	if missing := s.excuses.excused(h.id, start); missing != "" {
		s.Errorf("at %v process %d: a call took %v: %v: %s", s.at(), h.id, took, err, missing)
	}
}

// tooMany reports whether a call was rejected because of the limit for calls.
func tooMany(err error) bool {
	e, ok := errors.AsType[*ringcx.Error](err)
	return ok && e.Stage == ringcx.StageCall && e.StatusCode == http.StatusTooManyRequests
}

// list lists the accounts.
func (h *simHost) list(ctx context.Context, client *ringcx.Client) error {
	_, err := ringcx.Get(client.ListAccountsWithResponse(ctx))
	return err
}

// stream sends a POST with a body that cannot be read twice.
func (h *simHost) stream(ctx context.Context, client *ringcx.Client) error {
	return h.post(ctx, client, streamPath)
}

func (h *simHost) post(ctx context.Context, client *ringcx.Client, path string) error {
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

// deny calls an endpoint that always returns 401. The outcome does not matter.
func (h *simHost) deny(r *rand.Rand) {
	ctx, cancel := context.WithTimeout(h.sim.Context(), patience)
	defer cancel()
	client, _ := h.process()
	if h.streams.Load() {
		_ = h.post(ctx, client, deniedPath)
		return
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, simBase+deniedPath, nil)
	if err != nil {
		h.sim.Error(err)
		return
	}
	if resp, err := client.Do(req); err == nil {
		resp.Body.Close()
	}
}

// call makes a call that is not judged.
func (h *simHost) call(ctx context.Context) error {
	client, _ := h.process()
	if err := h.token(ctx, client); err != nil {
		return err
	}
	return h.list(ctx, client)
}

// token asserts that no caller waits or sees an error while a valid token is
// known, and that an expired token is not returned.
func (h *simHost) token(ctx context.Context, client *ringcx.Client) error {
	known := h.known()
	start := time.Now()
	got, err := client.Tokens.TokenContext(ctx)
	if waited := time.Since(start); known && waited > 0 {
		h.sim.Errorf("at %v a caller waited %v though a valid token was known", h.sim.at(), waited)
	}
	if err != nil {
		if errors.Is(err, ringcx.ErrElsewhere) && !h.sim.excuses.affected(h.id) {
			h.sim.Errorf("at %v a caller waited in vain for another process, which is dead or takes more than a minute", h.sim.at())
		}
		if known && ctx.Err() == nil {
			h.sim.Errorf("at %v a caller saw an error though a valid token was known: %v", h.sim.at(), err)
		}
		return err
	}
	if over := time.Since(expiry(got.AccessToken)); over > 0 && !h.refuses(got.AccessToken) && !h.sim.excuses.affected(h.id) {
		h.sim.Errorf("at %v process %d was given a token that had expired %v before", h.sim.at(), h.id, over)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last = got
	return nil
}

// expiry is what an access token says of itself.
func expiry(token string) time.Time {
	var claims struct{ Exp int64 }
	if parts := strings.Split(token, "."); len(parts) == 3 {
		data, _ := base64.RawURLEncoding.DecodeString(parts[1])
		_ = json.Unmarshal(data, &claims)
	}
	return time.Unix(claims.Exp, 0)
}

func (h *simHost) refuses(token string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.refused[token]
}

// command runs another program on the machine, which makes one call and ends.
func (h *simHost) command() error {
	client, _ := h.begin()
	defer client.Tokens.Close()
	ctx, cancel := context.WithTimeout(h.sim.Context(), patience)
	defer cancel()
	start := time.Now()
	err := h.list(ctx, client)
	h.verdict(start, ctx.Err() != nil, err)
	return err
}

// logout ends the session, and asserts that the record keeps nothing of it.
func (h *simHost) logout() {
	s := h.sim
	s.causes.Add(1)
	ctx, cancel := context.WithTimeout(s.Context(), patience)
	defer cancel()
	client, link := h.process()
	var before []string
	if s.store != nil {
		before = secret.FindAllString(s.store.content(), -1)
	}
	start := time.Now()
	h.leaves(true)
	err := client.Tokens.Logout(ctx)
	h.leaves(false)
	if link.isDead() {
		return
	}
	if err != nil {
		h.verdict(start, false, err)
		return
	}
	for _, token := range before {
		if strings.Contains(s.store.content(), token) {
			s.violation(h, "after Logout the record still has %.12s…", token)
		}
	}
}

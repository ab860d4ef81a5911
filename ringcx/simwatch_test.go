package ringcx_test

import (
	"errors"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// What the protocol of a shared session promises. A claim is the write that
// announces a request.
const (
	claimLife   = 20 * time.Second // after the claim, nothing is sent any more
	patientTime = 10 * time.Second // into a store outage, before a process renews without the Store
	aloneEvery  = 200 * time.Second
)

// minted matches the refresh tokens of the fake, and secret those that must not
// outlive a Logout.
var (
	minted = regexp.MustCompile(`refresh-(\d+)-[\w-]{24}`)
	secret = regexp.MustCompile(`(?:refresh|rc)-\d+-[\w-]{24}`)
)

// serial is the number of a refresh token: later ones have higher numbers.
func serial(token string) int {
	n := 0
	if m := minted.FindStringSubmatch(token); m != nil {
		n, _ = strconv.Atoi(m[1])
	}
	return n
}

// watch checks each token request against the rules of the protocol, and counts.
type watch struct {
	mu          sync.Mutex
	inFlight    []*tokenFlight
	arrivals    []arrival                     // of exchanges and refreshes
	shared      int                           // the most of them in 60 seconds
	alone       int                           // the same, while a process was without the Store
	damaged     time.Time                     // the record was replaced from outside
	signIns     []arrival                     // of the last minute
	mostSignIns int                           // in one minute
	reused      int                           // refresh tokens that were sent twice
	pairs       int                           // exchanges of the shared session that brought a token
	tokens      map[string]*ringcxtest.Server // that issued them: nil is the simulation's
}

// issued reports whether the services issued the access token.
func (w *watch) issued(by *ringcxtest.Server, token string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	fake, known := w.tokens[token]
	return known && fake == by
}

// tokenFlight is a token request that has not ended.
type tokenFlight struct {
	link  *simLink
	stage ringcx.Stage
	begun time.Time
	alone bool
}

// excused reports whether f may be in flight beside another one.
func (f *tokenFlight) excused() bool {
	f.link.mu.Lock()
	defer f.link.mu.Unlock()
	return f.alone || f.link.dead || !f.link.paused.Before(f.begun)
}

// begin checks a request that is about to be sent. The returned function takes
// what came of it.
func (w *watch) begin(link *simLink, stage ringcx.Stage, req *http.Request) func(*http.Response, error) {
	if stage == "" || stage == ringcx.StageCall || link.isDead() {
		return func(*http.Response, error) {}
	}
	f := &tokenFlight{link: link, stage: stage, begun: time.Now(), alone: link.down() > 0}
	if link.host.sim.store != nil {
		w.checkClaim(f)
		w.checkRefresh(f, req)
	}
	w.mu.Lock()
	w.inFlight = append(w.inFlight, f)
	w.mu.Unlock()
	return func(resp *http.Response, err error) {
		w.mu.Lock()
		w.inFlight = slices.DeleteFunc(w.inFlight, func(o *tokenFlight) bool { return o == f })
		w.mu.Unlock()
		_, dial := errors.AsType[*net.OpError](err)
		switch arrived := !dial && (link.host.sick.Load() == nil || link.reached(f.begun)); {
		case !arrived:
		case stage == ringcx.StageExchange, stage == ringcx.StageRefresh:
			w.arrive(f)
		case stage == ringcx.StageLogin:
			w.signedIn(f)
		}
		if !link.isDead() {
			w.outcome(f, req, resp, err)
		}
	}
}

// checkClaim asserts that a process sends nothing after its claim ended, nothing
// beside another process, and nothing early in a store outage.
func (w *watch) checkClaim(f *tokenFlight) {
	h := f.link.host
	if down := f.link.down(); down > 0 {
		if down < patientTime {
			h.sim.violation(h, "a %s %v into a store outage", f.stage, down)
		}
		return
	}
	if age := time.Since(f.link.claim()); age > claimLife+time.Second {
		h.sim.violation(h, "a %s is sent %v after its claim", f.stage, age)
	}
	w.mu.Lock()
	var others []*tokenFlight
	for _, o := range w.inFlight {
		if o.link != f.link && o.link.host.format == h.format && !o.excused() && time.Since(w.damaged) > 2*claimLife {
			others = append(others, o)
		}
	}
	w.mu.Unlock()
	for _, o := range others {
		h.sim.violation(h, "a %s is sent while a %s of process %d, sent %v before, has not ended", f.stage, o.stage, o.link.host.id, time.Since(o.begun))
	}
}

// checkRefresh asserts that no process sends a refresh token that is older than
// one that it found in the record or wrote there, nor one that is in the record.
func (w *watch) checkRefresh(f *tokenFlight, req *http.Request) {
	h, token := f.link.host, minted.FindString(req.URL.Path+formOf(req))
	if token == "" || f.alone {
		return
	}
	f.link.mu.Lock()
	newest, spent := f.link.newest, f.link.spent[token]
	f.link.mu.Unlock()
	if spent {
		h.sim.violation(h, "a process sends a refresh token that it has sent before")
	}
	if n := serial(token); n < newest && f.stage == ringcx.StageRefresh {
		h.sim.violation(h, "refresh token %d is sent though the process has seen %d", n, newest)
	}
	w.mu.Lock()
	intact := time.Since(w.damaged) > 2*claimLife
	w.mu.Unlock()
	if intact && strings.Contains(h.sim.store.content(), token) {
		h.sim.violation(h, "a %s is sent while its refresh token is in the record", f.stage)
	}
}

// outcome counts what came of a request, and asserts that only trouble makes one
// fail.
func (w *watch) outcome(f *tokenFlight, req *http.Request, resp *http.Response, err error) {
	h := f.link.host
	ended := f.stage == ringcx.StageExchange && err == nil && resp.StatusCode == http.StatusUnauthorized // its RingCentral token
	if (err != nil || resp.StatusCode >= 300) && !ended && !h.sim.excuses.any() {
		h.sim.Errorf("at %v process %d: a %s failed without any trouble: %v", h.sim.at(), h.id, f.stage, describe(resp, err))
	}
	access, _ := pairOf(req, resp, err)
	w.mu.Lock()
	w.tokens[access] = h.fake
	w.mu.Unlock()
	switch f.stage {
	case ringcx.StageExchange:
		w.exchanged(f, req, resp, err)
	case ringcx.StageRefresh:
		_, refresh := pairOf(req, resp, err)
		if !keepsToken(resp, err) {
			f.link.spend(minted.FindString(formOf(req)))
			if refresh == "" {
				h.sim.causes.Add(1)
			}
		}
		f.link.received(refresh)
		w.checkReuse(h)
	}
}

// checkReuse asserts that no refresh token was sent twice, but for those of records
// that were put back.
func (w *watch) checkReuse(h *simHost) {
	n, restored := h.sim.fake.Counts().RefreshReused, int(h.sim.restored.Load())
	w.mu.Lock()
	isNew := n > max(w.reused, restored)
	w.reused = max(w.reused, n)
	w.mu.Unlock()
	if isNew {
		h.sim.violation(h, "%d refresh tokens were sent twice, and %d may have been in a record that was put back", n, restored)
	}
}

func (w *watch) exchanged(f *tokenFlight, req *http.Request, resp *http.Response, err error) {
	h := f.link.host
	access, refresh := pairOf(req, resp, err)
	switch {
	case access == "":
		return
	case f.alone:
		if every := f.link.exchangedAlone(); every < aloneEvery && h.sim.isOneKind() {
			h.sim.violation(h, "the second exchange without the Store in %v", every)
		}
		return
	case refresh == "":
		h.sim.causes.Add(1)
	}
	f.link.received(refresh)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pairs++
}

// keepsToken reports whether the refresh token that was sent may be sent again.
func keepsToken(resp *http.Response, err error) bool {
	if err != nil {
		op, ok := errors.AsType[*net.OpError](err)
		return ok && op.Op == "dial"
	}
	return resp.StatusCode == http.StatusTooManyRequests ||
		resp.StatusCode == http.StatusServiceUnavailable && resp.Header.Get("Retry-After") != ""
}

func describe(resp *http.Response, err error) string {
	if err != nil {
		return err.Error()
	}
	return resp.Status
}

// replaced notes that the record was replaced from outside.
func (w *watch) replaced() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.damaged = time.Now()
}

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

// Times of the protocol of a shared session.
const (
	sendWithin     = 20 * time.Second  // a request is sent at most this long after the write that took the lease
	outageDelay    = 10 * time.Second  // a process renews without the Store only this long after the start of a store outage
	outageInterval = 200 * time.Second // the least time between two exchanges of a process without the Store
)

// minted matches the refresh tokens of the fake. secret matches the tokens that must not
// be in the record after a Logout.
var (
	minted = regexp.MustCompile(`refresh-(\d+)-[\w-]{24}`)
	secret = regexp.MustCompile(`(?:refresh|rc)-\d+-[\w-]{24}`)
)

// serial returns the number of a refresh token. The numbers increase.
func serial(token string) int {
	n := 0
	if m := minted.FindStringSubmatch(token); m != nil {
		n, _ = strconv.Atoi(m[1])
	}
	return n
}

// watch checks each token request against the rules of the protocol, and counts requests.
type watch struct {
	mu             sync.Mutex
	unfinished     []*sentRequest
	arrivals       []arrival                     // of exchanges and refreshes
	peak           int                           // maximum number of arrivals in 60 s, all with the Store
	outagePeak     int                           // maximum number of arrivals in 60 s, some without the Store
	damaged        time.Time                     // when the record was last replaced without a swap
	signIns        []arrival                     // of the last minute
	mostSignIns    int                           // maximum number of sign-ins in a minute
	reused         int                           // refresh tokens that were sent twice
	tokenExchanges int                           // exchanges of the shared session that returned a token
	tokens         map[string]*ringcxtest.Server // access tokens and the services that issued them; nil: simulation.fake
}

// issued reports whether the given services issued the access token.
func (w *watch) issued(by *ringcxtest.Server, token string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	fake, known := w.tokens[token]
	return known && fake == by
}

// sentRequest is a token request that has not ended.
type sentRequest struct {
	link         *simLink
	stage        ringcx.Stage
	begun        time.Time
	withoutStore bool
}

// mayOverlap reports whether r may be sent while a request of another process has not
// ended.
func (r *sentRequest) mayOverlap() bool {
	r.link.mu.Lock()
	defer r.link.mu.Unlock()
	return r.withoutStore || r.link.dead || !r.link.paused.Before(r.begun)
}

// begin checks a request before it is sent. The caller passes its outcome to the returned
// function.
func (w *watch) begin(link *simLink, stage ringcx.Stage, req *http.Request) func(*http.Response, error) {
	if stage == "" || stage == ringcx.StageCall || link.isDead() {
		return func(*http.Response, error) {}
	}
	sent := &sentRequest{link: link, stage: stage, begun: time.Now(), withoutStore: link.storeDown() > 0}
	if link.process.sim.store != nil {
		w.checkLease(sent)
		w.checkRefresh(sent, req)
	}
	w.mu.Lock()
	w.unfinished = append(w.unfinished, sent)
	w.mu.Unlock()
	return func(resp *http.Response, err error) {
		w.mu.Lock()
		w.unfinished = slices.DeleteFunc(w.unfinished, func(o *sentRequest) bool { return o == sent })
		w.mu.Unlock()
		_, dial := errors.AsType[*net.OpError](err)
		switch arrived := !dial && (link.process.network.Load() == nil || link.reached(sent.begun)); {
		case !arrived:
		case stage == ringcx.StageExchange, stage == ringcx.StageRefresh:
			w.arrive(sent)
		case stage == ringcx.StageLogin:
			w.signedIn(sent)
		}
		if !link.isDead() {
			w.outcome(sent, req, resp, err)
		}
	}
}

// checkLease asserts that a process sends requests only soon after it took the lease, not
// while a request of another process has not ended, and not early in a store outage.
func (w *watch) checkLease(sent *sentRequest) {
	p := sent.link.process
	if down := sent.link.storeDown(); down > 0 {
		if down < outageDelay {
			p.sim.violation(p, "a %s is sent %v after the start of a store outage", sent.stage, down)
		}
		return
	}
	if age := time.Since(sent.link.lastWrite()); age > sendWithin+time.Second {
		p.sim.violation(p, "a %s is sent %v after the lease was taken", sent.stage, age)
	}
	w.mu.Lock()
	var others []*sentRequest
	for _, o := range w.unfinished {
		if o.link != sent.link && o.link.process.format == p.format && !o.mayOverlap() && time.Since(w.damaged) > 2*sendWithin {
			others = append(others, o)
		}
	}
	w.mu.Unlock()
	for _, o := range others {
		p.sim.violation(p, "a %s is sent while a %s of process %d, sent %v before, has not ended", sent.stage, o.stage, o.link.process.id, time.Since(o.begun))
	}
}

// checkRefresh asserts that no process sends a refresh token twice, one that is older
// than a token that it has read from or written to the record, or one that is still in
// the record.
func (w *watch) checkRefresh(sent *sentRequest, req *http.Request) {
	p, token := sent.link.process, minted.FindString(req.URL.Path+formOf(req))
	if token == "" || sent.withoutStore {
		return
	}
	sent.link.mu.Lock()
	newest, used := sent.link.newest, sent.link.used[token]
	sent.link.mu.Unlock()
	if used {
		p.sim.violation(p, "a process sends a refresh token that it has sent before")
	}
	if n := serial(token); n < newest && sent.stage == ringcx.StageRefresh {
		p.sim.violation(p, "refresh token %d is sent though the process has seen %d", n, newest)
	}
	w.mu.Lock()
	intact := time.Since(w.damaged) > 2*sendWithin
	w.mu.Unlock()
	if intact && strings.Contains(p.sim.store.content(), token) {
		p.sim.violation(p, "a %s is sent while its refresh token is in the record", sent.stage)
	}
}

// outcome records the outcome of a request, and asserts that it did not fail without a
// trouble.
func (w *watch) outcome(sent *sentRequest, req *http.Request, resp *http.Response, err error) {
	p := sent.link.process
	ended := sent.stage == ringcx.StageExchange && err == nil && resp.StatusCode == http.StatusUnauthorized // the RingCentral token has expired
	if (err != nil || resp.StatusCode >= 300) && !ended && !p.sim.occurrences.any() {
		p.sim.Errorf("at %v process %d: a %s failed without a trouble: %v", p.sim.at(), p.id, sent.stage, describe(resp, err))
	}
	access, _ := tokensOf(req, resp, err)
	w.mu.Lock()
	w.tokens[access] = p.fake
	w.mu.Unlock()
	switch sent.stage {
	case ringcx.StageExchange:
		w.exchanged(sent, req, resp, err)
	case ringcx.StageRefresh:
		_, refresh := tokensOf(req, resp, err)
		if !mayResend(resp, err) {
			sent.link.markUsed(minted.FindString(formOf(req)))
			if refresh == "" {
				p.sim.causes.Add(1)
			}
		}
		sent.link.received(refresh)
		w.checkReuse(p)
	}
}

// checkReuse asserts that no refresh token was sent twice, except tokens of restored
// records.
func (w *watch) checkReuse(p *simProcess) {
	n, restored := p.sim.fake.Counts().RefreshReused, int(p.sim.restored.Load())
	w.mu.Lock()
	isNew := n > max(w.reused, restored)
	w.reused = max(w.reused, n)
	w.mu.Unlock()
	if isNew {
		p.sim.violation(p, "%d refresh tokens were sent twice, want at most %d, one for each restored record", n, restored)
	}
}

// exchanged records the outcome of an exchange.
func (w *watch) exchanged(sent *sentRequest, req *http.Request, resp *http.Response, err error) {
	p := sent.link.process
	access, refresh := tokensOf(req, resp, err)
	switch {
	case access == "":
		return
	case sent.withoutStore:
		if every := sent.link.noteOutageExchange(); every < outageInterval && p.sim.hasOneKind() {
			p.sim.violation(p, "two exchanges without the Store within %v", every)
		}
		return
	case refresh == "":
		p.sim.causes.Add(1)
	}
	sent.link.received(refresh)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tokenExchanges++
}

// mayResend reports whether the refresh token of a request with this outcome may be sent
// again.
func mayResend(resp *http.Response, err error) bool {
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

// replaced records that the record was replaced without a swap.
func (w *watch) replaced() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.damaged = time.Now()
}

// arrival is a token request that reached the services.
type arrival struct {
	at           time.Time
	withoutStore bool // by a process without the Store
}

// arrive counts an exchange or a refresh that reached the services, and asserts that
// there are at most five in 60 seconds. Windows with a request without the Store are
// checked by checkCounts.
func (w *watch) arrive(sent *sentRequest) {
	w.mu.Lock()
	w.arrivals = append(w.arrivals, arrival{sent.begun, sent.withoutStore})
	slices.SortFunc(w.arrivals, func(a, b arrival) int { return a.at.Compare(b.at) })
	peak, outagePeak := peaks(w.arrivals[max(0, len(w.arrivals)-40):])
	isNew := peak > max(w.peak, 5)
	w.peak, w.outagePeak = max(w.peak, peak), max(w.outagePeak, outagePeak)
	w.mu.Unlock()
	if p := sent.link.process; isNew {
		p.sim.violation(p, "%d exchanges and refreshes in 60 s, want at most 5", peak)
	}
}

// signedIn counts a sign-in, and asserts that there are at most five in 60 seconds. It
// ignores sign-ins before the record was replaced, because the processes no longer know
// them.
func (w *watch) signedIn(sent *sentRequest) {
	w.mu.Lock()
	w.signIns = slices.DeleteFunc(append(w.signIns, arrival{sent.begun, sent.withoutStore}), func(a arrival) bool {
		return sent.begun.Sub(a.at) >= time.Minute || a.at.Before(w.damaged)
	})
	n, most := len(w.signIns), 5
	if slices.ContainsFunc(w.signIns, func(a arrival) bool { return a.withoutStore }) {
		most = 9 // four processes may sign in without the Store
	}
	isNew := n > max(w.mostSignIns, most)
	w.mostSignIns = max(w.mostSignIns, n)
	w.mu.Unlock()
	if p := sent.link.process; isNew {
		p.sim.violation(p, "%d sign-ins in 60 s, want at most %d", n, most)
	}
}

// peaks returns the maximum number of arrivals in 60 seconds: in windows without, and in
// windows with, a request of a process without the Store.
func peaks(arrivals []arrival) (peak, outagePeak int) {
	first := 0
	for i, a := range arrivals {
		for a.at.Sub(arrivals[first].at) >= time.Minute {
			first++
		}
		window := arrivals[first : i+1]
		if slices.ContainsFunc(window, func(a arrival) bool { return a.withoutStore }) {
			outagePeak = max(outagePeak, len(window))
		} else {
			peak = max(peak, len(window))
		}
	}
	return peak, outagePeak
}

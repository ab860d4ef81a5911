package stores_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"
)

// forward delays requests for tokens, so that kills hit them, and kills some of the processes
// that send one: before the fake sees the request, or before the process gets the response.
func (f *killFleet) forward(w http.ResponseWriter, r *http.Request) {
	endpoint := tokenEndpoint(r.URL.Path)
	if endpoint == "" {
		f.fake.ServeHTTP(w, r)
		return
	}
	slot, err := senderOf(r)
	if err != nil {
		f.t.Error(err)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the process was killed while it sent the request
	}
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	f.watch.arrive(endpoint, string(body), f.firstToken(slot))
	time.Sleep(rand.N(300 * time.Millisecond))
	fate, restore := f.fate(endpoint)
	switch fate {
	case killBefore:
		f.kill(slot, "killed before a request")
	case killAfter:
		f.fake.ServeHTTP(httptest.NewRecorder(), r)
		f.kill(slot, "killed before a response")
	case restoreAfter:
		f.fake.ServeHTTP(httptest.NewRecorder(), r)
		restore()
		f.kill(slot, "killed when the backup was restored")
	default:
		f.fake.ServeHTTP(w, r)
	}
}

// fate is what becomes of a process that requests tokens.
type fate int

const (
	live fate = iota
	killBefore
	killAfter
	restoreAfter // its tokens are lost with the record
)

// fate draws what becomes of a process that requests tokens. Every eighth is killed, but not
// before any process had a token, because the lease of a killed process lasts 30 s, most of a
// short run; and not three in a row, because callers wait for two leases. With restoreAfter it
// returns and removes onRefresh.
func (f *killFleet) fate(endpoint string) (drawn fate, onRefresh func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	started := f.results["ok"] > 0
	if onRefresh = f.onRefresh; onRefresh != nil && endpoint == "refresh" {
		f.onRefresh = nil
		return restoreAfter, onRefresh
	}
	if started && f.killed < 2 && rand.IntN(8) == 0 {
		f.killed++
		return []fate{killBefore, killAfter}[rand.IntN(2)], nil
	}
	f.killed = 0
	return live, nil
}

// senderOf returns the slot of the process that sent a request. Its User-Agent names it.
func senderOf(r *http.Request) (slot int, err error) {
	name, _, _ := strings.Cut(r.UserAgent(), " ")
	slot, err = strconv.Atoi(strings.TrimPrefix(name, "slot-"))
	if err != nil {
		return 0, fmt.Errorf("User-Agent %q: %w", r.UserAgent(), err)
	}
	return slot, nil
}

// kill kills the process of a slot, which has sent a request.
func (f *killFleet) kill(slot int, result string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.results[result]++
	if p := f.processes[slot]; p != nil {
		_ = p.cmd.Process.Kill() // it may have ended
	}
}

// firstToken returns since when the process of a slot has had a token.
func (f *killFleet) firstToken(slot int) time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	if p := f.processes[slot]; p != nil {
		return p.firstToken
	}
	return time.Time{}
}

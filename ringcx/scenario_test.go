package ringcx_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
	"github.com/ringcx-go/ringcx-go/ringcx/storetest"
)

// scenario runs processes that share a session, with the limits of the services enabled,
// and records the outcome of their calls. Use it in a synctest bubble.
type scenario struct {
	*testing.T
	fake    *ringcxtest.Server
	store   ringcx.Store
	traffic *traffic
	seed    int
	workers []*worker
	closers []func() error
	running sync.WaitGroup
}

func newScenario(t *testing.T, seed, processes int) *scenario {
	s := &scenario{T: t, fake: ringcxtest.New(), store: storetest.NewMemory(), traffic: &traffic{sent: map[string]bool{}}, seed: seed}
	s.fake.LimitRates(true)
	for id := range processes {
		s.workers = append(s.workers, s.start(id))
	}
	return s
}

// draw returns random numbers that depend only on the seed and id.
func (s *scenario) draw(id int) *rand.Rand {
	return rand.New(rand.NewPCG(uint64(s.seed), uint64(id)))
}

// start starts a process. The process sends no requests before its first call.
func (s *scenario) start(id int) *worker {
	w := &worker{id: id, store: &spyStore{Store: slowStore{s.store, time.Millisecond + time.Duration(id)*time.Microsecond}}}
	cfg := s.fake.Config()
	w.link = &link{
		traffic: s.traffic, base: cfg.HTTPClient.Transport,
		latency: 20*time.Millisecond + time.Duration(id)*time.Microsecond,
	}
	cfg.HTTPClient = &http.Client{Transport: w.link}
	cfg.Store = w.store
	cfg.OnEvent = w.event
	w.client = newClient(s.T, cfg)
	ringcx.SetClock(w.client.Tokens, time.Now, drawn(s.seed<<8+len(s.closers)))
	s.closers = append(s.closers, w.client.Tokens.Close)
	return w
}

// close waits for all calls and closes all processes, also killed ones.
func (s *scenario) close() {
	s.running.Wait()
	for _, end := range s.closers {
		_ = end()
	}
	s.fake.Close()
}

// check asserts the rules that apply to every scenario.
func (s *scenario) check() {
	s.Helper()
	c := s.fake.Counts()
	if c.RefreshReused > 0 || s.traffic.resent > 0 {
		s.Errorf("refresh tokens were sent twice: the services received %d of them again, the processes sent %d again", c.RefreshReused, s.traffic.resent)
	}
	if c.WrongHostBearers > 0 {
		s.Errorf("%d requests carried a secret to another host", c.WrongHostBearers)
	}
}

// callTimeout is the timeout of each call of a scenario.
const callTimeout = 30 * time.Second

// outcome records the start, the duration and the error of a call.
type outcome struct {
	at   time.Time
	took time.Duration
	err  error
}

// worker is one process of a scenario.
type worker struct {
	id     int
	client *ringcx.Client
	link   *link
	store  *spyStore

	mu       sync.Mutex
	outcomes []outcome
	onEvent  func(ringcx.Event) // nil: events are ignored
}

func (w *worker) event(e ringcx.Event) {
	if w.onEvent != nil {
		w.onEvent(e)
	}
}

// do runs call within callTimeout and records its outcome.
func (w *worker) do(call func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
	defer cancel()
	w.mu.Lock() // blocks while clone takes a snapshot
	began := time.Now()
	w.mu.Unlock()
	err := call(ctx)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.outcomes = append(w.outcomes, outcome{began, time.Since(began), err})
}

func (w *worker) list(ctx context.Context) error {
	_, err := ringcx.Get(w.client.ListAccountsWithResponse(ctx))
	return err
}

func (w *worker) token(ctx context.Context) error {
	_, err := w.client.Tokens.TokenContext(ctx)
	return err
}

// between returns the outcomes of the calls that began between from and to.
func (w *worker) between(from, to time.Time) (in []outcome) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, o := range w.outcomes {
		if !o.at.Before(from) && o.at.Before(to) {
			in = append(in, o)
		}
	}
	return in
}

// kill ends the process without Close: from now on its operations have no effect.
func (w *worker) kill() {
	w.store.breaks("both")
	w.link.breaks(func(*http.Request) (*http.Response, error) { return nil, errors.New("this process was killed") }, true)
}

// slowStore is a Store with a latency.
type slowStore struct {
	ringcx.Store
	latency time.Duration
}

func (s slowStore) Load(ctx context.Context, key string) ([]byte, string, error) {
	time.Sleep(s.latency)
	return s.Store.Load(ctx, key)
}

func (s slowStore) CompareAndSwap(ctx context.Context, key, version string, data []byte) (string, error) {
	time.Sleep(s.latency)
	return s.Store.CompareAndSwap(ctx, key, version, data)
}

// link is the network of one process.
type link struct {
	traffic *traffic
	base    http.RoundTripper
	latency time.Duration

	mu       sync.Mutex
	trouble  func(*http.Request) (*http.Response, error) // nil: the network works
	allCalls bool                                        // trouble replaces all requests, not only token requests
}

// breaks calls trouble instead of sending token requests, or with allCalls instead of
// sending any request. A nil trouble repairs the network.
func (l *link) breaks(trouble func(*http.Request) (*http.Response, error), allCalls bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.trouble, l.allCalls = trouble, allCalls
}

// RoundTrip implements http.RoundTripper.
func (l *link) RoundTrip(req *http.Request) (*http.Response, error) {
	time.Sleep(l.latency)
	l.mu.Lock()
	trouble := l.trouble
	if !l.allCalls && !isTokenRequest(req) {
		trouble = nil
	}
	l.mu.Unlock()
	if trouble == nil {
		trouble = l.base.RoundTrip
	}
	if strings.HasPrefix(req.URL.Path, "/api/auth/") {
		return l.traffic.watch(req, trouble)
	}
	return trouble(req)
}

func isTokenRequest(req *http.Request) bool {
	return strings.HasPrefix(req.URL.Path, "/api/auth/") || req.URL.Path == "/restapi/oauth/token"
}

// traffic records the requests that all processes sent to the token endpoints of RingCX,
// also those that did not arrive.
type traffic struct {
	mu     sync.Mutex
	sent   map[string]bool // refresh tokens that RingCX may have processed
	resent int             // how often one of these tokens was sent again
	spans  []*span
}

// span is the start and end of one request. The end is zero until the request ends.
type span struct{ from, to time.Time }

func (t *traffic) watch(req *http.Request, send func(*http.Request) (*http.Response, error)) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	form, _ := url.ParseQuery(string(body))
	token := form.Get("refresh_token")
	own, s := req.Clone(req.Context()), &span{from: time.Now()}
	own.Body = io.NopCloser(bytes.NewReader(body))
	t.mu.Lock()
	if token != "" && t.sent[token] {
		t.resent++
	}
	t.sent[token] = true
	t.spans = append(t.spans, s)
	t.mu.Unlock()
	resp, err := send(own)
	t.mu.Lock()
	defer t.mu.Unlock()
	s.to = time.Now()
	if err == nil && resp.StatusCode == http.StatusTooManyRequests {
		delete(t.sent, token) // RingCX did not process the token
	}
	return resp, err
}

// within returns the number of requests that were under way at any time during the last
// d.
func (t *traffic) within(d time.Duration) (n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range t.spans {
		if s.to.IsZero() || time.Since(s.to) <= d {
			n++
		}
	}
	return n
}

package ringcx_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// simHost is one machine with one program on it. Its clock may be wrong.
type simHost struct {
	sim       *simulation
	id        int
	tokens    *ringcx.TokenSource
	client    *ringcx.Client
	skew      atomic.Int64 // of its clock, in nanoseconds
	suspended atomic.Bool
	errors    int

	mu      sync.Mutex
	last    *oauth2.Token
	refused map[string]bool // tokens that met a 401
}

func newSimHost(s *simulation, id int) *simHost {
	h := &simHost{sim: s, id: id, refused: map[string]bool{}}
	cfg := s.fake.Config()
	cfg.OnEvent = func(e ringcx.Event) {
		h.mu.Lock()
		defer h.mu.Unlock()
		if e.Err == nil && e.Stage != ringcx.StageLogin {
			h.last = nil // a newer token is there, of which nobody knows yet how long it lives
		}
	}
	cfg.HTTPClient = &http.Client{Transport: &refusals{host: h, base: cfg.HTTPClient.Transport}}
	client, err := ringcx.New(cfg)
	if err != nil {
		s.Fatal(err)
	}
	jitters := 0
	ringcx.SetClock(client.Tokens, h.now, func() float64 {
		h.mu.Lock()
		defer h.mu.Unlock()
		jitters++
		return s.draw(id, -jitters).Float64()
	})
	h.client, h.tokens = client, client.Tokens
	return h
}

// now is the host's clock. It has no monotonic reading: the wall alone must do.
func (h *simHost) now() time.Time {
	return time.Now().Round(0).Add(time.Duration(h.skew.Load()))
}

// refusals notes the tokens that the services refused.
type refusals struct {
	host *simHost
	base http.RoundTripper
}

func (r *refusals) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := r.base.RoundTrip(req)
	if err == nil && resp.StatusCode == http.StatusUnauthorized {
		r.host.mu.Lock()
		defer r.host.mu.Unlock()
		r.host.refused[strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ")] = true
	}
	return resp, err
}

// run makes a call every 30 s ± 50 %, at times many at once, at times one whose
// caller gives up.
func (h *simHost) run() {
	for step := 1; time.Now().Before(h.sim.end); step++ {
		r := h.sim.draw(h.id, step)
		time.Sleep(time.Duration((0.5 + r.Float64()) * float64(30*time.Second)))
		if h.suspended.Load() {
			continue
		}
		switch p := r.Float64(); {
		case p < 0.05:
			h.herd(20)
		case p < 0.10:
			ctx, cancel := context.WithTimeout(h.sim.Context(), time.Duration(r.Int64N(int64(2*time.Second))))
			_ = h.call(ctx)
			cancel()
		default:
			if err := h.call(h.sim.Context()); err != nil {
				h.errors++
			}
		}
	}
	synctest.Wait()
}

func (h *simHost) herd(n int) {
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() { _ = h.call(h.sim.Context()) })
	}
	wg.Wait()
}

// call asks for a token, under the eyes of the invariants, and lists the
// accounts with it.
func (h *simHost) call(ctx context.Context) error {
	if err := h.token(ctx); err != nil {
		return err
	}
	_, err := ringcx.Get(h.client.ListAccountsWithResponse(ctx))
	return err
}

// token asserts that nobody waits, and nobody sees an error, while a good token
// is known.
func (h *simHost) token(ctx context.Context) error {
	known := h.known()
	start := time.Now()
	got, err := h.tokens.TokenContext(ctx)
	if waited := time.Since(start); known && waited > 0 {
		h.sim.Errorf("at %v a caller waited %v though a good token was known", h.sim.at(), waited)
	}
	if err != nil {
		if known {
			h.sim.Errorf("at %v a caller saw an error though a good token was known: %v", h.sim.at(), err)
		}
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last = got
	return nil
}

// known reports whether the last token should still be good: by the host's
// clock, and because the services did not refuse it.
func (h *simHost) known() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.last != nil && h.now().Before(h.last.Expiry) && !h.refused[h.last.AccessToken]
}

// at is the time since the simulation began.
func (s *simulation) at() time.Duration {
	return time.Since(s.end) + time.Duration(*simHours)*time.Hour
}

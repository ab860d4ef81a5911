package ringcx_test

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// simHost is one machine with one program on it. Its clock may be wrong, and
// its program may be killed and started again.
type simHost struct {
	sim       *simulation
	id        int
	format    string       // of its records, where its program is of a version that writes another one
	skew      atomic.Int64 // of its clock, in nanoseconds
	suspended atomic.Bool
	isCut     [2]atomic.Bool
	errors    int
	old       []*ringcx.Client // of processes that were killed

	mu      sync.Mutex
	client  *ringcx.Client
	link    *simLink
	last    *oauth2.Token
	refused map[string]bool // tokens that met a 401
	jitters int
}

func newSimHost(s *simulation, id int) *simHost {
	h := &simHost{sim: s, id: id, refused: map[string]bool{}}
	h.start()
	return h
}

// start starts the program.
func (h *simHost) start() {
	client, link := h.begin()
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.client != nil {
		h.old = append(h.old, h.client)
	}
	h.client, h.link, h.last = client, link, nil
}

// name is the host's. In some simulations two hosts have one, and clocks of their own.
func (h *simHost) name() string {
	if h.sim.seed%4 == 3 {
		return strconv.Itoa(h.id / 2)
	}
	return strconv.Itoa(h.id)
}

// command runs another program on the host, which makes one call and ends.
func (h *simHost) command() error {
	client, _ := h.begin()
	defer client.Tokens.Close()
	_, err := ringcx.Get(client.ListAccountsWithResponse(h.sim.Context()))
	return err
}

// begin begins a process.
func (h *simHost) begin() (*ringcx.Client, *simLink) {
	link := &simLink{host: h}
	cfg := h.sim.fake.Config()
	cfg.OnEvent = h.event
	cfg.HTTPClient = &http.Client{Transport: &simNetwork{link: link, base: cfg.HTTPClient.Transport}}
	switch {
	case h.sim.store == nil:
	case h.sim.seed%2 == 0:
		cfg.Store = link
	default:
		cfg.Store = simLocks{link}
	}
	client, err := ringcx.New(cfg)
	if err != nil {
		h.sim.Fatal(err)
	}
	ringcx.SetClock(client.Tokens, h.now, h.jitter)
	if h.sim.store != nil {
		ringcx.SetHost(client.Tokens, h.name())
	}
	return client, link
}

// event forgets the last token where there is a newer one, of which nobody
// knows yet how long it lives.
func (h *simHost) event(e ringcx.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if e.Err == nil && e.Stage != ringcx.StageLogin {
		h.last = nil
	}
}

func (h *simHost) jitter() float64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.jitters++
	return h.sim.draw(h.id, -h.jitters).Float64()
}

// now is the host's clock. It has no monotonic reading: the wall alone must do.
func (h *simHost) now() time.Time {
	return time.Now().Round(0).Add(time.Duration(h.skew.Load()))
}

// run makes a call every 30 s ± 50 %, at times many at once, at times one whose
// caller gives up. A program that was killed is started again.
func (h *simHost) run() {
	for step := 1; time.Now().Before(h.sim.end); step++ {
		r := h.sim.draw(h.id, step)
		time.Sleep(time.Duration((0.5 + r.Float64()) * float64(30*time.Second)))
		if h.suspended.Load() {
			continue
		}
		if h.killed() {
			h.start()
		}
		switch p := r.Float64(); {
		case p < 0.05:
			h.herd(20 / len(h.sim.hosts)) // of a fleet: RingCX allows 120 calls a minute
		case p < 0.10:
			ctx, cancel := context.WithTimeout(h.sim.Context(), time.Duration(r.Int64N(int64(2*time.Second))))
			_ = h.call(ctx)
			cancel()
		default:
			if err := h.call(h.sim.Context()); err != nil && !h.killed() {
				h.errors++
			}
		}
	}
}

func (h *simHost) process() (*ringcx.Client, *simLink) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.client, h.link
}

func (h *simHost) killed() bool {
	_, link := h.process()
	return link.isDead()
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
	client, _ := h.process()
	if err := h.token(ctx, client); err != nil {
		return err
	}
	_, err := ringcx.Get(client.ListAccountsWithResponse(ctx))
	return err
}

// token asserts that nobody waits, and nobody sees an error, while a good token
// is known.
func (h *simHost) token(ctx context.Context, client *ringcx.Client) error {
	known := h.known()
	start := time.Now()
	got, err := client.Tokens.TokenContext(ctx)
	if waited := time.Since(start); known && waited > 0 {
		h.sim.Errorf("at %v a caller waited %v though a good token was known", h.sim.at(), waited)
	}
	if err != nil {
		if errors.Is(err, ringcx.ErrElsewhere) {
			h.sim.Errorf("at %v a caller waited in vain for another host, which is dead or takes more than a minute", h.sim.at())
		}
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

// close ends the program, and what is left of those that were killed.
func (h *simHost) close() {
	for _, c := range append(h.old, h.client) {
		c.Tokens.Close()
	}
}

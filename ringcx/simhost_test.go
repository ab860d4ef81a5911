package ringcx_test

import (
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// simBase is where the fake is.
const simBase = "https://ringcx.test"

// simHost is one machine with one program on it. Its clock may be wrong, and
// its program may be killed and started again.
type simHost struct {
	sim       *simulation
	id        int
	format    string             // of its records, if its program is of a version that writes another one
	fake      *ringcxtest.Server // nil: the simulation's
	skew      atomic.Int64       // of its clock, in nanoseconds
	suspended atomic.Bool
	isCut     [2]atomic.Bool
	hangs     atomic.Int64             // until when its calls of the Store hang, in Unix nanoseconds
	sick      atomic.Pointer[sickness] // nil: its network works
	denied    atomic.Bool              // it also calls an endpoint that always returns 401
	streams   atomic.Bool              // with a body that cannot be sent again
	bad       atomic.Int64             // calls
	configure func(cfg *ringcx.Config) // nil: nothing
	old       []*ringcx.Client         // of processes that were killed

	mu      sync.Mutex
	client  *ringcx.Client
	link    *simLink
	last    *oauth2.Token
	leaving bool            // a Logout is under way
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

// name is that of the machine's boot.
func (h *simHost) name() string { return strconv.Itoa(h.id) }

// begin begins a process.
func (h *simHost) begin() (*ringcx.Client, *simLink) {
	link := &simLink{host: h, spent: map[string]bool{}}
	fake := h.sim.fake
	if h.fake != nil {
		fake = h.fake
	}
	cfg := fake.Config()
	cfg.OnEvent = h.event
	cfg.HTTPClient = &http.Client{Transport: &simNetwork{link: link, base: cfg.HTTPClient.Transport}}
	switch {
	case h.sim.store == nil:
	case h.sim.seed%2 == 0:
		cfg.Store = link
	default:
		cfg.Store = simLocks{link}
	}
	if h.sim.isLarge() {
		cfg.MaxReplays = -1
	}
	if h.configure != nil {
		h.configure(&cfg)
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

// event forgets the last token if there is a newer one, of which it is not known
// yet how long it lives.
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

// now is the machine's clock. It has no monotonic reading: the wall alone must do.
func (h *simHost) now() time.Time {
	return time.Now().Round(0).Add(time.Duration(h.skew.Load()))
}

// run makes a step every 30 s ± 50 %, in large fleets less often. A program that
// was killed is started again.
func (h *simHost) run() {
	for step := 1; time.Now().Before(h.sim.end); step++ {
		r := h.sim.draw(h.id, step)
		time.Sleep(time.Duration((0.5 + r.Float64()) * float64(h.sim.interval())))
		if h.suspended.Load() {
			continue
		}
		if h.killed() {
			h.start()
		}
		h.step(r)
	}
}

// interval is the time between two steps of a process, so that a fleet stays
// below the 120 calls a minute that RingCX allows.
func (s *simulation) interval() time.Duration {
	return max(30*time.Second, time.Duration(len(s.hosts))*900*time.Millisecond)
}

// isLarge reports whether the fleet comes close to the 120 calls. Replays would keep
// it above them for ever once it has met a 429: those count, too.
func (s *simulation) isLarge() bool { return s.store != nil && *simHosts > 15 }

func (h *simHost) process() (*ringcx.Client, *simLink) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.client, h.link
}

func (h *simHost) killed() bool {
	_, link := h.process()
	return link.isDead()
}

func (h *simHost) kill() {
	client, link := h.process()
	link.die(ringcx.Renewing(client.Tokens))
}

func (h *simHost) next(s step) {
	_, link := h.process()
	link.mu.Lock()
	defer link.mu.Unlock()
	link.next = s
}

// clone returns a copy of the machine, whose process goes on from the same memory
// as a virtual machine does that is started twice from one snapshot.
func (h *simHost) clone(id int) *simHost {
	c := &simHost{sim: h.sim, id: id, format: h.format, fake: h.fake, configure: h.configure, refused: map[string]bool{}}
	c.skew.Store(h.skew.Load())
	c.start()
	client, _ := h.process()
	ringcx.CopyMemory(c.client.Tokens, client.Tokens)
	return c
}

// known reports whether the last token should still be valid: by the machine's
// clock, and because the services did not reject it.
func (h *simHost) known() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.last != nil && !h.leaving && h.now().Before(h.last.Expiry) && !h.refused[h.last.AccessToken]
}

// leaves notes that a Logout begins or has ended. A token of before it is not known
// to be valid.
func (h *simHost) leaves(now bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.leaving, h.last = now, nil
}

// close ends the program, and what is left of those that were killed.
func (h *simHost) close() {
	for _, c := range append(h.old, h.client) {
		c.Tokens.Close()
	}
}

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

// simBase is the base URL of the fake.
const simBase = "https://ringcx.test"

// simProcess is a process with a machine of its own. The clock of the machine may be
// wrong. The process may be killed and started again.
type simProcess struct {
	sim           *simulation
	id            int
	format        string             // format of its records, if different from other processes
	fake          *ringcxtest.Server // nil: simulation.fake
	skew          atomic.Int64       // error of its clock, in nanoseconds
	suspended     atomic.Bool
	isCut         [2]atomic.Bool
	hangs         atomic.Int64                 // end of the time in which its Store calls hang, in Unix nanoseconds
	network       atomic.Pointer[networkFault] // nil: the network works
	calls401      atomic.Bool                  // the process also calls an endpoint that always returns 401
	streams401    atomic.Bool                  // these calls have a body that cannot be sent again
	bad           atomic.Int64                 // number of bad calls
	configure     func(cfg *ringcx.Config)     // changes the configuration; may be nil
	killedClients []*ringcx.Client             // clients from before the process was killed

	mu         sync.Mutex
	client     *ringcx.Client
	link       *simLink
	last       *oauth2.Token
	loggingOut bool            // a Logout is under way
	rejected   map[string]bool // access tokens of calls that returned 401
	jitters    int
}

func newSimProcess(s *simulation, id int) *simProcess {
	p := &simProcess{sim: s, id: id, rejected: map[string]bool{}}
	p.start()
	return p
}

// start starts the process, also after it was killed.
func (p *simProcess) start() {
	client, link := p.launch()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.client != nil {
		p.killedClients = append(p.killedClients, p.client)
	}
	p.client, p.link, p.last = client, link, nil
}

// machine returns the name of the machine.
func (p *simProcess) machine() string { return strconv.Itoa(p.id) }

// launch returns the client and link of a new process on the machine.
func (p *simProcess) launch() (*ringcx.Client, *simLink) {
	link := &simLink{process: p, used: map[string]bool{}}
	fake := p.sim.fake
	if p.fake != nil {
		fake = p.fake
	}
	cfg := fake.Config()
	cfg.OnEvent = p.event
	cfg.HTTPClient = &http.Client{Transport: &simNetwork{link: link, base: cfg.HTTPClient.Transport}}
	switch {
	case p.sim.store == nil:
	case p.sim.seed%2 == 0:
		cfg.Store = link
	default:
		cfg.Store = simLocks{link}
	}
	if p.sim.isLarge() {
		cfg.MaxReplays = -1
	}
	if p.configure != nil {
		p.configure(&cfg)
	}
	client, err := ringcx.New(cfg)
	if err != nil {
		p.sim.Fatal(err)
	}
	ringcx.SetClock(client.Tokens, p.now, p.jitter)
	if p.sim.store != nil {
		ringcx.SetMachine(client.Tokens, p.machine())
	}
	return client, link
}

// event forgets the last token when the client obtains a newer one, whose expiry is not
// known here yet.
func (p *simProcess) event(e ringcx.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e.Err == nil && e.Stage != ringcx.StageLogin {
		p.last = nil
	}
}

func (p *simProcess) jitter() float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.jitters++
	return p.sim.draw(p.id, -p.jitters).Float64()
}

// now reads the clock of the machine. The result has no monotonic clock reading, so that
// the package depends on the wall clock.
func (p *simProcess) now() time.Time {
	return time.Now().Round(0).Add(time.Duration(p.skew.Load()))
}

// run makes calls every 30 s ± 50 %, or less often in a large fleet. It restarts the
// process if it was killed.
func (p *simProcess) run() {
	for step := 1; time.Now().Before(p.sim.end); step++ {
		r := p.sim.draw(p.id, step)
		time.Sleep(time.Duration((0.5 + r.Float64()) * float64(p.sim.interval())))
		if p.suspended.Load() {
			continue
		}
		if p.killed() {
			p.start()
		}
		p.makeCalls(r)
	}
}

// interval returns the average time between two steps of a process. It keeps a fleet
// below the 120 calls a minute that RingCX allows.
func (s *simulation) interval() time.Duration {
	return max(30*time.Second, time.Duration(len(s.processes))*900*time.Millisecond)
}

// isLarge reports whether the fleet comes close to the limit of 120 calls a minute. The
// processes of a large fleet do not replay calls: replays count as well, and after a
// first 429 they would keep the fleet above the limit.
func (s *simulation) isLarge() bool { return s.store != nil && *simProcesses > 15 }

func (p *simProcess) current() (*ringcx.Client, *simLink) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.client, p.link
}

func (p *simProcess) killed() bool {
	_, link := p.current()
	return link.isDead()
}

func (p *simProcess) kill() {
	client, link := p.current()
	link.die(ringcx.Renewing(client.Tokens))
}

func (p *simProcess) plan(s disruption) {
	_, link := p.current()
	link.mu.Lock()
	defer link.mu.Unlock()
	link.planned = s
}

// clone returns a copy of the process including its memory, like a virtual machine that
// is started twice from one snapshot.
func (p *simProcess) clone(id int) *simProcess {
	c := &simProcess{sim: p.sim, id: id, format: p.format, fake: p.fake, configure: p.configure, rejected: map[string]bool{}}
	c.skew.Store(p.skew.Load())
	c.start()
	client, _ := p.current()
	ringcx.CopyMemory(c.client.Tokens, client.Tokens)
	return c
}

// hasValidToken reports whether the last token should still be valid: it has not expired
// by the machine's clock, no call with it returned 401, and no Logout is under way.
func (p *simProcess) hasValidToken() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last != nil && !p.loggingOut && p.now().Before(p.last.Expiry) && !p.rejected[p.last.AccessToken]
}

// setLoggingOut records the start or the end of a Logout. It forgets the last token,
// which may no longer be valid.
func (p *simProcess) setLoggingOut(now bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.loggingOut, p.last = now, nil
}

// close closes the clients of the process, also those from before it was killed.
func (p *simProcess) close() {
	for _, c := range append(p.killedClients, p.client) {
		c.Tokens.Close()
	}
}

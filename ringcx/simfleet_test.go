package ringcx_test

import (
	"bytes"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// TestFleetInPeace is a day of hosts that share a session, with wrong clocks and
// nothing else amiss. It asserts the numbers of the README.
func TestFleetInPeace(t *testing.T) {
	seeds(t, 1, func(t *testing.T, seed uint64) {
		s := newFleet(t, seed, troubles[:1])
		s.run()
		c := s.fake.Counts()
		alone := s.alone()
		if c.Logins != 1 || c.Exchanges != 1 || c.Refreshes > alone*105/100 || c.Unauthorized > 0 || c.RateLimited > 0 {
			t.Errorf("%d sign-ins, %d exchanges, %d refreshes (one host alone: %d), %d × 401, %d × 429",
				c.Logins, c.Exchanges, c.Refreshes, alone, c.Unauthorized, c.RateLimited)
		}
		lives := float64(c.Refreshes+1) * float64(len(s.hosts))
		if reads := float64(s.store.reads) / lives; reads > 1.5 {
			t.Errorf("%.2f reads of the Store per host and token, want at most 1.5", reads)
		}
	})
}

// TestFleetColdStart starts all hosts at once, while RingCX is slow to answer.
func TestFleetColdStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFleet(t, 0, nil)
		s.fake.Fault(ringcxtest.Exchange, ringcxtest.Slow(3*time.Second), 1)
		var wg sync.WaitGroup
		for _, h := range s.hosts {
			wg.Go(func() {
				if err := h.call(t.Context()); err != nil {
					t.Errorf("host %d: %v", h.id, err)
				}
			})
		}
		wg.Wait()
		for _, h := range s.hosts {
			h.close()
		}
		spent{Logins: 1, Exchanges: 1}.check(t, s.fake)
		s.fake.Close()
	})
}

// TestFleet has all the trouble of one host, and that of many, mixed; with
// -sim.kinds the first seeds have one kind each, all day long. How many exchanges
// there may be depends on the trouble: counts asks for a cause of each.
func TestFleet(t *testing.T) {
	n, first := *fleetSeeds, uint64(len(fleetTroubles))
	if *simKinds {
		first = 0
	}
	seeds(t, n, func(t *testing.T, seed uint64) {
		s := newFleet(t, first+seed, fleetTroubles)
		s.run()
		c, most := s.fake.Counts(), s.alone()*110/100
		if len(s.hosts) > 20 {
			most = s.alone() * 125 / 100
		}
		if c.Refreshes > most {
			t.Errorf("%d refreshes, want at most %d", c.Refreshes, most)
		}
		if mixed := s.seed >= uint64(len(fleetTroubles)); mixed && c.Logins > *simHours+15 {
			t.Errorf("%d sign-ins in %d hours", c.Logins, *simHours)
		}
	})
}

// TestFleetOfVersions has programs of a version that writes another format, and
// so another record, beside those of this one. Each kind has a session of its own.
func TestFleetOfVersions(t *testing.T) {
	seeds(t, 1, func(t *testing.T, seed uint64) {
		s := newFleet(t, seed, troubles[:1])
		for _, h := range s.hosts[:len(s.hosts)/2] {
			h.format = " of another format"
		}
		s.causes.Add(1)
		s.run()
		if c := s.fake.Counts(); c.Logins != 2 || c.Exchanges != 2 || c.Refreshes > 2*s.alone()*105/100 || c.Unauthorized > 0 {
			t.Errorf("%d sign-ins, %d exchanges, %d refreshes, %d × 401, want those of two hosts", c.Logins, c.Exchanges, c.Refreshes, c.Unauthorized)
		}
	})
}

// version writes what the host's program writes, and what a newer version of it
// adds: half of the hosts have one. An older one must keep what it does not know.
func (h *simHost) version(now, next []byte) []byte {
	added := []byte(`{"later":{"a":[1]},`)
	switch {
	case next == nil:
	case h.id%2 == 1 && !bytes.Contains(next, added[1:]):
		return bytes.Replace(next, []byte("{"), added, 1)
	case h.id%2 == 0 && bytes.Contains(now, added[1:]) && !bytes.Contains(next, added[1:]):
		h.sim.Errorf("a member of a newer version was dropped")
	}
	return next
}

// alone is how many refreshes one host makes in peace.
func (s *simulation) alone() int {
	return int(time.Duration(*simHours)*time.Hour/(225*time.Second)) + 1
}

func newFleet(t *testing.T, seed uint64, troubles []trouble) *simulation {
	s := newSimulation(t, seed, troubles)
	s.store = newSimStore()
	s.fake.LimitRates(*simHosts <= 20) // more make more than 120 calls a minute; counts looks at the peaks
	s.pace = time.Hour
	for id := range *simHosts {
		h := newSimHost(s, id)
		h.skew.Store(int64((2*s.draw(id, 0).Float64() - 1) * float64(10*time.Minute)))
		s.hosts = append(s.hosts, h)
	}
	return s
}

// fleetTroubles are those of one host, and those that take a Store.
var fleetTroubles = append(troubles[:len(troubles):len(troubles)],
	process("killed", "kill", 0),
	process("paused", "pause", 45*time.Second),
	process("paused for long", "pause", 5*time.Minute),
	trouble{"ambiguous write", func(s *simulation, r *rand.Rand) { s.any(r).next(step{at: "swap", do: "ambiguous"}) }},
	trouble{"lost write", func(s *simulation, r *rand.Rand) { s.any(r).next(step{at: "swap", do: "lost"}) }},
	trouble{"stale read", func(s *simulation, r *rand.Rand) { s.any(r).next(step{at: "load", do: "stale"}) }},
	trouble{"Store down", func(s *simulation, r *rand.Rand) { s.cut(r, store, len(s.hosts)) }},
	trouble{"partition from the Store", func(s *simulation, r *rand.Rand) { s.cut(r, store, len(s.hosts)/2) }},
	trouble{"partition from the services", func(s *simulation, r *rand.Rand) { s.cut(r, services, len(s.hosts)/2) }},
	damage("record deleted", func(*simRecord, *rand.Rand) []byte { return nil }),
	damage("record corrupted", func(now *simRecord, _ *rand.Rand) []byte { return bytes.Repeat([]byte("x"), len(now.data)/2) }),
	trouble{"rolling restart", func(s *simulation, r *rand.Rand) {
		for _, h := range s.hosts {
			h.kill()
			time.Sleep(time.Duration(r.Int64N(int64(5 * time.Second))))
		}
	}},
	trouble{"cold start", func(s *simulation, _ *rand.Rand) { s.killAll() }},
	trouble{"cold start without the Store", func(s *simulation, r *rand.Rand) {
		s.killAll()
		s.cut(r, store, len(s.hosts))
	}},
	trouble{"commands", func(s *simulation, r *rand.Rand) {
		for range 20 {
			_ = s.any(r).command()
			time.Sleep(time.Duration(r.ExpFloat64() * float64(time.Minute)))
		}
	}},
	trouble{"record downgraded", func(s *simulation, r *rand.Rand) {
		s.restored.Add(1)
		damage("", func(now *simRecord, r *rand.Rand) []byte { return now.old(1 + r.IntN(memory)) }).cause(s, r)
	}},
)

// damage is a trouble that replaces the record.
func damage(name string, change func(now *simRecord, r *rand.Rand) []byte) trouble {
	return trouble{name, func(s *simulation, r *rand.Rand) {
		s.causes.Add(1)
		s.store.damage(func(now *simRecord) []byte { return change(now, r) })
	}}
}

// process is a trouble at one of the steps of one process.
func process(name, do string, pause time.Duration) trouble {
	return trouble{name, func(s *simulation, r *rand.Rand) {
		at := []string{"load", "swap", "send"}[r.IntN(3)]
		for range 3 { // one of them will renew
			s.any(r).next(step{at: at, after: r.IntN(2) == 0, do: do, pause: pause})
		}
		if r.IntN(2) == 0 {
			s.fake.ExpireTokens()
		}
	}}
}

func (s *simulation) any(r *rand.Rand) *simHost { return s.hosts[r.IntN(len(s.hosts))] }

func (s *simulation) killAll() {
	for _, h := range s.hosts {
		h.kill()
	}
}

// The lines of a host that can be cut.
const (
	store = iota
	services
)

// cut keeps n hosts from the Store or from the services, for a minute at most.
func (s *simulation) cut(r *rand.Rand, line, n int) {
	for _, h := range s.hosts[:n] {
		h.isCut[line].Store(true)
	}
	time.Sleep(min(time.Duration(r.ExpFloat64()*float64(30*time.Second)), time.Minute))
	for _, h := range s.hosts[:n] {
		h.isCut[line].Store(false)
	}
}

func (h *simHost) next(s step) {
	_, link := h.process()
	link.mu.Lock()
	defer link.mu.Unlock()
	link.next = s
}

func (h *simHost) kill() {
	client, link := h.process()
	if ringcx.Renewing(client.Tokens) {
		h.sim.causes.Add(1)
	}
	link.mu.Lock()
	defer link.mu.Unlock()
	link.dead = true
}

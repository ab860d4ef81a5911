package ringcx_test

import (
	"bytes"
	"cmp"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

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
	})
}

// TestFleetOfOne is a process with a Store that nobody shares. No other process
// makes up for what it forgets.
func TestFleetOfOne(t *testing.T) {
	var alone []trouble
	for _, t := range fleetTroubles {
		if slices.Contains([]string{
			"none", "expired early", "lost write", "ambiguous write", "Store down", "Store down for long",
			"Store lost in a renewal", "Store hangs", "record downgraded", "rolling restart", "logouts that wait",
		}, t.name) {
			alone = append(alone, t)
		}
	}
	seeds(t, int64(len(alone)), func(t *testing.T, seed uint64) {
		newFleetOf(t, 1, seed, alone).run()
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
	return newFleetOf(t, *simHosts, seed, troubles)
}

func newFleetOf(t *testing.T, hosts int, seed uint64, troubles []trouble) *simulation {
	s := newSimulation(t, seed, troubles)
	s.store = newSimStore()
	s.pace = cmp.Or(*simPace, 20*time.Minute)
	for id := range hosts {
		h := newSimHost(s, id)
		h.skew.Store(int64((2*s.draw(id, 0).Float64() - 1) * float64(10*time.Minute)))
		s.hosts = append(s.hosts, h)
	}
	return s
}

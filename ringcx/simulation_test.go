package ringcx_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

var (
	simSeed  = flag.Int64("sim.seed", -1, "run the simulation of this seed alone")
	simSeeds = flag.Int64("sim.seeds", int64(len(troubles))+8, "how many seeds to run, from 0")
	simHours = flag.Int("sim.hours", 6, "how many hours a simulation lasts")
)

// TestSimulation lives hours of a program in moments: a bubble of
// testing/synctest, the fake in memory, faults drawn from a seed. The first
// seeds have one kind of trouble each, the others a mix. A failure says how to
// run its seed again.
func TestSimulation(t *testing.T) {
	first, last := int64(0), *simSeeds
	if *simSeed >= 0 {
		first, last = *simSeed, *simSeed+1
	}
	for seed := first; seed < last; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Cleanup(func() {
				if t.Failed() {
					t.Logf("again: go test ./ringcx -run Simulation -sim.seed=%d -sim.hours=%d -cpu 1", seed, *simHours)
				}
			})
			// A goroutine that is left after Close makes synctest panic.
			synctest.Test(t, func(t *testing.T) { newSimulation(t, uint64(seed)).run() })
		})
	}
}

// simulation is one world: the services, the program, and the trouble between
// them.
type simulation struct {
	*testing.T
	seed uint64
	fake *ringcxtest.Server
	end  time.Time
	host *simHost
}

func newSimulation(t *testing.T, seed uint64) *simulation {
	s := &simulation{T: t, seed: seed, fake: ringcxtest.New(), end: time.Now().Add(time.Duration(*simHours) * time.Hour)}
	s.fake.LimitRates(true)
	s.host = newSimHost(s, 0)
	return s
}

// draw returns a source of numbers for one step of one host. It depends on
// nothing else, so that a seed is the same in every run.
func (s *simulation) draw(host, step int) *rand.Rand {
	return rand.New(rand.NewPCG(s.seed, uint64(host)<<32^uint64(step)))
}

func (s *simulation) run() {
	defer s.fake.Close()
	var wg sync.WaitGroup
	wg.Go(s.host.run)
	wg.Go(s.trouble)
	wg.Wait()
	s.recovers()
	s.sleeps()
	s.host.tokens.Close()
	s.counts()
}

// trouble causes one trouble after the other, five minutes apart on average,
// each for a minute on average.
func (s *simulation) trouble() {
	for step := 0; time.Now().Before(s.end); step++ {
		r := s.draw(-1, step)
		time.Sleep(time.Duration(r.ExpFloat64() * float64(5*time.Minute)))
		kind := r.IntN(len(troubles))
		if s.seed < uint64(len(troubles)) {
			kind = int(s.seed)
		}
		troubles[kind].cause(s, r)
		time.Sleep(time.Duration(r.ExpFloat64() * float64(time.Minute)))
		s.fake.ClearFaults()
	}
}

// recovers asserts that the program is well again as soon as the longest wait
// that it was made to keep is over.
func (s *simulation) recovers() {
	s.fake.ClearFaults()
	s.host.suspended.Store(false)
	synctest.Wait()
	const backOff = 15 * time.Second * 12 / 10
	limit := ringcx.LongestWait(s.host.tokens) + backOff
	start := time.Now()
	for {
		err := s.host.call(s.Context())
		if err == nil {
			return
		}
		if time.Since(start) > limit {
			s.Errorf("still failing %v after the last trouble, want at most %v: %v", time.Since(start), limit, err)
			return
		}
		time.Sleep(time.Second)
	}
}

// sleeps asserts that nothing runs while nobody asks.
func (s *simulation) sleeps() {
	time.Sleep(time.Minute) // the end of a renewal in the background
	synctest.Wait()
	before := s.fake.Counts().Arrivals
	goroutines := runtime.NumGoroutine()
	time.Sleep(24 * time.Hour)
	if after := s.fake.Counts().Arrivals; fmt.Sprint(after) != fmt.Sprint(before) {
		s.Errorf("an idle source sent requests: %v, then %v", before, after)
	}
	if n := runtime.NumGoroutine(); n > goroutines {
		s.Errorf("%d goroutines, then %d", goroutines, n)
	}
}

// counts asserts what the services saw.
func (s *simulation) counts() {
	c := s.fake.Counts()
	if c.RefreshReused > 0 {
		s.Errorf("%d refresh tokens were sent twice", c.RefreshReused)
	}
	if c.Peaks[ringcxtest.Login] > 5 || c.PeakTokenRequests > 5 {
		s.Errorf("%d sign-ins and %d exchanges and refreshes in 60 s, want at most 5", c.Peaks[ringcxtest.Login], c.PeakTokenRequests)
	}
	if c.WrongHostBearers > 0 {
		s.Errorf("%d secrets reached another host", c.WrongHostBearers)
	}
	s.Logf("%d calls, %d sign-ins, %d exchanges, %d refreshes, %d × 401, %d × 429, %d errors",
		c.Calls, c.Logins, c.Exchanges, c.Refreshes, c.Unauthorized, c.RateLimited, s.host.errors)
}

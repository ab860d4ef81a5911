package ringcx_test

import (
	"cmp"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

var (
	simSeed    = flag.Int64("sim.seed", -1, "run the simulation of this seed alone")
	simSeeds   = flag.Int64("sim.seeds", int64(len(troubles))+8, "how many seeds to run, from 0")
	simHours   = flag.Int("sim.hours", 6, "how many hours a simulation lasts")
	simKinds   = flag.Bool("sim.kinds", false, "give the first seeds of a fleet one kind of trouble each")
	fleetSeeds = flag.Int64("sim.fleets", 2, "how many seeds of a fleet to run, from 0")
	simBurst   = flag.Int("sim.burst", 5, "how many requests in a row a trouble spoils at most")
	simWithout = flag.String("sim.without", "", "names of troubles that are not to happen, with commas between them")
	simHosts   = flag.Int("sim.hosts", 20, "how many processes a fleet has")
	simPace    = flag.Duration("sim.pace", 0, "the time between two troubles, on average; 0: what suits the test")
	simLanes   = flag.Int("sim.lanes", 2, "how many troubles happen at a time, of the seeds that mix them")
	simSalt    = flag.Uint64("sim.salt", 0, "makes other runs of the same seeds, and so of the same kinds of trouble")
	simMeasure = flag.Bool("sim.measure", false, "allow any number of bad calls to processes that a trouble affects, and log them")
)

// seeds runs f for the seeds that the flags ask for, n by default, each in a
// bubble of testing/synctest. A goroutine that is left makes synctest panic.
func seeds(t *testing.T, n int64, f func(t *testing.T, seed uint64)) {
	first := int64(0)
	if *simSeed >= 0 {
		first, n = *simSeed, *simSeed+1
	}
	for seed := first; seed < n; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Cleanup(func() {
				if t.Failed() {
					t.Logf("again: go test ./ringcx -run %s -cpu 1 -sim.seed=%d -sim.hours=%d -sim.hosts=%d -sim.salt=%d -sim.burst=%d -sim.pace=%v -sim.lanes=%d -sim.kinds=%t -sim.without=%q",
						t.Name(), seed, *simHours, *simHosts, *simSalt, *simBurst, *simPace, *simLanes, *simKinds, *simWithout)
				}
			})
			synctest.Test(t, func(t *testing.T) { f(t, uint64(seed)) })
		})
	}
}

// TestSimulation lives hours of a program in moments: the fake in memory, and
// trouble drawn from a seed. The first seeds have one kind of trouble each, the
// others a mix.
func TestSimulation(t *testing.T) {
	seeds(t, *simSeeds, func(t *testing.T, seed uint64) {
		s := newSimulation(t, seed, troubles)
		s.hosts = []*simHost{newSimHost(s, 0)}
		s.run()
	})
}

// simulation is one world: the services, the machines, and the trouble between
// them.
type simulation struct {
	*testing.T
	seed     uint64
	fake     *ringcxtest.Server
	store    *simStore // nil: there is none
	hosts    []*simHost
	troubles []trouble
	pace     time.Duration // between two troubles, on average
	excuses  excuses
	watch    watch
	causes   atomic.Int64 // of an exchange: the start, refresh tokens that were lost or rejected
	restored atomic.Int64 // records that were put back: a token in one may be spent
	over     atomic.Bool
	end      time.Time
}

func newSimulation(t *testing.T, seed uint64, troubles []trouble) *simulation {
	s := &simulation{
		T: t, seed: seed, fake: ringcxtest.New(), troubles: troubles, pace: cmp.Or(*simPace, 3*time.Minute),
		end:   time.Now().Add(time.Duration(*simHours) * time.Hour),
		watch: watch{tokens: map[string]*ringcxtest.Server{}},
	}
	s.fake.LimitRates(true)
	s.fake.Handle("POST "+streamPath, always(http.StatusOK))
	s.fake.Handle("POST "+deniedPath, always(http.StatusUnauthorized))
	s.fake.Handle("GET "+deniedPath, always(http.StatusUnauthorized))
	s.causes.Store(1)
	return s
}

// always is an endpoint that always returns one status.
func always(code int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) })
}

// draw returns a source of numbers for one step of one host. It depends on
// nothing else, so that a seed is the same in every run.
func (s *simulation) draw(host, step int) *rand.Rand {
	return rand.New(rand.NewPCG(s.seed+*simSalt<<32, uint64(host)<<32^uint64(step)))
}

func (s *simulation) run() {
	defer s.fake.Close()
	s.excuses.slow = 2 * (s.interval() - 30*time.Second)
	var wg sync.WaitGroup
	for _, h := range s.hosts {
		wg.Go(h.run)
	}
	lanes := *simLanes
	if s.isOneKind() {
		lanes = 1
	}
	for lane := range lanes {
		wg.Go(func() { s.trouble(lane) })
	}
	wg.Wait()
	synctest.Wait()
	for _, h := range s.hosts {
		h.next(step{}) // no more trouble is in store
	}
	x := s.excuses.begin(trouble{name: "recovery", bound: bound{bad: 4, after: 2 * time.Minute}})
	s.recover() // from what happened while nobody made a call any more
	x.end()
	s.sleeps()
	s.over.Store(true)
	for _, h := range s.hosts {
		h.close()
	}
	s.counts()
}

// isOneKind reports whether the seed has one kind of trouble.
func (s *simulation) isOneKind() bool { return s.seed < uint64(len(s.troubles)) }

// trouble causes one trouble after the other, each for a minute on average.
func (s *simulation) trouble(lane int) {
	for step := 0; time.Now().Before(s.end); step++ {
		r := s.draw(-1-lane, step)
		time.Sleep(time.Duration(r.ExpFloat64() * float64(s.pace)))
		kind := r.IntN(len(s.troubles))
		if s.isOneKind() {
			kind = int(s.seed)
		}
		if t := s.troubles[kind]; !slices.Contains(strings.Split(*simWithout, ","), t.name) {
			x := s.excuses.begin(t)
			if *simMeasure {
				s.Logf("at %v: %s", s.at(), t.name)
			}
			t.cause(s, x, r)
			time.Sleep(time.Duration(r.ExpFloat64() * float64(time.Minute)))
			s.fake.ClearFaults()
			s.excuses.end(x)
		}
	}
}

// recover asserts that every program is well again as soon as the longest wait
// that one of them was made to keep is over: in a fleet they share it.
func (s *simulation) recover() {
	longest := time.Duration(0)
	for _, h := range s.hosts {
		if h.killed() {
			h.start()
		}
		longest = max(longest, ringcx.LongestWait(h.client.Tokens))
	}
	const backOff = 15 * time.Second * 12 / 10
	longest += backOff
	if s.store != nil {
		longest += 30 * time.Second // the lease of a host that was killed
	}
	for _, h := range s.hosts {
		s.recovers(h, longest)
		time.Sleep(time.Second) // RingCX allows 120 calls a minute
		if s.store == nil {
			continue // a command would have a session of its own
		}
		if err := h.command(); err != nil {
			s.Errorf("host %d: a command after it has recovered: %v", h.id, err)
		}
	}
}

func (s *simulation) recovers(h *simHost, limit time.Duration) {
	start := time.Now()
	for {
		err := h.call(s.Context())
		if err == nil {
			return
		}
		if time.Since(start) > limit {
			s.Errorf("host %d: still failing %v after the last trouble, want at most %v: %v", h.id, time.Since(start), limit, err)
			return
		}
		time.Sleep(time.Second)
	}
}

// sleeps asserts that nothing runs while nobody asks.
func (s *simulation) sleeps() {
	time.Sleep(2 * time.Minute) // the end of a renewal in the background
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

// at is the time since the simulation began.
func (s *simulation) at() time.Duration {
	return time.Since(s.end) + time.Duration(*simHours)*time.Hour
}

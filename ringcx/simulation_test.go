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
	simSeed      = flag.Int64("sim.seed", -1, "run only this seed")
	simSeeds     = flag.Int64("sim.seeds", int64(len(troubles))+8, "number of seeds to run, starting at 0")
	simHours     = flag.Int("sim.hours", 6, "simulated hours per seed")
	simKinds     = flag.Bool("sim.kinds", false, "give each of the first seeds of a fleet a single kind of trouble")
	fleetSeeds   = flag.Int64("sim.fleets", 2, "number of seeds of a fleet to run, starting at 0")
	simBurst     = flag.Int("sim.burst", 5, "maximum number of consecutive requests that one fault affects")
	simWithout   = flag.String("sim.without", "", "comma-separated names of troubles to leave out")
	simProcesses = flag.Int("sim.processes", 20, "number of processes of a fleet")
	simPace      = flag.Duration("sim.pace", 0, "average time between two troubles; 0 selects the default of the test")
	simLanes     = flag.Int("sim.lanes", 2, "number of troubles at the same time, in seeds that mix them")
	simSalt      = flag.Uint64("sim.salt", 0, "vary the random numbers without changing which kinds of trouble a seed has")
	simMeasure   = flag.Bool("sim.measure", false, "allow and log any number of bad calls of processes that a trouble affects")
)

// seeds runs f in a synctest bubble for each seed that the flags select, or for the seeds
// 0 to n-1 by default. synctest panics if f leaves a goroutine behind.
func seeds(t *testing.T, n int64, f func(t *testing.T, seed uint64)) {
	first := int64(0)
	if *simSeed >= 0 {
		first, n = *simSeed, *simSeed+1
	}
	for seed := first; seed < n; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Cleanup(func() {
				if t.Failed() {
					t.Logf("to reproduce: go test ./ringcx -run %s -cpu 1 -sim.seed=%d -sim.hours=%d -sim.processes=%d -sim.salt=%d -sim.burst=%d -sim.pace=%v -sim.lanes=%d -sim.kinds=%t -sim.without=%q",
						t.Name(), seed, *simHours, *simProcesses, *simSalt, *simBurst, *simPace, *simLanes, *simKinds, *simWithout)
				}
			})
			synctest.Test(t, func(t *testing.T) { f(t, uint64(seed)) })
		})
	}
}

// TestSimulation simulates hours of a program with one process and no Store. It uses the
// in-memory fake and draws troubles from a seed. Each of the first seeds has a single
// kind of trouble; the others mix all kinds.
func TestSimulation(t *testing.T) {
	seeds(t, *simSeeds, func(t *testing.T, seed uint64) {
		s := newSimulation(t, seed, troubles)
		s.processes = []*simProcess{newSimProcess(s, 0)}
		s.run()
	})
}

// simulation holds the services, the processes and the troubles of one seed.
type simulation struct {
	*testing.T
	seed        uint64
	fake        *ringcxtest.Server
	store       *simStore // nil without a Store
	processes   []*simProcess
	troubles    []trouble
	pace        time.Duration // average time between two troubles
	occurrences occurrences
	watch       watch
	causes      atomic.Int64 // events that justify one exchange each: the start, a lost or rejected refresh token
	restored    atomic.Int64 // how often an old record, which may hold a used refresh token, was restored
	over        atomic.Bool
	end         time.Time
}

func newSimulation(t *testing.T, seed uint64, troubles []trouble) *simulation {
	s := &simulation{
		T: t, seed: seed, fake: ringcxtest.New(), troubles: troubles, pace: cmp.Or(*simPace, 3*time.Minute),
		end:   time.Now().Add(time.Duration(*simHours) * time.Hour),
		watch: watch{tokens: map[string]*ringcxtest.Server{}},
	}
	s.fake.LimitRates(true)
	s.fake.SetLoginLifetimes(time.Hour, 0) // otherwise later sign-ins end sessions that are in use: five may live at once
	s.fake.Handle("POST "+streamPath, always(http.StatusOK))
	s.fake.Handle("POST "+unauthorizedPath, always(http.StatusUnauthorized))
	s.fake.Handle("GET "+unauthorizedPath, always(http.StatusUnauthorized))
	s.causes.Store(1)
	return s
}

// always returns a handler that responds with the same status to every request.
func always(code int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) })
}

// draw returns the random numbers for one step of one process. They depend only on the
// seed, the salt, the process and the step, so that every run of a seed is the same.
func (s *simulation) draw(process, step int) *rand.Rand {
	return rand.New(rand.NewPCG(s.seed+*simSalt<<32, uint64(process)<<32^uint64(step)))
}

func (s *simulation) run() {
	defer s.fake.Close()
	s.occurrences.slow = 2 * (s.interval() - 30*time.Second)
	var wg sync.WaitGroup
	for _, p := range s.processes {
		wg.Go(p.run)
	}
	lanes := *simLanes
	if s.hasOneKind() {
		lanes = 1
	}
	for lane := range lanes {
		wg.Go(func() { s.trouble(lane) })
	}
	wg.Wait()
	synctest.Wait()
	for _, p := range s.processes {
		p.plan(disruption{}) // cancels planned disruptions
	}
	// The last troubles may have ended after the last call.
	x := s.occurrences.begin(trouble{name: "recovery", bound: bound{bad: 4, after: 2 * time.Minute}})
	s.checkRecoveries()
	x.end()
	s.checkIdle()
	s.over.Store(true)
	for _, p := range s.processes {
		p.close()
	}
	s.checkCounts()
}

// hasOneKind reports whether the seed has a single kind of trouble.
func (s *simulation) hasOneKind() bool { return s.seed < uint64(len(s.troubles)) }

// trouble causes one trouble after another until the simulation ends. Each lasts a minute
// on average after its cause function has returned.
func (s *simulation) trouble(lane int) {
	for step := 0; time.Now().Before(s.end); step++ {
		r := s.draw(-1-lane, step)
		time.Sleep(time.Duration(r.ExpFloat64() * float64(s.pace)))
		kind := r.IntN(len(s.troubles))
		if s.hasOneKind() {
			kind = int(s.seed)
		}
		if t := s.troubles[kind]; !slices.Contains(strings.Split(*simWithout, ","), t.name) {
			x := s.occurrences.begin(t)
			if *simMeasure {
				s.Logf("at %v: %s", s.at(), t.name)
			}
			t.cause(s, x, r)
			time.Sleep(time.Duration(r.ExpFloat64() * float64(time.Minute)))
			s.fake.ClearFaults()
			s.occurrences.end(x)
		}
	}
}

// checkRecoveries asserts that calls of every process succeed again after the longest
// wait of any process. The processes of a fleet share their waits.
func (s *simulation) checkRecoveries() {
	longest := time.Duration(0)
	for _, p := range s.processes {
		if p.killed() {
			p.start()
		}
		longest = max(longest, ringcx.LongestWait(p.client.Tokens))
	}
	const backOff = 15 * time.Second * 12 / 10
	longest += backOff
	if s.store != nil {
		longest += 30 * time.Second // the lease of a process that was killed
	}
	for _, p := range s.processes {
		s.checkRecovery(p, longest)
		time.Sleep(time.Second) // RingCX allows 120 calls a minute
		if s.store == nil {
			continue // without a Store, a command has a session of its own
		}
		if err := p.command(); err != nil {
			s.Errorf("process %d: a command after the recovery failed: %v", p.id, err)
		}
	}
}

// checkRecovery asserts that a call of p succeeds within limit.
func (s *simulation) checkRecovery(p *simProcess, limit time.Duration) {
	start := time.Now()
	for {
		err := p.call(s.Context())
		if err == nil {
			return
		}
		if time.Since(start) > limit {
			s.Errorf("process %d: calls still fail %v after the last trouble, want at most %v: %v", p.id, time.Since(start), limit, err)
			return
		}
		time.Sleep(time.Second)
	}
}

// checkIdle asserts that sources without callers send no requests and start no
// goroutines.
func (s *simulation) checkIdle() {
	time.Sleep(2 * time.Minute) // until background renewals have ended
	synctest.Wait()
	before := s.fake.Counts().Arrivals
	goroutines := runtime.NumGoroutine()
	time.Sleep(24 * time.Hour)
	if after := s.fake.Counts().Arrivals; fmt.Sprint(after) != fmt.Sprint(before) {
		s.Errorf("an idle source sent requests: %v before 24 idle hours, %v after", before, after)
	}
	if n := runtime.NumGoroutine(); n > goroutines {
		s.Errorf("%d goroutines before 24 idle hours, %d after", goroutines, n)
	}
}

// at returns the time since the start of the simulation.
func (s *simulation) at() time.Duration {
	return time.Since(s.end) + time.Duration(*simHours)*time.Hour
}

// checkCounts asserts limits for the requests that the services received, and logs them.
func (s *simulation) checkCounts() {
	c := s.fake.Counts()
	most := max(peakWithoutStore, len(s.processes)/3)
	if s.watch.outagePeak > most {
		s.violation(s.processes[0], "%d exchanges and refreshes in 60 s while a process was without the Store, want at most %d", s.watch.outagePeak, most)
	}
	if c.WrongHostBearers > 0 {
		s.Errorf("%d requests carried a secret to another host", c.WrongHostBearers)
	}
	if s.causes.Load() < int64(s.watch.tokenExchanges) {
		s.Errorf("%d exchanges returned a token, want at most %d, one for each cause", s.watch.tokenExchanges, s.causes.Load())
	}
	bad := int64(0)
	for _, p := range s.processes {
		bad += p.bad.Load()
	}
	s.Logf("%d calls, %d sign-ins, %d exchanges, %d refreshes, %d × 401, %d × 429, %d bad calls, %d causes, peak %d (%d without the Store)",
		c.Calls, c.Logins, c.Exchanges, c.Refreshes, c.Unauthorized, c.RateLimited, bad, s.causes.Load(), s.watch.peak, s.watch.outagePeak)
	if s.store != nil {
		s.Logf("Store: %d reads, %d writes", s.store.reads, s.store.writes)
	}
	s.occurrences.log(s)
}

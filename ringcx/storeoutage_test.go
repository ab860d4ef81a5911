package ringcx_test

import (
	"flag"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

var outageAll = flag.Bool("outage.all", false, "run TestStoreOutages with all fleet sizes and all ages of the token")

// outageGoals limit how long the process that is worst off may be without a token in a
// Store outage of 20 minutes, as the mean of 20 outages, and the responses with 429 in
// all of them. With fewer outages, the mean may be outageFew times as long.
var outageGoals = []outageGoal{
	{1, 0, 0, true},
	{3, 0, 0, false},
	{4, 0, 0, true},
	{5, 15 * time.Second, 0, true},
	{8, time.Minute, 0, false},
	{12, 7*time.Minute + 14*time.Second, 28, false},
	{20, 15*time.Minute + 26*time.Second, 325, false},
}

type outageGoal struct {
	processes int
	mean      time.Duration
	limited   int
	cheap     bool // also tested without -outage.all
}

const (
	outageTime    = 20 * time.Minute
	outageAfter   = 2 * time.Minute // calls are counted until this long after the outage
	outagePrelude = 30 * time.Minute
	outageSteps   = 20 // number of outages; the age of the token grows by outageStep
	outageStep    = 15 * time.Second
	outageCheap   = 5   // without -outage.all, only every fifth step is tested
	outageFew     = 2.0 // factor of the goal with fewer outages
	renewalPeriod = 225 * time.Second
	restartPause  = 5 * time.Second // between two processes of a rolling restart
)

// prelude is what happens right before the outage.
type prelude struct {
	name    string
	restart func(*worker) // ends a process that is replaced; nil: no restart
}

var preludes = []prelude{
	{"steady", nil},
	{"restart with Close", func(w *worker) { _ = w.client.Tokens.Close() }},
	{"restart without Close", func(w *worker) { w.kill() }},
}

// TestStoreOutages runs Store outages of 20 minutes. It measures how long the process
// that is worst off has no token.
func TestStoreOutages(t *testing.T) {
	for _, p := range preludes {
		for _, goal := range outageGoals {
			if !goal.cheap && !*outageAll {
				continue
			}
			t.Run(fmt.Sprintf("%s/%d", p.name, goal.processes), func(t *testing.T) {
				var sum outageResult
				for step := 0; step < outageSteps; step++ {
					if *outageAll || step%outageCheap == outageCheap-1 {
						synctest.Test(t, func(t *testing.T) { sum.add(runOutage(t, step, goal.processes, p)) })
					}
				}
				if p.restart != nil {
					goal = afterRestart(goal)
				}
				sum.check(t, goal.mean, goal.limited)
			})
		}
	}
}

// afterRestart returns the goal for outages right after a restart. If an outage begins in
// the second of a renewal, a few processes have another token than the others. With 20
// processes, the entries of the killed processes fill the roster, so that it has no
// effect.
func afterRestart(goal outageGoal) outageGoal {
	switch goal.processes {
	case 8:
		goal.limited = 3
	case 20:
		goal.mean, goal.limited = 17*time.Minute+30*time.Second, 358
	}
	return goal
}

// outageResult is the result of one outage, or the sum of several.
type outageResult struct {
	outages, clean int
	worst, longest time.Duration // time without a token of the process that is worst off: sum and maximum
	all            time.Duration // mean time without a token of all processes, summed over the outages
	limited, peak  int
	exchanges      int
}

func (r *outageResult) add(o outageResult) {
	r.outages++
	r.clean += o.clean
	r.worst += o.worst
	r.longest = max(r.longest, o.worst)
	r.all += o.all
	r.limited += o.limited
	r.peak = max(r.peak, o.peak)
	r.exchanges += o.exchanges
}

func (r *outageResult) check(t *testing.T, goal time.Duration, limited int) {
	n := time.Duration(max(1, r.outages))
	mean := r.worst / n
	if r.outages < outageSteps {
		goal = time.Duration(outageFew * float64(goal))
	}
	t.Logf("%s: time without a token: worst process %v on average (goal %v), %v at most, all processes %v on average; %d of %d outages without an error; %d × 429 (goal %d), %d exchanges, peak %d",
		t.Name(), mean.Round(time.Second), goal, r.longest, (r.all / n).Round(time.Second), r.clean, r.outages, r.limited, limited, r.exchanges, r.peak)
	if mean > goal {
		t.Errorf("the process that was worst off had no token for %v on average, want at most %v", mean, goal)
	}
	if r.limited > limited {
		t.Errorf("%d × 429, want at most %d", r.limited, limited)
	}
}

// runOutage runs one outage, which begins renewalPeriod + step × outageStep after a token
// was requested.
func runOutage(t *testing.T, step, processes int, p prelude) outageResult {
	s := newScenario(t, step, processes)
	defer s.close()
	r := &outageRun{scenario: s}
	stop := make(chan struct{})
	for id := range processes {
		s.running.Go(func() { r.callEverySecond(id, stop) })
	}
	begin := r.nextToken().Add(renewalPeriod + time.Duration(step)*outageStep)
	if p.restart != nil {
		time.Sleep(time.Until(begin) - time.Duration(processes)*restartPause)
		for id := range processes {
			r.replace(id, p.restart)
			time.Sleep(restartPause)
		}
	}
	time.Sleep(time.Until(begin))
	before := s.fake.Counts()
	r.breaks("both")
	time.Sleep(outageTime)
	r.breaks("")
	time.Sleep(outageAfter)
	close(stop)
	s.running.Wait()
	s.check()
	c := s.fake.Counts()
	result := outageResult{limited: c.RateLimited - before.RateLimited, exchanges: c.Exchanges - before.Exchanges, peak: c.PeakTokenRequests}
	result.worst, result.all = r.without(begin)
	if result.worst == 0 {
		result.clean = 1
	}
	return result
}

// outageRun is a scenario whose processes can be replaced.
type outageRun struct {
	*scenario
	mu sync.Mutex
}

// at returns the process that currently has the id.
func (r *outageRun) at(id int) *worker {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.workers[id]
}

// replace starts a new process with the id and ends the old one.
func (r *outageRun) replace(id int, end func(*worker)) {
	old := r.at(id)
	r.mu.Lock()
	r.workers[id] = r.start(id)
	r.mu.Unlock()
	end(old)
}

func (r *outageRun) breaks(method string) {
	for id := range r.workers {
		r.at(id).store.breaks(method)
	}
}

func (r *outageRun) callEverySecond(id int, stop chan struct{}) {
	time.Sleep(time.Duration(r.draw(id).Int64N(int64(time.Second))))
	for {
		w := r.at(id)
		r.running.Go(func() { w.do(w.token) })
		select {
		case <-stop:
			return
		case <-time.After(time.Second):
		}
	}
}

// nextToken waits until a new token is requested, near the end of outagePrelude, and
// returns when that was.
func (r *outageRun) nextToken() time.Time {
	time.Sleep(outagePrelude - 2*renewalPeriod)
	old := must(r.at(0).client.Tokens.Token())
	for {
		time.Sleep(time.Second)
		if now := must(r.at(0).client.Tokens.Token()); now.AccessToken != old.AccessToken {
			return now.Expiry.Add(-290 * time.Second)
		}
	}
}

// without returns how long the process that was worst off had no token in an outage, and
// the mean of all processes. A call that takes a second or longer counts as a second
// without a token.
func (r *outageRun) without(begin time.Time) (worst, mean time.Duration) {
	for _, w := range r.workers {
		without := time.Duration(0)
		for _, o := range w.between(begin, begin.Add(outageTime+outageAfter)) {
			if o.err != nil || o.took >= time.Second {
				without += time.Second
			}
		}
		worst = max(worst, without)
		mean += without / time.Duration(len(r.workers))
	}
	return worst, mean
}

// TestOutageOfAnOldFleet runs a Store outage of 20 minutes after the processes have run
// for less or more than the hour that a RingCentral token is valid. Every process must
// have a token all the time: it renews with its own refresh token or signs in. The
// processes make calls every 5 s before the outage, so that the shared token is valid for
// at least another minute. The fourth process requests a token of its own 50.5 s after
// the outage began.
func TestOutageOfAnOldFleet(t *testing.T) {
	for _, age := range []time.Duration{20 * time.Minute, 45 * time.Minute, 2 * time.Hour} {
		for _, processes := range []int{1, 4} {
			t.Run(fmt.Sprintf("%d after %v", processes, age), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { outageOfOldFleet(t, age, processes) })
			})
		}
	}
}

func outageOfOldFleet(t *testing.T, age time.Duration, processes int) {
	fake, store, process := fleet(t)
	fake.LimitRates(true)
	var all []*ringcx.TokenSource
	for seed := range processes {
		all = append(all, process())
		ringcx.SetClock(all[seed], time.Now, drawn(seed))
	}
	for start := time.Now(); time.Since(start) < age; time.Sleep(5 * time.Second) {
		for _, ts := range all {
			must(ts.Token())
			synctest.Wait()
		}
	}
	before := fake.Counts().Logins
	store.breaks("both")
	for id, ts := range all {
		go func() {
			if failed := failedTokens(ts, 20*time.Minute); failed > 0 {
				t.Errorf("process %d had no token in %d of 1200 s", id, failed)
			}
		}()
	}
	time.Sleep(20*time.Minute + time.Second)
	if c := fake.Counts(); c.Logins-before > 4 || c.RateLimited > 0 {
		t.Errorf("%d sign-ins in the outage, %d responses with 429", c.Logins-before, c.RateLimited)
	}
}

// TestOneFailureInAStoreOutage makes one exchange, or ten unreachable ones, fail during a
// Store outage. The process sends its first request a minute before the token expires, so
// that a further attempt obtains a token in time. Only after a 429 the next attempt
// follows two minutes later, because the fleet may have more processes than RingCX allows
// requests.
func TestOneFailureInAStoreOutage(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault ringcxtest.Fault
		times int
		most  int // most seconds without a token
	}{
		{"unreachable", ringcxtest.Unreachable, 10, 0},
		{"status 502", ringcxtest.Status(502, "down"), 1, 0},
		{"dropped", ringcxtest.DropAnswer, 1, 0},
		{"status 429", ringcxtest.RateLimit(time.Second), 1, 66},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fake, store, process := fleet(t)
				ts := process()
				must(ts.Token())
				synctest.Wait()
				store.breaks("both")
				fake.Fault(ringcxtest.Exchange, c.fault, c.times)
				if failed := failedTokens(ts, 20*time.Minute); failed > c.most {
					t.Errorf("no token for %d s, want at most %d s", failed, c.most)
				}
			})
		})
	}
}

// TestOldStoreFailure makes a write fail and, ten minutes without calls later, the Store
// fail for 2 s. The second failure is a new outage: the process waits before it requests
// a token of its own.
func TestOldStoreFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		ts := process()
		must(ts.Token())
		synctest.Wait()
		time.Sleep(230 * time.Second)
		store.breaks("swap")
		must(ts.Token())
		synctest.Wait()
		store.breaks("")
		time.Sleep(10 * time.Minute)
		store.breaks("both")
		time.AfterFunc(2*time.Second, func() { store.breaks("") })
		must(ts.Token())
		synctest.Wait()
		spent{1, 1, 1}.check(t, fake)
	})
}

package ringcx_test

import (
	"cmp"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

var brokenSeeds = flag.Int("broken.seeds", 1, "number of seeds to run for each kind of broken network")

// The percentage of calls of the healthy processes that may fail, as the mean of
// brokenFullRun seeds. With fewer seeds, brokenFewSeeds times as many may fail.
const (
	brokenFullRun  = 20
	brokenFewSeeds = 2.0

	brokenGoalOneRate  = 0.1 // one broken network, with 429
	brokenGoalOne      = 0.0 // one broken network, with another failure
	brokenGoalThree    = 1.0
	brokenGoalFive     = 5.0
	brokenGoalPlain429 = 10.0

	brokenPeak = 5 // most requests in a minute
)

const plain429 = "429 without Retry-After"

const (
	brokenProcesses = 10
	brokenPause     = 10 * time.Second // between two calls of a process, ± 20 %
	brokenTime      = time.Hour
	brokenAfter     = 5 * time.Minute // calls are counted until this long after the repair
)

// networkFailure is a kind of broken network. Its respond function replaces the services.
type networkFailure struct {
	name    string
	rate    bool // the responses have status 429
	respond func(*http.Request) (*http.Response, error)
}

var networkFailures = []networkFailure{
	{"403 text", false, replies(http.StatusForbidden, "text/plain", "Forbidden", "")},
	{"429 for 1 h", true, replies(http.StatusTooManyRequests, "text/plain", "Too many requests", "3600")},
	{"HTML 200", false, replies(http.StatusOK, "text/html", "<html><body>Sign in to the network</body></html>", "")},
	{"reset", false, func(*http.Request) (*http.Response, error) {
		return nil, &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
	}},
	{"no response", false, func(req *http.Request) (*http.Response, error) {
		<-req.Context().Done()
		return nil, req.Context().Err()
	}},
	{plain429, true, replies(http.StatusTooManyRequests, "text/plain", "Too many requests", "")},
	{"401 text", false, replies(http.StatusUnauthorized, "text/plain", "Unauthorized", "")},
}

// replies returns a function that returns the same response to every request.
func replies(code int, contentType, body, retryAfter string) func(*http.Request) (*http.Response, error) {
	return func(req *http.Request) (*http.Response, error) {
		resp := response(code, contentType, body)
		resp.Request = req
		if retryAfter != "" {
			resp.Header.Set("Retry-After", retryAfter)
		}
		return resp, nil
	}
}

// goal returns the percentage of calls of healthy processes that may fail while the
// networks of count processes are broken.
func (k networkFailure) goal(count, seeds int) float64 {
	goal := map[int]float64{1: brokenGoalOne, 3: brokenGoalThree, 5: brokenGoalFive}[count]
	if k.name == plain429 && count > 1 {
		goal = brokenGoalPlain429 // each 429 makes all processes wait for a minute, in which the token may expire
	}
	if count == 1 && k.rate {
		goal = brokenGoalOneRate
	}
	if seeds < brokenFullRun {
		goal *= brokenFewSeeds
	}
	return goal
}

// TestProcessesWithBrokenNetwork breaks the networks of some processes for an hour. It
// asserts that few calls of the other, healthy processes fail.
func TestProcessesWithBrokenNetwork(t *testing.T) {
	for _, allCalls := range []bool{false, true} {
		if allCalls && *brokenSeeds == 1 {
			continue // would double the time of the test
		}
		for _, count := range []int{1, 3, 5} {
			for _, kind := range networkFailures {
				scope := map[bool]string{false: "token requests", true: "all requests"}[allCalls]
				t.Run(fmt.Sprintf("%s/%d of %d/%s", scope, count, brokenProcesses, kind.name), func(t *testing.T) {
					var sum brokenResult
					for seed := range *brokenSeeds {
						synctest.Test(t, func(t *testing.T) { sum.add(runBrokenNetwork(t, seed, count, kind, allCalls)) })
					}
					sum.report(t, kind.goal(count, *brokenSeeds))
				})
			}
		}
	}
}

// runBrokenNetwork runs one scenario: at least 10 minutes without trouble, an hour in
// which count networks are broken, and the time until their processes have recovered.
func runBrokenNetwork(t *testing.T, seed, count int, kind networkFailure, allCalls bool) brokenResult {
	s := newScenario(t, seed, brokenProcesses)
	defer s.close()
	over := &overcount{traffic: s.traffic}
	r := s.draw(-1)
	order := r.Perm(brokenProcesses)
	broken, healthy := make([]*worker, 0, count), make([]*worker, 0, brokenProcesses)
	for _, w := range s.workers {
		w.onEvent = over.event
		if order[w.id] < count {
			broken = append(broken, w)
		} else {
			healthy = append(healthy, w)
		}
	}
	stop := make(chan struct{})
	for _, w := range s.workers {
		s.running.Go(func() { s.callUntil(w, stop) })
	}
	time.Sleep(10*time.Minute + time.Duration(r.Int64N(int64(5*time.Minute))))
	before, began := s.fake.Counts(), time.Now()
	for _, w := range broken {
		w.link.breaks(kind.respond, allCalls)
	}
	time.Sleep(brokenTime)
	for _, w := range broken {
		w.link.breaks(nil, false)
	}
	end := time.Now()
	recovery := untilRecovered(broken, end)
	close(stop)
	s.running.Wait()
	s.check()
	return measureBrokenNetwork(s.fake.Counts(), before, healthy, broken, began, end, recovery, over)
}

// callUntil makes a call about every brokenPause until stop is closed.
func (s *scenario) callUntil(w *worker, stop chan struct{}) {
	r := s.draw(w.id)
	time.Sleep(time.Duration(r.Int64N(int64(brokenPause))))
	for {
		s.running.Go(func() { w.do(w.list) })
		select {
		case <-stop:
			return
		case <-time.After(time.Duration((0.8 + 0.4*r.Float64()) * float64(brokenPause))):
		}
	}
}

// untilRecovered waits until no call of the processes has failed for brokenAfter, and
// returns how long after end the last call failed. It gives up after 70 minutes.
func untilRecovered(broken []*worker, end time.Time) time.Duration {
	for {
		time.Sleep(time.Minute)
		last := time.Duration(0)
		for _, w := range broken {
			for _, o := range w.between(end, time.Now()) {
				if o.err != nil {
					last = max(last, o.at.Add(o.took).Sub(end))
				}
			}
		}
		if at := time.Since(end); at-last >= brokenAfter || at > 70*time.Minute {
			return last
		}
	}
}

// countSeeds is how many seeds are needed to detect a wrong count.
const countSeeds = 4

// TestSharedRequestsAreCountedOnce runs ten processes, one of which gets no responses.
// The local limit must not count requests of the other processes twice.
func TestSharedRequestsAreCountedOnce(t *testing.T) {
	noResponse := networkFailures[4]
	var sum brokenResult
	for seed := range max(countSeeds, *brokenSeeds) {
		synctest.Test(t, func(t *testing.T) { sum.add(runBrokenNetwork(t, seed, 1, noResponse, false)) })
	}
	sum.report(t, noResponse.goal(1, max(countSeeds, *brokenSeeds)))
	if sum.blockedWrongly > 0 {
		t.Errorf("the local limit blocked %d of %d requests because it counted other requests twice; the first: %v", sum.blockedWrongly, sum.blocked, sum.firstWrong)
	}
}

// brokenResult is the result of one scenario, or the sum of several.
type brokenResult struct {
	runs                      int
	calls, failed             int // of the healthy processes
	brokenCalls, brokenFailed int
	longest                   time.Duration // call of a healthy process
	recovery, slowest         time.Duration // of the processes with a broken network: sum and maximum
	peak, logins, exchanges   int
	refreshes, rateLimited    int
	blocked, blockedWrongly   int // requests that the local limit blocked; those blocked because of a wrong count
	firstFailure, firstWrong  error
}

func measureBrokenNetwork(c, before ringcxtest.Counts, healthy, broken []*worker, began, end time.Time, recovery time.Duration, over *overcount) brokenResult {
	r := brokenResult{
		runs: 1, recovery: recovery, slowest: recovery,
		peak: max(c.PeakTokenRequests, c.Peaks[ringcxtest.Login]), logins: c.Logins - before.Logins, exchanges: c.Exchanges - before.Exchanges,
		refreshes: c.Refreshes - before.Refreshes, rateLimited: c.RateLimited - before.RateLimited,
	}
	r.blocked, r.blockedWrongly, r.firstWrong = over.counts()
	for _, w := range healthy {
		for _, o := range w.between(began, end.Add(brokenAfter)) {
			r.calls++
			r.longest = max(r.longest, o.took)
			if o.err != nil {
				r.failed++
				r.firstFailure = cmp.Or(r.firstFailure, o.err)
			}
		}
	}
	for _, w := range broken {
		for _, o := range w.between(began, end) {
			r.brokenCalls++
			if o.err != nil {
				r.brokenFailed++
			}
		}
	}
	return r
}

func (r *brokenResult) add(o brokenResult) {
	r.runs += o.runs
	r.calls += o.calls
	r.failed += o.failed
	r.brokenCalls += o.brokenCalls
	r.brokenFailed += o.brokenFailed
	r.longest = max(r.longest, o.longest)
	r.recovery += o.recovery
	r.slowest = max(r.slowest, o.slowest)
	r.peak = max(r.peak, o.peak)
	r.logins += o.logins
	r.exchanges += o.exchanges
	r.refreshes += o.refreshes
	r.rateLimited += o.rateLimited
	r.blocked += o.blocked
	r.blockedWrongly += o.blockedWrongly
	r.firstFailure = cmp.Or(r.firstFailure, o.firstFailure)
	r.firstWrong = cmp.Or(r.firstWrong, o.firstWrong)
}

func (r *brokenResult) percent() float64 { return 100 * float64(r.failed) / float64(max(1, r.calls)) }

func (r *brokenResult) report(t *testing.T, goal float64) {
	n := float64(max(1, r.runs))
	t.Logf("%s: healthy: %5.2f %% failed (goal %.1f), longest call %v | broken: %3.0f %% failed, recovered after %v (at most %v) | peak %d, per run: %.1f sign-ins, %.1f exchanges, %.1f refreshes, %.1f × 429, %.1f blocked, %.1f because of a wrong count",
		t.Name(), r.percent(), goal, r.longest.Round(100*time.Millisecond), 100*float64(r.brokenFailed)/float64(max(1, r.brokenCalls)),
		(r.recovery / time.Duration(n)).Round(time.Second), r.slowest.Round(time.Second),
		r.peak, float64(r.logins)/n, float64(r.exchanges)/n, float64(r.refreshes)/n, float64(r.rateLimited)/n, float64(r.blocked)/n, float64(r.blockedWrongly)/n)
	if r.percent() > goal {
		t.Errorf("%d of %d calls of the healthy processes failed, want at most %.1f %%; the first: %v", r.failed, r.calls, goal, r.firstFailure)
	}
	if r.peak > brokenPeak {
		t.Errorf("%d requests in a minute, want at most %d", r.peak, brokenPeak)
	}
}

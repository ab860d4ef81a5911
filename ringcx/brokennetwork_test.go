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

var sickSeeds = flag.Int("sick.seeds", 1, "how many seeds to run of each kind of sick process")

// What the healthy processes may lose, in percent of their calls, as the mean of
// sickFullRun seeds. Fewer seeds may have sickFewSeeds times as much.
const (
	sickFullRun  = 20
	sickFewSeeds = 2.0

	sickGoalOneRate = 0.1 // 1 of 10 sick, with 429
	sickGoalOne     = 0.0 // 1 of 10 sick, in another way
	sickGoalThree   = 1.0
	sickGoalFive    = 5.0
	sickGoalBare    = 10.0

	sickPeak = 5 // requests in a minute, at most
)

const bare429 = "429 bare"

const (
	sickProcesses = 10
	sickPause     = 10 * time.Second // between two calls of a process, ± 20 %
	sickTime      = time.Hour
	sickAfter     = 5 * time.Minute // which still counts
)

// illness is what a process meets in the place of the services.
type illness struct {
	name    string
	rate    bool // it looks like a limit
	respond func(*http.Request) (*http.Response, error)
}

var sicknesses = []illness{
	{"403 text", false, replies(http.StatusForbidden, "text/plain", "Forbidden", "")},
	{"429 for 1 h", true, replies(http.StatusTooManyRequests, "text/plain", "Too many requests", "3600")},
	{"HTML 200", false, replies(http.StatusOK, "text/html", "<html><body>Sign in to the network</body></html>", "")},
	{"reset", false, func(*http.Request) (*http.Response, error) {
		return nil, &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
	}},
	{"silent", false, func(req *http.Request) (*http.Response, error) {
		<-req.Context().Done()
		return nil, req.Context().Err()
	}},
	{bare429, true, replies(http.StatusTooManyRequests, "text/plain", "Too many requests", "")},
	{"401 text", false, replies(http.StatusUnauthorized, "text/plain", "Unauthorized", "")},
}

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

func (k illness) goal(sick, seeds int) float64 {
	goal := map[int]float64{1: sickGoalOne, 3: sickGoalThree, 5: sickGoalFive}[sick]
	if k.name == bare429 && sick > 1 {
		goal = sickGoalBare // each tells all to wait for the minute in which the token ends
	}
	if sick == 1 && k.rate {
		goal = sickGoalOneRate
	}
	if seeds < sickFullRun {
		goal *= sickFewSeeds
	}
	return goal
}

// TestSickProcesses has the network of some processes broken for an hour. The
// others must hardly notice.
func TestSickProcesses(t *testing.T) {
	for _, allCalls := range []bool{false, true} {
		if allCalls && *sickSeeds == 1 {
			continue // takes as long again
		}
		for _, sick := range []int{1, 3, 5} {
			for _, kind := range sicknesses {
				where := map[bool]string{false: "token requests", true: "all requests"}[allCalls]
				t.Run(fmt.Sprintf("%s/%d of %d/%s", where, sick, sickProcesses, kind.name), func(t *testing.T) {
					var sum sickResult
					for seed := range *sickSeeds {
						synctest.Test(t, func(t *testing.T) { sum.add(runSick(t, seed, sick, kind, allCalls)) })
					}
					sum.report(t, kind.goal(sick, *sickSeeds))
				})
			}
		}
	}
}

// runSick lives one scenario: 10 minutes and part of a token's life in peace, the
// trouble, and the time after it.
func runSick(t *testing.T, seed, sick int, kind illness, allCalls bool) sickResult {
	s := newScenario(t, seed, sickProcesses)
	defer s.close()
	over := &overcount{traffic: s.traffic}
	r := s.draw(-1)
	order := r.Perm(sickProcesses)
	ill, healthy := make([]*worker, 0, sick), make([]*worker, 0, sickProcesses)
	for _, w := range s.workers {
		w.onEvent = over.event
		if order[w.id] < sick {
			ill = append(ill, w)
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
	for _, w := range ill {
		w.link.breaks(kind.respond, allCalls)
	}
	time.Sleep(sickTime)
	for _, w := range ill {
		w.link.breaks(nil, false)
	}
	end := time.Now()
	recovery := untilWell(ill, end)
	close(stop)
	s.running.Wait()
	s.check()
	return measureSick(s.fake.Counts(), before, healthy, ill, began, end, recovery, over)
}

// callUntil makes a call each sickPause.
func (s *scenario) callUntil(w *worker, stop chan struct{}) {
	r := s.draw(w.id)
	time.Sleep(time.Duration(r.Int64N(int64(sickPause))))
	for {
		s.running.Go(func() { w.do(w.list) })
		select {
		case <-stop:
			return
		case <-time.After(time.Duration((0.8 + 0.4*r.Float64()) * float64(sickPause))):
		}
	}
}

// untilWell waits until the processes make calls for sickAfter without an error,
// and returns when the last error was. It gives up after an hour.
func untilWell(ill []*worker, end time.Time) time.Duration {
	for {
		time.Sleep(time.Minute)
		last := time.Duration(0)
		for _, w := range ill {
			for _, o := range w.between(end, time.Now()) {
				if o.err != nil {
					last = max(last, o.at.Add(o.took).Sub(end))
				}
			}
		}
		if at := time.Since(end); at-last >= sickAfter || at > 70*time.Minute {
			return last
		}
	}
}

// countSeeds is how many seeds it takes at least to see a wrong count.
const countSeeds = 4

// TestSharedRequestsAreCountedOnce has one process of ten wait for responses that
// never come. The limit must not count a request of the others twice.
func TestSharedRequestsAreCountedOnce(t *testing.T) {
	silent := sicknesses[4]
	var sum sickResult
	for seed := range max(countSeeds, *sickSeeds) {
		synctest.Test(t, func(t *testing.T) { sum.add(runSick(t, seed, 1, silent, false)) })
	}
	sum.report(t, silent.goal(1, max(countSeeds, *sickSeeds)))
	if sum.heldBackFalse > 0 {
		t.Errorf("%d of %d requests were held back because others were counted twice; the first: %v", sum.heldBackFalse, sum.heldBack, sum.firstFalse)
	}
}

// sickResult is what came of one scenario, or the sum of many.
type sickResult struct {
	runs                     int
	calls, failed            int // of the healthy processes
	sickCalls, sickFailed    int
	longest                  time.Duration // wait of a call of a healthy process
	recovery, slowest        time.Duration // of the sick processes: sum and maximum
	peak, logins, exchanges  int
	refreshes, rateLimited   int
	heldBack, heldBackFalse  int // requests that the local limit held back, and those that it counted wrong
	firstFailure, firstFalse error
}

func measureSick(c, before ringcxtest.Counts, healthy, ill []*worker, began, end time.Time, recovery time.Duration, over *overcount) sickResult {
	r := sickResult{
		runs: 1, recovery: recovery, slowest: recovery,
		peak: max(c.PeakTokenRequests, c.Peaks[ringcxtest.Login]), logins: c.Logins - before.Logins, exchanges: c.Exchanges - before.Exchanges,
		refreshes: c.Refreshes - before.Refreshes, rateLimited: c.RateLimited - before.RateLimited,
	}
	r.heldBack, r.heldBackFalse, r.firstFalse = over.counts()
	for _, w := range healthy {
		for _, o := range w.between(began, end.Add(sickAfter)) {
			r.calls++
			r.longest = max(r.longest, o.took)
			if o.err != nil {
				r.failed++
				r.firstFailure = cmp.Or(r.firstFailure, o.err)
			}
		}
	}
	for _, w := range ill {
		for _, o := range w.between(began, end) {
			r.sickCalls++
			if o.err != nil {
				r.sickFailed++
			}
		}
	}
	return r
}

func (r *sickResult) add(o sickResult) {
	r.runs += o.runs
	r.calls += o.calls
	r.failed += o.failed
	r.sickCalls += o.sickCalls
	r.sickFailed += o.sickFailed
	r.longest = max(r.longest, o.longest)
	r.recovery += o.recovery
	r.slowest = max(r.slowest, o.slowest)
	r.peak = max(r.peak, o.peak)
	r.logins += o.logins
	r.exchanges += o.exchanges
	r.refreshes += o.refreshes
	r.rateLimited += o.rateLimited
	r.heldBack += o.heldBack
	r.heldBackFalse += o.heldBackFalse
	r.firstFailure = cmp.Or(r.firstFailure, o.firstFailure)
	r.firstFalse = cmp.Or(r.firstFalse, o.firstFalse)
}

func (r *sickResult) percent() float64 { return 100 * float64(r.failed) / float64(max(1, r.calls)) }

func (r *sickResult) report(t *testing.T, goal float64) {
	n := float64(max(1, r.runs))
	t.Logf("%s: healthy: %5.2f %% failed (goal %.1f), longest wait %v | sick: %3.0f %% failed, well after %v (at most %v) | peak %d, per run: %.1f sign-ins, %.1f exchanges, %.1f refreshes, %.1f × 429, %.1f held back, %.1f by a wrong count",
		t.Name(), r.percent(), goal, r.longest.Round(100*time.Millisecond), 100*float64(r.sickFailed)/float64(max(1, r.sickCalls)),
		(r.recovery / time.Duration(n)).Round(time.Second), r.slowest.Round(time.Second),
		r.peak, float64(r.logins)/n, float64(r.exchanges)/n, float64(r.refreshes)/n, float64(r.rateLimited)/n, float64(r.heldBack)/n, float64(r.heldBackFalse)/n)
	if r.percent() > goal {
		t.Errorf("%d of %d calls of the healthy processes failed, want at most %.1f %%; the first: %v", r.failed, r.calls, goal, r.firstFailure)
	}
	if r.peak > sickPeak {
		t.Errorf("%d requests in a minute, want at most %d", r.peak, sickPeak)
	}
}

package ringcx_test

import (
	"cmp"
	"testing"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

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

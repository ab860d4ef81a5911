package ringcx

import (
	"errors"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestDeferral lets token requests of a process fail, and checks for how long the process
// leaves renewals to others.
func TestDeferral(t *testing.T) {
	reset := tokenResult{outcome: unknown, err: noResponse{errors.New("reset"), true}}
	unsent := tokenResult{outcome: notProcessed, err: noResponse{errors.New("not connected"), false}}
	limited := tokenResult{outcome: notProcessed, resp: &http.Response{StatusCode: http.StatusTooManyRequests}, err: localLimit(StageRefresh, time.Minute, "")}
	for _, c := range []struct {
		name    string
		results []tokenResult
		want    [3]time.Duration // with a valid token, without one, and without one after others have renewed
	}{
		{"once", []tokenResult{reset}, [3]time.Duration{time.Minute, 4 * time.Second, 10 * time.Second}},
		{"twice", []tokenResult{reset, reset}, [3]time.Duration{4 * time.Minute, 0, 20 * time.Second}},
		{"ten times", slices.Repeat([]tokenResult{reset}, 10), [3]time.Duration{time.Hour, 0, 5 * time.Minute}},
		{"nothing was sent", []tokenResult{unsent}, [3]time.Duration{time.Minute, 0, 0}},
		{"asked to wait", []tokenResult{limited}, [3]time.Duration{time.Minute, 64 * time.Second, 70 * time.Second}},
		{"after a success", []tokenResult{reset, reset, {outcome: succeeded}}, [3]time.Duration{}},
		{"another process had the lease", []tokenResult{{outcome: notProcessed, err: errSwapLost}}, [3]time.Duration{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				chain := newTestChain(t, time.Now, http.DefaultTransport)
				for _, res := range c.results {
					chain.recordOutcome(StageRefresh, res)
				}
				var got [3]time.Duration
				if d := &chain.failed; d.failures > 0 {
					got = [3]time.Duration{d.withToken(), d.withoutToken(d.gen), d.withoutToken(d.gen + 1)}
				}
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Errorf("waits with a valid token, without one, and without one after others have renewed (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestDeferralNeedsOtherProcesses checks that a process does not leave a renewal to others
// if it is the only one.
func TestDeferralNeedsOtherProcesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTestShared(t, time.Now, http.DefaultTransport)
		s.clock.Update(http.Header{"Date": {time.Now().UTC().Format(http.TimeFormat)}})
		s.record.record.Roster = roster(nil).with("me", s.clock)
		s.failed.add(0, true, 0)
		if s.defers() {
			t.Error("the only process leaves the renewal to others")
		}
		s.record.record.Roster = s.record.record.Roster.with("other", s.clock)
		if !s.defers() {
			t.Error("it does not leave the renewal to the other process")
		}
		time.Sleep(deferNoToken)
		if s.defers() {
			t.Error("it still does though there is no token")
		}
		s.current.state.Store(newState("token", nil, time.Now(), defaultLifetime, 0))
		if !s.defers() {
			t.Error("it does not though the token is valid")
		}
	})
}

// TestDeferralAfterAFailedSource lets the token source of a process fail: that of another
// process may work.
func TestDeferralAfterAFailedSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTestChain(t, time.Now, http.DefaultTransport)
		if err := c.signIn(t.Context(), rules{permit: c.permit}, ""); err == nil {
			t.Fatal("no error")
		}
		if got := c.failed.withoutToken(0); got != deferNoToken {
			t.Errorf("the process leaves the renewal to others for %v, want %v", got, deferNoToken)
		}
	})
}

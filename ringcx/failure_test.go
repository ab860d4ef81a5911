package ringcx

import (
	"errors"
	"net"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestBackOffAfterNothingWasSent checks that any number of attempts that sent nothing counts
// as two failures at most, and that their back-off is at most 2 s.
func TestBackOffAfterNothingWasSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		unsent := noResponse{errors.New("no connection"), false}
		dial := error(&net.OpError{Op: "dial", Err: errors.New("no connection")})
		var f failure
		for n, c := range []struct {
			err         error
			least, most time.Duration
		}{
			{unsent, time.Second, time.Second},
			{unsent, 1600 * time.Millisecond, 2 * time.Second},
			{unsent, 1600 * time.Millisecond, 2 * time.Second},
			{dial, 1600 * time.Millisecond, 2 * time.Second},
			{noResponse{errors.New("reset"), true}, 4 * time.Second, 4 * time.Second},
			{storeError{"load", "no connection", &dial}, 8 * time.Second, 8 * time.Second},
		} {
			_ = f.add(c.err, 0.5, false, false, time.Now())
			if got := time.Until(f.next); got < c.least || got > c.most {
				t.Errorf("failure %d: the next attempt is in %v, want %v to %v", n+1, got, c.least, c.most)
			}
		}
	})
}

// TestTokenEndsABackOff checks that one renewal may start at once when a token expires after
// a failed renewal, unless a service asked to wait.
func TestTokenEndsABackOff(t *testing.T) {
	lost := noResponse{errors.New("no response"), true}
	for _, c := range []struct {
		name      string
		err       error
		early     bool
		wantHolds bool // when the token has expired
	}{
		{"failed with a valid token", lost, true, false},
		{"failed without a token", lost, false, true},
		{"another process renews", errLeaseHeld, false, false},
		{"asked to wait", &Error{StatusCode: 429, RetryAfter: time.Minute}, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var f failure
				_ = f.add(c.err, 0.5, false, c.early, time.Now())
				if got := f.blocks(stale, time.Now()); !got {
					t.Error("holds(stale) = false at once after the failure, want true")
				}
				if got := f.blocks(expired, time.Now()); got != c.wantHolds {
					t.Errorf("holds(expired) = %t, want %t", got, c.wantHolds)
				}
			})
		})
	}
}

// TestSuspendEndsAFailure suspends a machine for longer than a service asked to wait.
func TestSuspendEndsAFailure(t *testing.T) {
	testSuspendEnds(t, func(c *steppedClock) func() bool {
		f := failure{}
		_ = f.add(&Error{StatusCode: http.StatusTooManyRequests, RetryAfter: time.Hour}, 0.5, false, true, c.now())
		return func() bool { return f.blocks(expired, c.now()) }
	})
}

// TestSuspendClosesTheBreaker suspends a machine for hours while the circuit breaker is
// open.
func TestSuspendClosesTheBreaker(t *testing.T) {
	testSuspendEnds(t, func(c *steppedClock) func() bool {
		b := circuitBreaker{}
		for range 7 {
			b.trip(c.now())
			time.Sleep(time.Minute)
		}
		b.trip(c.now())
		return func() bool { return b.open(c.now()) }
	})
}

// steppedClock is a wall clock that differs from the monotonic clock by off, because the
// machine was suspended or the clock was set.
type steppedClock struct{ off time.Duration }

func (c *steppedClock) now() time.Time { return time.Now().Round(0).Add(c.off) }

// testSuspendEnds checks that a wait ends when the machine is suspended for three hours.
// start starts the wait and returns a function that reports whether it continues.
func testSuspendEnds(t *testing.T, start func(*steppedClock) (continues func() bool)) {
	synctest.Test(t, func(t *testing.T) {
		clock := &steppedClock{}
		continues := start(clock)
		if !continues() {
			t.Fatal("the wait has ended before the suspend")
		}
		clock.off = 3 * time.Hour
		if continues() {
			t.Error("the wait continues after the suspend")
		}
	})
}

// TestDeferral checks for how long a process leaves renewals to others after failed token
// requests.
func TestDeferral(t *testing.T) {
	reset := tokenResult{outcome: unknown, err: noResponse{errors.New("reset"), true}}
	unsent := tokenResult{outcome: notProcessed, err: noResponse{errors.New("not connected"), false}}
	limited := tokenResult{outcome: notProcessed, resp: &http.Response{StatusCode: http.StatusTooManyRequests}, err: localLimit(StageRefresh, time.Minute, "")}
	for _, c := range []struct {
		name    string
		results []tokenResult
		want    [3]time.Duration // with a valid token; without one; without one, after others have renewed
	}{
		{"one failure", []tokenResult{reset}, [3]time.Duration{time.Minute, 4 * time.Second, 10 * time.Second}},
		{"two failures", []tokenResult{reset, reset}, [3]time.Duration{4 * time.Minute, 0, 20 * time.Second}},
		{"ten failures", slices.Repeat([]tokenResult{reset}, 10), [3]time.Duration{time.Hour, 0, 5 * time.Minute}},
		{"nothing was sent", []tokenResult{unsent}, [3]time.Duration{time.Minute, 0, 0}},
		{"a 429", []tokenResult{limited}, [3]time.Duration{time.Minute, 64 * time.Second, 70 * time.Second}},
		{"two failures, then a success", []tokenResult{reset, reset, {outcome: succeeded}}, [3]time.Duration{}},
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
					t.Errorf("waits with a valid token; without one; without one, after others have renewed (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestDeferralNeedsOtherProcesses checks that a process defers renewals only if the roster
// lists other processes, and for longer while the token is valid.
func TestDeferralNeedsOtherProcesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTestShared(t, time.Now, http.DefaultTransport)
		s.clock.Update(http.Header{"Date": {time.Now().UTC().Format(http.TimeFormat)}})
		s.record.record.Roster = roster(nil).with("me", s.clock)
		s.failed.add(0, true, 0)
		if s.defers() {
			t.Error("defers() = true in the only process")
		}
		s.record.record.Roster = s.record.record.Roster.with("other", s.clock)
		if !s.defers() {
			t.Error("defers() = false with another process")
		}
		time.Sleep(deferNoToken)
		if s.defers() {
			t.Error("defers() = true 4 s later, without a token")
		}
		s.current.state.Store(newState("token", nil, time.Now(), defaultLifetime, 0))
		if !s.defers() {
			t.Error("defers() = false 4 s later, with a valid token")
		}
	})
}

// TestDeferralAfterAFailedSource checks that a process also defers renewals after its token
// source failed: that of another process may work.
func TestDeferralAfterAFailedSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTestChain(t, time.Now, http.DefaultTransport)
		if err := c.signIn(t.Context(), unrestricted(c.permit), ""); err == nil {
			t.Fatal("signIn with a failing source returned no error")
		}
		if got := c.failed.withoutToken(0); got != deferNoToken {
			t.Errorf("the process leaves the renewal to others for %v, want %v", got, deferNoToken)
		}
	})
}

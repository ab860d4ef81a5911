package ringcx

import (
	"errors"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// TestBackOffAfterNothingWasSent counts failures of attempts that sent nothing as two at
// most.
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

// TestTokenEndsABackOff lets a renewal fail while the token is valid. When the token
// expires, one attempt may start at once, unless a service asked to wait.
func TestTokenEndsABackOff(t *testing.T) {
	lost := noResponse{errors.New("no response"), true}
	for _, c := range []struct {
		name      string
		err       error
		early     bool
		wantHolds bool // when the token has expired
	}{
		{"valid token", lost, true, false},
		{"no token", lost, false, true},
		{"another process renews", errLeaseHeld, false, false},
		{"asked to wait", &Error{StatusCode: 429, RetryAfter: time.Minute}, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var f failure
				_ = f.add(c.err, 0.5, false, c.early, time.Now())
				if got := f.holds(stale, time.Now()); !got {
					t.Error("another attempt may start at once though the token is valid")
				}
				if got := f.holds(expired, time.Now()); got != c.wantHolds {
					t.Errorf("without a token callers get the failure: %t, want %t", got, c.wantHolds)
				}
			})
		})
	}
}

// TestSuspendEndsAFailure suspends a machine for hours while a service asked to wait.
func TestSuspendEndsAFailure(t *testing.T) {
	testSuspendEnds(t, func(c *steppedClock) func() bool {
		f := failure{}
		_ = f.add(&Error{StatusCode: http.StatusTooManyRequests, RetryAfter: time.Hour}, 0.5, false, true, c.now())
		return func() bool { return f.holds(expired, c.now()) }
	})
}

// TestSuspendResetsTheCircuitBreaker suspends a machine for hours while the circuit breaker
// is open.
func TestSuspendResetsTheCircuitBreaker(t *testing.T) {
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

// steppedClock is a wall clock that advances while the monotonic one is stopped, as that of
// a suspended machine does, or that is set.
type steppedClock struct{ off time.Duration }

func (c *steppedClock) now() time.Time { return time.Now().Round(0).Add(c.off) }

// testSuspendEnds checks that what start returns is true until the machine is suspended.
func testSuspendEnds(t *testing.T, start func(*steppedClock) func() bool) {
	synctest.Test(t, func(t *testing.T) {
		clock := &steppedClock{}
		holds := start(clock)
		if !holds() {
			t.Fatal("it has ended before the suspend")
		}
		clock.off = 3 * time.Hour
		if holds() {
			t.Error("it has not ended after the suspend")
		}
	})
}

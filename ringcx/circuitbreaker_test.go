package ringcx

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestBreakerResetWithoutReplay rejects a request that cannot be sent again, and then
// accepts a request to the same path with a new token. The next trip is the first again.
func TestBreakerResetWithoutReplay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b circuitBreaker
		for range 5 {
			b.trip(time.Now())
			time.Sleep(time.Until(b.until))
		}
		if b.rejected("/x", "first", time.Now()) {
			t.Error("the first rejected token trips the breaker")
		}
		b.accepted("/other", "second")
		if b.trips.Load() == 0 {
			t.Error("a call of another path resets the breaker")
		}
		b.accepted("/x", "second")
		b.trip(time.Now())
		if got := time.Until(b.until); got != time.Second {
			t.Errorf("the breaker is open for %v, want 1s", got)
		}
	})
}

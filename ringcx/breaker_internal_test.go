package ringcx

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestBreakerResetWithoutReplay reports a 401 for a request that cannot be sent again, and
// then a success on the same path with a new token. The breaker forgets its trips: the next
// one opens it for 1 s.
func TestBreakerResetWithoutReplay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b circuitBreaker
		for range 5 {
			b.trip(time.Now())
			time.Sleep(time.Until(b.until))
		}
		if b.rejected("/x", "first", time.Now()) {
			t.Error("the first 401 of such a request trips the breaker")
		}
		b.accepted("/other", "second")
		if b.trips.Load() == 0 {
			t.Error("a success on another path resets the breaker")
		}
		b.accepted("/x", "second")
		b.trip(time.Now())
		if got := time.Until(b.until); got != time.Second {
			t.Errorf("the breaker is open for %v, want 1s", got)
		}
	})
}

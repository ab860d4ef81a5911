package ringcx

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestLimits has four requests whose answers take half a minute each to come.
// When they arrived nobody knows, so the window begins with the answer.
func TestLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimits()
		for _, stage := range []Stage{StageExchange, StageRefresh, StageRefresh, StageExchange} {
			if err := l.take(stage, 0); err != nil {
				t.Fatal(err)
			}
			if err := l.take(StageLogin, 0); err != nil {
				t.Fatalf("the sign-in counts apart: %v", err)
			}
			l.arrived(StageLogin)
			time.Sleep(10 * time.Second)
			l.arrived(stage)
		}
		err := l.take(StageRefresh, 0)
		limit, ok := err.(*Error)
		if !ok || limit.RetryAfter != 30*time.Second {
			t.Fatalf("error is %v, want a local limit for 30s", err)
		}
		time.Sleep(30*time.Second - 1)
		if err := l.take(StageExchange, 0); err == nil {
			t.Error("the window ended early")
		}
		time.Sleep(time.Nanosecond)
		if err := l.take(StageExchange, 0); err != nil {
			t.Errorf("the window ended late: %v", err)
		}
	})
}

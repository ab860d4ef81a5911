package ringcx

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestBrakeReleasedByAStream has a path accept a new token after several were
// rejected: the next rejection counts as the first.
func TestBrakeReleasedByAStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b brake
		for range 5 {
			b.pull(time.Now())
			time.Sleep(time.Until(b.until))
		}
		if b.deniedAgain("/x", "first", time.Now()) {
			t.Error("the first token rejected counts as a second")
		}
		b.accepted("/other", "second")
		if b.pulls.Load() == 0 {
			t.Error("released by another path")
		}
		b.accepted("/x", "second")
		b.pull(time.Now())
		if got := time.Until(b.until); got != time.Second {
			t.Errorf("it holds for %v, want 1s", got)
		}
	})
}

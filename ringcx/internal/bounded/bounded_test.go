package bounded

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestHangingCallsAreBounded has calls of a Store hang that ignores its context.
// Others are made only when some have returned.
func TestHangingCallsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls Calls
		var began atomic.Int32
		release := make(chan struct{})
		hang := func(context.Context) (int, error) {
			began.Add(1)
			<-release
			return 0, nil
		}
		for i := range maxRunning + 1 {
			want := ErrHangs
			if i == maxRunning {
				want = ErrBusy
			}
			start := time.Now()
			if _, err := Call(t.Context(), &calls, hang, nil); !errors.Is(err, want) {
				t.Errorf("call %d: error is %v, want %v", i+1, err, want)
			}
			if took := time.Since(start); took > timeout+grace {
				t.Errorf("call %d took %v", i+1, took)
			}
		}
		if n := began.Load(); n != maxRunning {
			t.Errorf("%d calls hang, want %d", n, maxRunning)
		}
		close(release)
		synctest.Wait()
		if _, err := Call(t.Context(), &calls, hang, nil); err != nil {
			t.Errorf("after they have returned: %v", err)
		}
	})
}

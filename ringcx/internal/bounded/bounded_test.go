package bounded

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestHangingCallsAreBounded makes calls that ignore their context and do not return. After
// maxRunning of them, Call starts no other until they have returned.
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
			t.Errorf("%d calls were started, want %d", n, maxRunning)
		}
		close(release)
		synctest.Wait()
		if _, err := Call(t.Context(), &calls, hang, nil); err != nil {
			t.Errorf("after all calls have returned: error is %v", err)
		}
	})
}

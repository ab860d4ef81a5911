package ringcx_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// TestLostStoreCalls has four calls of a Store never return. All later ones work, and
// are made.
func TestLostStoreCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, _ := fleet(t)
		hanging := &deafContextStore{Store: store, release: make(chan struct{})}
		defer close(hanging.release)
		cfg := fake.Config()
		cfg.Store = hanging
		ts := newTokenSource(t, cfg)
		must(ts.Token())
		synctest.Wait()
		hanging.hangs.Store(true)
		before := hanging.calls.Load()
		time.Sleep(230 * time.Second)
		_ = failedTokens(ts, 15*time.Minute)
		hanging.hangs.Store(false)
		if n := hanging.calls.Load() - before; n < 4 {
			t.Errorf("%d calls were lost, want at least 4", n)
		}
		before = hanging.calls.Load()
		time.Sleep(2 * time.Hour)
		must(ts.Token())
		if hanging.calls.Load() == before {
			t.Error("the Store is not called any more")
		}
	})
}

// leaseStore is a LeaseStore whose Hold takes a while. Its release can hang.
type leaseStore struct {
	ringcx.Store
	takes  time.Duration
	hang   chan struct{} // nil: release returns at once
	holds  atomic.Int32  // that returned
	inHold atomic.Int32  // that were not released
}

func (s *leaseStore) Hold(context.Context, string, string) (release func(), err error) {
	time.Sleep(s.takes)
	s.holds.Add(1)
	s.inHold.Add(1)
	return sync.OnceFunc(func() {
		if s.hang != nil {
			<-s.hang
		}
		s.inHold.Add(-1)
	}), nil
}

func (s *leaseStore) Held(context.Context, string, string) (bool, error) { return true, nil }

// TestLateHold has each Hold return after the process has given it up. What it holds is
// released all the same.
func TestLateHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, _ := fleet(t)
		s := &leaseStore{Store: store, takes: 4500 * time.Millisecond}
		cfg := fake.Config()
		cfg.Store = s
		ts := newTokenSource(t, cfg)
		for range 3 {
			must(ts.Token())
			time.Sleep(6 * time.Minute)
		}
		_ = ts.Close()
		time.Sleep(time.Minute)
		if all, left := s.holds.Load(), s.inHold.Load(); all < 3 || left > 0 {
			t.Errorf("%d of %d Holds were never released", left, all)
		}
	})
}

// TestHangingRelease has the release of a Hold hang. Tokens come all the same, and Close
// returns.
func TestHangingRelease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, _ := fleet(t)
		s := &leaseStore{Store: store, hang: make(chan struct{})}
		defer close(s.hang)
		cfg := fake.Config()
		cfg.Store = s
		ts := newTokenSource(t, cfg)
		for range 2 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			if _, err := ts.TokenContext(ctx); err != nil {
				t.Error(err)
			}
			cancel()
			time.Sleep(6 * time.Minute)
		}
		closed := make(chan struct{})
		go func() {
			defer close(closed)
			_ = ts.Close()
		}()
		select {
		case <-closed:
		case <-time.After(time.Minute):
			t.Error("Close has not returned after a minute")
		}
	})
}

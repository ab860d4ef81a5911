package ringcx_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// hangingStore hangs in Load and ignores its context.
type hangingStore struct {
	ringcx.Store
	hangs   atomic.Bool
	release chan struct{}
	calls   atomic.Int32
}

func (s *hangingStore) Load(ctx context.Context, key string) ([]byte, string, error) {
	s.calls.Add(1)
	if s.hangs.Load() {
		<-s.release
	}
	return s.Store.Load(ctx, key)
}

// TestStoreThatIgnoresItsContext makes every Load hang for minutes. At most four calls
// may hang at the same time, Close must not wait for them, and the source must recover.
func TestStoreThatIgnoresItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, _ := fleet(t)
		hanging := &hangingStore{Store: store, release: make(chan struct{})}
		cfg := fake.Config()
		cfg.Store = hanging
		ts, other := newTokenSource(t, cfg), newTokenSource(t, cfg)
		must(ts.Token())
		must(other.Token())
		synctest.Wait()
		hanging.hangs.Store(true)
		before := hanging.calls.Load()
		time.Sleep(230 * time.Second)
		for range 60 {
			must(ts.Token())
			time.Sleep(time.Second)
		}
		if n := hanging.calls.Load() - before; n > 4 {
			t.Errorf("%d calls hang, want at most 4", n)
		}
		go func() { _, _ = other.Token() }()
		time.Sleep(time.Second)
		start := time.Now()
		other.Close()
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("Close took %v, want at most 5s", took)
		}
		hanging.hangs.Store(false)
		close(hanging.release)
		time.Sleep(5 * time.Minute)
		must(ts.Token())
	})
}

// TestOneFailedLoadAtTheStart makes the Store of a new process fail for a second. Token
// returns no error.
func TestOneFailedLoadAtTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, store, process := fleet(t)
		store.breaks("load")
		time.AfterFunc(time.Second, func() { store.breaks("") })
		must(process().Token())
	})
}

// TestTwoLoginsOfOneKey gives two users the same Key by mistake. The second one gets an
// error that explains this, and no token of the first one.
func TestTwoLoginsOfOneKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, _ := fleet(t)
		cfg := fake.Config()
		cfg.Store, cfg.Key = store, "shared"
		first := newTokenSource(t, cfg)
		must(first.Token())
		synctest.Wait()
		login := *cfg.RingCentral.(*ringcx.JWTLogin)
		login.JWT = "e30.eyJzdWIiOiI5OTk5In0.c2ln"
		cfg.RingCentral = &login
		second := newTokenSource(t, cfg)
		const want = "belongs to another client id or another user: give each login a Key of its own"
		if token, err := second.Token(); token != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Token returns %v, %v", token, err)
		}
		if err := second.Logout(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Logout returns %v", err)
		}
		spent{1, 1, 0}.check(t, fake)
		time.Sleep(4 * time.Minute)
		must(first.Token())
		synctest.Wait()
		spent{1, 1, 1}.check(t, fake)
	})
}

// TestStoreCallsThatNeverReturn makes at least four Load calls hang forever. Later calls
// work, and must still be made.
func TestStoreCallsThatNeverReturn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, _ := fleet(t)
		hanging := &hangingStore{Store: store, release: make(chan struct{})}
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
			t.Errorf("%d calls hang, want at least 4", n)
		}
		before = hanging.calls.Load()
		time.Sleep(2 * time.Hour)
		must(ts.Token())
		if hanging.calls.Load() == before {
			t.Error("the Store is no longer called")
		}
	})
}

// leaseStore is a LeaseStore whose Hold takes a while. Its release can hang.
type leaseStore struct {
	ringcx.Store
	takes  time.Duration
	hang   chan struct{} // nil: release returns at once
	holds  atomic.Int32  // calls of Hold that returned
	inHold atomic.Int32  // of these, calls that were not released
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

// TestLateHoldIsReleased makes each Hold return after the process has abandoned the call.
// The process must still call release.
func TestLateHoldIsReleased(t *testing.T) {
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
			t.Errorf("%d of %d calls of Hold were not released, want 0 of at least 3", left, all)
		}
	})
}

// TestHangingRelease makes the release function of Hold hang. Token and Close must still
// return.
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

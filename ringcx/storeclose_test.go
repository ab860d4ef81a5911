package ringcx_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// TestCloseDoesNotWait closes a source that waits for another process, and one whose
// Store hangs.
func TestCloseDoesNotWait(t *testing.T) {
	closeWithin := func(t *testing.T, ts *ringcx.TokenSource, limit time.Duration) {
		t.Helper()
		go ts.Token()
		synctest.Wait()
		start := time.Now()
		ts.Close()
		if took := time.Since(start); took > limit {
			t.Errorf("Close took %v, want at most %v", took, limit)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		fake.Fault(ringcxtest.Exchange, ringcxtest.Slow(9*time.Second), 1)
		go process().Token()
		time.Sleep(time.Second)
		closeWithin(t, process(), 5*time.Second)

		cfg := store.breakAfter(fake.Config(), ringcx.StageRefresh, "both")
		store.hangs = true
		time.Sleep(time.Hour)
		closeWithin(t, newTokenSource(t, cfg), 4*3*time.Second) // two writes, each followed by a read, of 3 s each
	})
}

// TestCloseEndsAWaitingRenewal closes a source while a caller waits for another process.
// The caller gets ErrClosed at once, and the source no longer calls the Store.
func TestCloseEndsAWaitingRenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		fake.Fault(ringcxtest.Exchange, ringcxtest.Slow(9*time.Second), 1)
		go process().Token()
		time.Sleep(time.Second)
		mine := &spyStore{Store: store}
		cfg := fake.Config()
		cfg.Store = mine
		ts := newTokenSource(t, cfg)
		ended := make(chan error, 1)
		go func() {
			_, err := ts.Token()
			ended <- err
		}()
		time.Sleep(3 * time.Second)
		synctest.Wait()
		start, before := time.Now(), mine.calls
		ts.Close()
		if err := <-ended; !errors.Is(err, ringcx.ErrClosed) || time.Since(start) > 0 {
			t.Errorf("Token returns %v after %v, want %v at once", err, time.Since(start), ringcx.ErrClosed)
		}
		if before == 0 || mine.calls > before {
			t.Errorf("%d calls of the Store before Close and %d after, want some and none", before, mine.calls-before)
		}
		time.Sleep(10 * time.Second)
		spent{1, 1, 0}.check(t, fake)
	})
}

// takenStore is a Store that returns ErrConflict for every write.
type takenStore struct{ ringcx.Store }

func (s takenStore) CompareAndSwap(context.Context, string, string, []byte) (string, error) {
	return "", ringcx.ErrConflict
}

// TestCloseEndsALogoutThatWaits closes a source while its Logout cannot take the lease.
func TestCloseEndsALogoutThatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, _ := fleet(t)
		cfg := fake.Config()
		cfg.Store = takenStore{store}
		ts := newTokenSource(t, cfg)
		ended := make(chan error)
		go func() { ended <- ts.Logout(t.Context()) }()
		time.Sleep(10 * time.Second)
		start := time.Now()
		ts.Close()
		if took := time.Since(start); took > time.Second {
			t.Errorf("Close took %v, want at most 1s", took)
		}
		if err := <-ended; !errors.Is(err, ringcx.ErrClosed) {
			t.Errorf("Logout returns %v, want %v", err, ringcx.ErrClosed)
		}
	})
}

// TestCloseWritesUnsavedTokens closes a source whose write of new tokens has failed.
// Close must write them.
func TestCloseWritesUnsavedTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		cfg := store.breakAfter(fake.Config(), ringcx.StageExchange, "swap")
		ts := newTokenSource(t, cfg)
		token := must(ts.Token())
		time.Sleep(time.Minute)
		store.breaks("")
		ts.Close()
		data, _, _ := store.Load(t.Context(), store.keys[0])
		if !strings.Contains(string(data), token.AccessToken) {
			t.Errorf("after Close the access token is not in the record: %s", data)
		}
		if got := must(process().Token()); got.AccessToken != token.AccessToken {
			t.Error("the next process does not use the token of the record")
		}
		spent{1, 1, 0}.check(t, fake)
	})
}

// TestNoStoreCallsAfterClose closes a source with unsaved tokens right after a renewal
// began, while the Store fails. The source must not call the Store after Close.
func TestNoStoreCallsAfterClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, _ := fleet(t)
		cfg := store.breakAfter(fake.Config(), ringcx.StageExchange, "both")
		ts := newTokenSource(t, cfg)
		must(ts.Token())
		time.Sleep(226 * time.Second)
		must(ts.Token())
		ts.Close()
		before := store.calls
		time.Sleep(time.Minute)
		if store.calls > before {
			t.Errorf("%d calls of the Store after Close", store.calls-before)
		}
	})
}

// TestNoTokenAfterClose closes a source after another process has written new tokens.
// Close reads them from the record, but Token must return ErrClosed.
func TestNoTokenAfterClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		mine := &spyStore{Store: store}
		ts := newTokenSource(t, mine.breakAfter(fake.Config(), ringcx.StageExchange, "swap"))
		must(ts.Token())
		time.Sleep(time.Minute) // until the lease has expired
		must(process().Token())
		synctest.Wait()
		mine.breaks("")
		ts.Close()
		if _, err := ts.Token(); !errors.Is(err, ringcx.ErrClosed) {
			t.Errorf("error is %v, want %v", err, ringcx.ErrClosed)
		}
	})
}

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

// TestCloseDoesNotWait closes a source while it waits for another host, and one
// whose Store has failed.
func TestCloseDoesNotWait(t *testing.T) {
	close := func(t *testing.T, ts *ringcx.TokenSource, limit time.Duration) {
		t.Helper()
		go ts.Token()
		synctest.Wait()
		start := time.Now()
		ts.Close()
		if took := time.Since(start); took > limit {
			t.Errorf("Close took %v", took)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		fake.Fault(ringcxtest.Exchange, ringcxtest.Slow(9*time.Second), 1)
		go process().Token()
		time.Sleep(time.Second)
		close(t, process(), 5*time.Second)

		cfg := store.breakAfter(fake.Config(), ringcx.StageRefresh, "both")
		store.hangs = true
		time.Sleep(time.Hour)
		close(t, newTokenSource(t, cfg), 4*3*time.Second) // two writes, and a look after each
	})
}

// takenStore is one in which somebody else is always faster.
type takenStore struct{ ringcx.Store }

func (s takenStore) CompareAndSwap(context.Context, string, string, []byte) (string, error) {
	return "", ringcx.ErrConflict
}

// TestCloseEndsALogoutThatWaits closes a source whose Logout cannot get hold of the
// session.
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
			t.Errorf("Close took %v", took)
		}
		if err := <-ended; !errors.Is(err, ringcx.ErrClosed) {
			t.Errorf("Logout reports %v, want %v", err, ringcx.ErrClosed)
		}
	})
}

// TestCloseWritesThePair closes a source that has a pair of which its Store did
// not hear.
func TestCloseWritesThePair(t *testing.T) {
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
			t.Errorf("after Close the record is %s", data)
		}
		if got := must(process().Token()); got.AccessToken != token.AccessToken {
			t.Error("the next process has a token of its own")
		}
		spent{1, 1, 0}.check(t, fake)
	})
}

// TestNothingAfterClose has a renewal begin just before Close. With a pair that is
// still to be written, it leaves a Store alone that has failed.
func TestNothingAfterClose(t *testing.T) {
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

// TestNoTokenAfterClose has Close find what another process has bought meanwhile.
func TestNoTokenAfterClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		mine := &spyStore{Store: store}
		ts := newTokenSource(t, mine.breakAfter(fake.Config(), ringcx.StageExchange, "swap"))
		must(ts.Token())
		time.Sleep(time.Minute) // the lease is dead
		must(process().Token())
		synctest.Wait()
		mine.breaks("")
		ts.Close()
		if _, err := ts.Token(); !errors.Is(err, ringcx.ErrClosed) {
			t.Errorf("error is %v, want %v", err, ringcx.ErrClosed)
		}
	})
}

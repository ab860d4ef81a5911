package ringcx_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// TestStoreDown goes through an outage: what is good is served, nobody signs in,
// and the refresh token is not spent.
func TestStoreDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		ts := process()
		token := must(ts.Token())
		synctest.Wait()
		store.breaks("both")
		time.Sleep(280 * time.Second)
		if got := must(ts.Token()); got.AccessToken != token.AccessToken {
			t.Error("the token that is good is not served")
		}
		time.Sleep(11 * time.Second)
		must(ts.Token()) // its turn: nobody else is in the roster
		spent{1, 2, 0}.check(t, fake)
		time.Sleep(6 * time.Minute)
		must(ts.Token())
		spent{1, 2, 1}.check(t, fake) // with the refresh token of its own

		store.breaks("")
		time.Sleep(5 * time.Minute)
		must(ts.Token())
		spent{1, 2, 2}.check(t, fake)
	})
}

func TestStoreDownAtTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		store.breaks("load")
		if _, err := process().Token(); err == nil || !strings.Contains(err.Error(), "ringcx: the Store: load: the Store is broken") {
			t.Errorf("error is %v", err)
		}
		spent{}.check(t, fake)
	})
}

// TestPairOutlivesTheStore shows that a pair that was bought is served though it
// cannot be written, and written when it can.
func TestPairOutlivesTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		cfg := store.breakAfter(fake.Config(), ringcx.StageExchange, "swap")
		ts := newTokenSource(t, cfg)
		token := must(ts.Token())
		time.Sleep(time.Second)
		store.breaks("")
		time.Sleep(10 * time.Second) // the next try
		if got := must(process().Token()); got.AccessToken != token.AccessToken {
			t.Error("the pair was not written after all")
		}
		spent{1, 1, 0}.check(t, fake)
	})
}

// TestRefreshTokenOutlivesTheStore has a Store break before it hears of a pair, and
// stay so until that has ended. Its refresh token is good all the same.
func TestRefreshTokenOutlivesTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, _ := fleet(t)
		cfg := fake.Config()
		cfg.Store = store
		cfg.OnEvent = func(e ringcx.Event) {
			if e.Stage == ringcx.StageRefresh && fake.Counts().Refreshes == 1 {
				store.breaks("both")
			}
		}
		ts := newTokenSource(t, cfg)
		must(ts.Token())
		for range 5 {
			time.Sleep(226 * time.Second)
			_, _ = ts.Token() // all that can be had
			synctest.Wait()
		}
		alone := fake.Counts().Exchanges + fake.Counts().Refreshes - 2
		store.breaks("")
		time.Sleep(5 * time.Minute)
		must(ts.Token())
		if alone == 0 {
			t.Error("the outage was too short")
		}
		if c := fake.Counts(); c.Logins != 1 || c.Exchanges+c.Refreshes != alone+3 {
			t.Errorf("%d sign-ins, %d exchanges, %d refreshes, of them %d without the Store", c.Logins, c.Exchanges, c.Refreshes, alone)
		}
	})
}

// TestFailedWriteIsForgotten has one write fail, and the others renew for long.
// That is no long outage.
func TestFailedWriteIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		cfg := fake.Config()
		mine := &spyStore{Store: store}
		cfg.Store = mine
		ts, other := newTokenSource(t, cfg), process()
		renew := func(ts *ringcx.TokenSource) {
			must(ts.Token())
			synctest.Wait()
			time.Sleep(2 * time.Second)
		}
		renew(ts)
		renew(other)
		mine.breaks("swap")
		time.Sleep(226 * time.Second)
		renew(ts)
		mine.breaks("")
		for range 10 {
			renew(other)
			renew(ts)
			time.Sleep(226 * time.Second)
		}
		time.Sleep(100 * time.Second) // the token ends
		mine.breaks("load")
		start := time.Now()
		must(ts.Token())
		if took := time.Since(start); took < 10*time.Second {
			t.Errorf("an exchange without the Store after %v", took)
		}
	})
}

// TestReadOnlyStore has a Store that answers and writes nothing.
func TestReadOnlyStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		ts := process()
		must(ts.Token())
		synctest.Wait()
		store.breaks("swap")
		time.Sleep(226 * time.Second)
		must(ts.Token()) // finds out
		time.Sleep(6 * time.Minute)
		must(ts.Token())
		spent{1, 2, 0}.check(t, fake)
	})
}

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
		if _, err := ts.Token(); err == nil || !strings.Contains(err.Error(), "the Store is broken") {
			t.Errorf("in the first minute: %v, want the Store's error", err)
		}
		time.Sleep(time.Minute)
		must(ts.Token())
		spent{1, 2, 0}.check(t, fake)

		store.breaks("")
		time.Sleep(5 * time.Minute)
		must(ts.Token())
		spent{1, 2, 1}.check(t, fake)
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
		cfg := fake.Config()
		cfg.Store = store
		cfg.OnEvent = func(e ringcx.Event) {
			if e.Stage == ringcx.StageExchange { // bought, and not yet written
				store.breaks("swap")
			}
		}
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
		time.Sleep(70 * time.Second)
		must(ts.Token())
		spent{1, 2, 0}.check(t, fake)
	})
}

package ringcx_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// TestStoreDown runs a Store outage. The valid token is returned until it expires, the
// process does not sign in, and it does not send the shared refresh token.
func TestStoreDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		ts := process()
		token := must(ts.Token())
		synctest.Wait()
		store.breaks("both")
		time.Sleep(280 * time.Second)
		if got := must(ts.Token()); got.AccessToken != token.AccessToken {
			t.Error("Token does not return the valid token")
		}
		time.Sleep(11 * time.Second)
		must(ts.Token()) // the process may renew at once: no other process is in the roster
		spent{1, 2, 0}.check(t, fake)
		time.Sleep(6 * time.Minute)
		must(ts.Token())
		spent{1, 2, 1}.check(t, fake) // with its own refresh token

		store.breaks("")
		time.Sleep(5 * time.Minute)
		must(ts.Token())
		spent{1, 2, 2}.check(t, fake)
	})
}

// TestStoreDownAtTheStart starts a process while Load fails. Token returns the error of
// the Store.
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

// TestUnsavedTokensAreWrittenLater makes the write of new tokens fail. Token returns them
// all the same, and they are written as soon as the Store works again.
func TestUnsavedTokensAreWrittenLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		cfg := store.breakAfter(fake.Config(), ringcx.StageExchange, "swap")
		ts := newTokenSource(t, cfg)
		token := must(ts.Token())
		time.Sleep(time.Second)
		store.breaks("")
		time.Sleep(10 * time.Second) // until the next attempt to write
		if got := must(process().Token()); got.AccessToken != token.AccessToken {
			t.Error("the tokens were not written")
		}
		spent{1, 1, 0}.check(t, fake)
	})
}

// TestUnsavedRefreshTokenStaysValid makes the Store fail before new tokens are written,
// until they have expired. Their refresh token must still be used afterwards.
func TestUnsavedRefreshTokenStaysValid(t *testing.T) {
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
			_, _ = ts.Token()
			synctest.Wait()
		}
		withoutStore := fake.Counts().Exchanges + fake.Counts().Refreshes - 2
		store.breaks("")
		time.Sleep(5 * time.Minute)
		must(ts.Token())
		if withoutStore == 0 {
			t.Error("the process did not renew without the Store")
		}
		if c := fake.Counts(); c.Logins != 1 || c.Exchanges+c.Refreshes != withoutStore+3 {
			t.Errorf("%d sign-ins, %d exchanges, %d refreshes, %d of these without the Store", c.Logins, c.Exchanges, c.Refreshes, withoutStore)
		}
	})
}

// TestOldFailedWriteIsNoOutage makes one write fail. Other processes write the record for
// a long time after that. A later failure of the Store must not count as part of one long
// outage.
func TestOldFailedWriteIsNoOutage(t *testing.T) {
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
		time.Sleep(100 * time.Second) // until the token expires
		mine.breaks("load")
		start := time.Now()
		must(ts.Token())
		if took := time.Since(start); took < 10*time.Second {
			t.Errorf("an exchange without the Store %v after the Store failed, want at least 10s", took)
		}
	})
}

// TestReadOnlyStore uses a Store whose writes fail and whose reads work.
func TestReadOnlyStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		ts := process()
		must(ts.Token())
		synctest.Wait()
		store.breaks("swap")
		time.Sleep(226 * time.Second)
		must(ts.Token()) // detects that writes fail
		time.Sleep(6 * time.Minute)
		must(ts.Token())
		spent{1, 2, 0}.check(t, fake)
	})
}

// TestOutageOfAFleet makes the Store fail for a whole fleet. All tokens expire at the
// same time, and RingCX allows five token requests a minute. It rejects requests of a
// fleet that is too large; the processes must not repeat these again and again.
func TestOutageOfAFleet(t *testing.T) {
	for _, c := range []struct {
		processes, minutes int
		peak               int // most token requests in a minute
		limited            int // most responses with 429
		least              int // fewest requests that return a token
	}{
		{20, 15, 14, 25, 25},
		{20, 60, 14, 70, 130},
		{100, 60, 45, 600, 40},
	} {
		t.Run(fmt.Sprintf("%d for %d minutes", c.processes, c.minutes), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				got := outageOfFleet(t, c.processes, c.minutes)
				t.Logf("%d exchanges, %d in a minute, %d × 429", got.Exchanges, got.PeakTokenRequests, got.RateLimited)
				tokens := got.Exchanges + got.Refreshes - got.RateLimited
				if got.PeakTokenRequests > c.peak || got.RateLimited > c.limited || tokens < c.least || got.Logins > 5 || got.RefreshReused > 0 {
					t.Errorf("%d tokens, %d requests in a minute, %d × 429, %d sign-ins, %d refresh tokens sent twice",
						tokens, got.PeakTokenRequests, got.RateLimited, got.Logins, got.RefreshReused)
				}
			})
		})
	}
}

// outageOfFleet starts a fleet and makes its Store fail for a number of minutes, in which
// each process calls Token every 5 s. It returns what the services counted.
func outageOfFleet(t *testing.T, processes, minutes int) ringcxtest.Counts {
	fake, store, process := fleet(t)
	fake.LimitRates(true)
	var all []*ringcx.TokenSource
	for n := range processes {
		ts := process()
		ringcx.SetClock(ts, time.Now, drawn(n))
		must(ts.Token())
		synctest.Wait()
		all = append(all, ts)
	}
	store.breaks("both")
	var wg sync.WaitGroup
	for _, ts := range all {
		wg.Go(func() {
			for range minutes * 12 {
				_, _ = ts.Token()
				time.Sleep(5 * time.Second)
			}
		})
	}
	wg.Wait()
	return fake.Counts()
}

// drawn returns a source of jitter that depends only on the seed.
func drawn(seed int) func() float64 {
	var mu sync.Mutex
	r := rand.New(rand.NewPCG(uint64(seed), 0))
	return func() float64 {
		mu.Lock()
		defer mu.Unlock()
		return r.Float64()
	}
}

// TestStoreThatAlwaysConflicts uses a Store that returns ErrConflict for every write.
func TestStoreThatAlwaysConflicts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, _ := fleet(t)
		cfg := fake.Config()
		cfg.Store = takenStore{store}
		start := time.Now()
		_, err := newTokenSource(t, cfg).Token()
		if err == nil || !strings.Contains(err.Error(), "another process was faster each time") {
			t.Errorf("error is %v", err)
		}
		if took := time.Since(start); took < 10*time.Second || took > time.Minute {
			t.Errorf("Token gave up after %v and %d calls of the Store, want between 10s and 1m", took, store.calls)
		}
		spent{}.check(t, fake)
	})
}

// TestShortStoreFailureWhileWaiting makes the Store fail for a second while a process
// waits for the renewal of another process.
func TestShortStoreFailureWhileWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		fake.Fault(ringcxtest.Exchange, ringcxtest.Slow(5*time.Second), 1)
		go process().Token()
		synctest.Wait()
		cfg := fake.Config()
		mine := &spyStore{Store: store}
		cfg.Store = mine
		ts := newTokenSource(t, cfg)
		go func() {
			time.Sleep(1500 * time.Millisecond)
			mine.breaks("load")
			time.Sleep(time.Second)
			mine.breaks("")
		}()
		must(ts.Token())
		spent{1, 1, 0}.check(t, fake)
	})
}

// TestInvalidatedTokenDuringStoreOutage invalidates the token while the Store is down.
// Token still returns it, because other endpoints may accept it.
func TestInvalidatedTokenDuringStoreOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, store, process := fleet(t)
		ts := process()
		token := must(ts.Token())
		synctest.Wait()
		store.breaks("both")
		ts.Invalidate(token)
		for range 2 { // the second call uses the remembered failure of the first
			if got := must(ts.Token()); got.AccessToken != token.AccessToken {
				t.Error("Token does not return the invalidated token")
			}
		}
	})
}

// TestFailureDoesNotHideNewTokens makes the sign-in of one process fail. After another
// process has signed in, the first process must return the new token.
func TestFailureDoesNotHideNewTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, _, process := fleet(t)
		fake.Fault(ringcxtest.Login, ringcxtest.Refuse, 1)
		ts := process()
		for range 20 {
			if _, err := ts.Token(); err == nil || !strings.Contains(err.Error(), "OAU-213") {
				t.Errorf("error is %v, want the OAU-213 of RingCentral", err)
			}
			time.Sleep(time.Second)
		}
		spent{1, 0, 0}.check(t, fake)
		must(process().Token())
		time.Sleep(18 * time.Second) // until the back-off is over
		must(ts.Token())
		spent{2, 1, 0}.check(t, fake)
	})
}

// TestSecondOutage makes the Store fail twice. Each time the process renews without the
// Store ten seconds after the outage began.
func TestSecondOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		ts := process()
		ringcx.SetClock(ts, time.Now, func() float64 { return 0.9 })
		for n := range 2 {
			must(ts.Token())
			synctest.Wait()
			exchanges := fake.Counts().Exchanges
			time.Sleep(291 * time.Second) // until the token has expired
			store.breaks("both")
			began := time.Now()
			for {
				if _, err := ts.Token(); err == nil {
					break
				}
				time.Sleep(time.Second)
			}
			if took := time.Since(began); took < 10*time.Second || took > 12*time.Second {
				t.Errorf("outage %d: a token after %v, want between 10s and 12s", n+1, took)
			}
			if got := fake.Counts().Exchanges - exchanges; got != 1 {
				t.Errorf("outage %d: %d exchanges, want 1", n+1, got)
			}
			store.breaks("")
			time.Sleep(10 * time.Minute)
		}
	})
}

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

// TestOutageOfAFleet keeps processes from their Store. Their tokens all end at the
// same moment, and RingCX sells five a minute: to a fleet that is too large it
// refuses some, which must not ask again and again.
func TestOutageOfAFleet(t *testing.T) {
	for _, c := range []struct {
		processes, minutes   int
		peak, refused, least int // requests in a minute, × 429, requests that bring a token
	}{
		{20, 15, 14, 25, 25},
		{20, 60, 14, 70, 130},
		{100, 60, 45, 600, 40},
	} {
		t.Run(fmt.Sprintf("%d for %d minutes", c.processes, c.minutes), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fake, store, process := fleet(t)
				fake.LimitRates(true)
				var all []*ringcx.TokenSource
				for n := range c.processes {
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
						for range c.minutes * 12 {
							_, _ = ts.Token()
							time.Sleep(5 * time.Second)
						}
					})
				}
				wg.Wait()
				got := fake.Counts()
				t.Logf("%d exchanges, %d in a minute, %d × 429", got.Exchanges, got.PeakTokenRequests, got.RateLimited)
				tokens := got.Exchanges + got.Refreshes - got.RateLimited
				if got.PeakTokenRequests > c.peak || got.RateLimited > c.refused || tokens < c.least || got.Logins > 5 || got.RefreshReused > 0 {
					t.Errorf("%d tokens, %d requests in a minute, %d × 429, %d sign-ins", tokens, got.PeakTokenRequests, got.RateLimited, got.Logins)
				}
			})
		})
	}
}

// drawn is a source of jitter that is the same in each run.
func drawn(seed int) func() float64 {
	var mu sync.Mutex
	r := rand.New(rand.NewPCG(uint64(seed), 0))
	return func() float64 {
		mu.Lock()
		defer mu.Unlock()
		return r.Float64()
	}
}

// TestStoreThatTakesNoWrite has a Store answer that another was faster, for ever.
func TestStoreThatTakesNoWrite(t *testing.T) {
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
			t.Errorf("it gave up after %v and %d reads of the Store", took, store.calls)
		}
		spent{}.check(t, fake)
	})
}

// TestHiccup has the Store fail while a process waits for another.
func TestHiccup(t *testing.T) {
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

// TestAccusedTokenWhileTheStoreIsDown has one endpoint refuse the token. Others may
// take it.
func TestAccusedTokenWhileTheStoreIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, store, process := fleet(t)
		ts := process()
		token := must(ts.Token())
		synctest.Wait()
		store.breaks("both")
		ts.Invalidate(token)
		for range 2 { // the second time it is a failure that is remembered
			if got := must(ts.Token()); got.AccessToken != token.AccessToken {
				t.Error("it is not given out")
			}
		}
	})
}

// TestFailureHidesNoPair has one process fail for a minute, and another, with
// better credentials, succeed meanwhile.
func TestFailureHidesNoPair(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, _, process := fleet(t)
		fake.Fault(ringcxtest.Login, ringcxtest.Refuse, 1)
		ts := process()
		for range 20 {
			if _, err := ts.Token(); err == nil || !strings.Contains(err.Error(), "OAU-213") {
				t.Errorf("the error is %v, want RingCentral's", err)
			}
			time.Sleep(time.Second)
		}
		spent{1, 0, 0}.check(t, fake)
		must(process().Token())
		time.Sleep(18 * time.Second) // a back-off
		must(ts.Token())
		spent{2, 1, 0}.check(t, fake)
	})
}

// TestSecondOutage has a Store fail twice. Each time a process goes on without it ten
// seconds after the outage began.
func TestSecondOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		ts := process()
		ringcx.SetClock(ts, time.Now, func() float64 { return 0.9 })
		for n := range 2 {
			must(ts.Token())
			synctest.Wait()
			bought := fake.Counts().Exchanges
			time.Sleep(291 * time.Second) // the token ends
			store.breaks("both")
			began := time.Now()
			for {
				if _, err := ts.Token(); err == nil {
					break
				}
				time.Sleep(time.Second)
			}
			if took := time.Since(began); took < 10*time.Second || took > 12*time.Second {
				t.Errorf("outage %d: a token after %v", n+1, took)
			}
			if got := fake.Counts().Exchanges - bought; got != 1 {
				t.Errorf("outage %d: %d exchanges", n+1, got)
			}
			store.breaks("")
			time.Sleep(10 * time.Minute)
		}
	})
}

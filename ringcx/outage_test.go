package ringcx_test

import (
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// TestOutageOfAFleet keeps twenty processes from their Store for a quarter of an
// hour. Their tokens all end at the same moment, and RingCX sells five a minute.
func TestOutageOfAFleet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		fake.LimitRates(true)
		var all []*ringcx.TokenSource
		for range 20 {
			ts := process()
			must(ts.Token())
			synctest.Wait()
			all = append(all, ts)
		}
		store.breaks("both")
		var wg sync.WaitGroup
		without := make([]int, len(all)) // seconds
		for i, ts := range all {
			wg.Go(func() {
				for range 15 * 60 {
					if _, err := ts.Token(); err != nil {
						without[i]++
					}
					time.Sleep(time.Second)
				}
			})
		}
		wg.Wait()
		c := fake.Counts()
		t.Logf("%d exchanges, %d in a minute, %d × 429, seconds without a token: %d", c.Exchanges, c.PeakTokenRequests, c.RateLimited, without)
		if c.PeakTokenRequests > 15 || c.RateLimited > 25 || c.Logins > 1 || c.RefreshReused > 0 {
			t.Errorf("%d exchanges in a minute, %d × 429, %d sign-ins", c.PeakTokenRequests, c.RateLimited, c.Logins)
		}
	})
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

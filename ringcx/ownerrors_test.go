package ringcx_test

import (
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// TestCallersDoNotShareAnError has ten callers wait for one renewal, which fails, and
// ten later callers get the remembered failure. OnEvent gets it too. Each gets an
// *Error of its own, which it may change.
func TestCallersDoNotShareAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		fake.Fault(ringcxtest.Login, ringcxtest.Refuse, 1)
		cfg := fake.Config()
		base := cfg.HTTPClient.Transport
		cfg.HTTPClient = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			time.Sleep(time.Second) // until all callers wait
			return base.RoundTrip(r)
		})}
		seen := map[*ringcx.Error]int{}
		var mu sync.Mutex
		change := func(err error) {
			mu.Lock()
			defer mu.Unlock()
			e, ok := errors.AsType[*ringcx.Error](err)
			if !ok || e.Code != "OAU-213" {
				t.Errorf("error is %v, want one with code OAU-213", err)
				return
			}
			seen[e]++
			e.Code = "changed by its caller"
		}
		cfg.OnEvent = func(e ringcx.Event) { change(e.Err) }
		ts := newTokenSource(t, cfg)
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				_, err := ts.Token()
				change(err)
			})
		}
		wg.Wait()
		for range 10 {
			_, err := ts.Token()
			change(err)
		}
		if len(seen) != 21 {
			t.Errorf("20 callers and OnEvent got %d different errors, want 21", len(seen))
		}
		spent{Logins: 1}.check(t, fake)
	})
}

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

// TestCallersDoNotShareAnError has callers wait for one renewal that fails, and
// others find the failure that is remembered. Each may change the error that it gets.
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
		owners := map[*ringcx.Error]int{}
		var mu sync.Mutex
		got := func(err error) {
			mu.Lock()
			defer mu.Unlock()
			e, ok := errors.AsType[*ringcx.Error](err)
			if !ok || e.Code != "OAU-213" {
				t.Errorf("error is %v", err)
				return
			}
			owners[e]++
			e.Code = "changed by its caller"
		}
		cfg.OnEvent = func(e ringcx.Event) { got(e.Err) }
		ts := newTokenSource(t, cfg)
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				_, err := ts.Token()
				got(err)
			})
		}
		wg.Wait()
		for range 10 {
			_, err := ts.Token()
			got(err)
		}
		if len(owners) != 21 {
			t.Errorf("20 callers and OnEvent share %d errors", len(owners))
		}
		spent{Logins: 1}.check(t, fake)
	})
}

package ringcx_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// TestLateLoginOfAFleet has the second call of a RingCentral source return after its
// renewal has timed out, with and without another process that writes the record after
// that. The next renewal uses the late RingCentral token.
func TestLateLoginOfAFleet(t *testing.T) {
	for _, writes := range []bool{false, true} {
		t.Run(fmt.Sprintf("another process writes %v", writes), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fake, store, _ := fleet(t)
				cfg := fake.Config()
				login := *cfg.RingCentral.(*ringcx.JWTLogin)
				login.HTTPClient = cfg.HTTPClient
				source := &slowSource{takes: []time.Duration{0, 15 * time.Second}, signIn: login.Token}
				cfg.RingCentral, cfg.Store, cfg.Key = source, store, "key"
				ts := newTokenSource(t, cfg)
				must(ts.Token())
				synctest.Wait()
				time.Sleep(61 * time.Minute)
				fake.Fault(ringcxtest.Refresh, ringcxtest.Refuse, 1)
				if _, err := ts.Token(); err == nil {
					t.Error("Token returns a token before the source has returned")
				}
				time.Sleep(20 * time.Second)
				if writes {
					store.replace(t, anotherRev)
				}
				if took := tokenAfter(t, ts, 5*time.Minute); took > 15*time.Second {
					t.Errorf("Token returns a token after %v, want at most 15s", took)
				}
				source.assert(t, 2)
			})
		})
	}
}

package ringcx_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// TestShortLivedProcesses has one process after another begin and end, as the runs
// of a command do. On one machine none learns what the services' time is before
// it has to judge what the record says of limits. On many a call's answer says it.
func TestShortLivedProcesses(t *testing.T) {
	for _, gap := range []time.Duration{time.Minute, 4 * time.Minute, 10 * time.Minute} {
		for _, machines := range []int{1, 1000} {
			for _, wrong := range []time.Duration{-10 * time.Minute, 0, 10 * time.Minute} {
				t.Run(fmt.Sprintf("every %v on %d machines, %v off", gap, machines, wrong), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						fake, store, _ := fleet(t)
						cfg := fake.Config()
						cfg.Store = store
						for n := range 40 {
							if n == 20 {
								fake.Fault(ringcxtest.Refresh, ringcxtest.RateLimit(5*time.Second), 1)
							}
							client := newClient(t, cfg)
							off := time.Duration(0)
							if machines == 1 || n%2 == 1 {
								off = wrong
							}
							ringcx.SetClock(client.Tokens, func() time.Time { return time.Now().Add(off) }, func() float64 { return 0 })
							ringcx.SetHost(client.Tokens, fmt.Sprint("machine ", n%machines))
							_, err := client.Tokens.Token() // all that some do
							if machines > 1 && err == nil {
								_, err = ringcx.Get(client.ListAccountsWithResponse(t.Context()))
							}
							if e, refused := errors.AsType[*ringcx.Error](err); err != nil && (!refused || e.Code == "local_limit") {
								t.Errorf("process %d: %v", n, err)
							}
							client.Tokens.Close()
							time.Sleep(gap)
						}
						c := fake.Counts()
						if hours := int(40*gap/time.Hour) + 1; c.Logins > hours || c.Exchanges > hours || c.RefreshReused > 0 || c.RateLimited > 1 {
							t.Errorf("%d sign-ins and %d exchanges in %d hours, %d × 429", c.Logins, c.Exchanges, hours, c.RateLimited)
						}
					})
				})
			}
		}
	}
}

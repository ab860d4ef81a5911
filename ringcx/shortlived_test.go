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

// TestShortLivedProcesses starts one process after another, as runs of a command do. On
// one machine they make no calls, so that none knows the services' time when it evaluates
// the limits in the record. On many machines each learns it from the response to a call.
func TestShortLivedProcesses(t *testing.T) {
	for _, gap := range []time.Duration{time.Minute, 4 * time.Minute, 10 * time.Minute} {
		for _, machines := range []int{1, 1000} {
			for _, wrong := range []time.Duration{-10 * time.Minute, 0, 10 * time.Minute} {
				t.Run(fmt.Sprintf("every %v on %d machines, clocks %v off", gap, machines, wrong), func(t *testing.T) {
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
							ringcx.SetMachine(client.Tokens, fmt.Sprint("machine ", n%machines))
							_, err := client.Tokens.Token()
							if machines > 1 && err == nil {
								_, err = ringcx.Get(client.ListAccountsWithResponse(t.Context()))
							}
							if e, rejected := errors.AsType[*ringcx.Error](err); err != nil && (!rejected || e.Code == "local_limit") {
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

// TestProcessesAfterACooldown has RingCentral return 429 with a Retry-After to one process.
// It does not know the services' time, but later processes on the same machine know when
// the Retry-After has passed.
func TestProcessesAfterACooldown(t *testing.T) {
	for _, off := range []time.Duration{-3 * time.Hour, 0, 3 * time.Hour} {
		t.Run(fmt.Sprint(off), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fake, _, process := fleet(t)
				fake.Fault(ringcxtest.Login, ringcxtest.RateLimit(10*time.Second), 1)
				token := func() error {
					ts := process()
					ringcx.SetClock(ts, func() time.Time { return time.Now().Add(off) }, func() float64 { return 0 })
					ringcx.SetMachine(ts, "machine")
					defer ts.Close()
					_, err := ts.Token()
					return err
				}
				for _, wantCode := range []string{"", "local_limit"} { // the first error is that of RingCentral
					if e, rejected := errors.AsType[*ringcx.Error](token()); !rejected || wantCode != "" && e.Code != wantCode {
						t.Errorf("error is %v, want a 429 %s", e, wantCode)
					}
				}
				time.Sleep(10 * time.Second)
				if err := token(); err != nil {
					t.Error(err)
				}
				spent{2, 1, 0}.check(t, fake)
			})
		})
	}
}

// TestClockSetBack sets the clock of a machine back by 3 minutes after tokens were obtained,
// so that they look younger than they are. The next process learns the services' time from
// the response to its first call, and no call gets a 401.
func TestClockSetBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, _ := fleet(t)
		off := time.Duration(0)
		cfg := fake.Config()
		cfg.Store = store
		begin := func() *ringcx.Client {
			client := newClient(t, cfg)
			ringcx.SetClock(client.Tokens, func() time.Time { return time.Now().Add(off) }, func() float64 { return 0 })
			ringcx.SetMachine(client.Tokens, "machine")
			return client
		}
		must(begin().Tokens.Token())
		time.Sleep(200 * time.Second)
		synctest.Wait()
		off = -3 * time.Minute
		client := begin()
		for range 10 {
			if _, err := ringcx.Get(client.ListAccountsWithResponse(t.Context())); err != nil {
				t.Error(err)
			}
			time.Sleep(30 * time.Second)
		}
		if c := fake.Counts(); c.Unauthorized > 0 {
			t.Errorf("%d × 401, want none", c.Unauthorized)
		}
	})
}

package ringcx_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// TestOutageOfAnOldFleet has the Store fail for 20 minutes when the processes have run for
// less or more than the hour that a RingCentral token is valid. No process is without a
// token: each renews with the refresh token of its own, or signs in. They call every 5 s
// before, so that a minute is left of the shared token: the turn of the fourth process is
// 50.5 s after the outage began.
func TestOutageOfAnOldFleet(t *testing.T) {
	for _, age := range []time.Duration{20 * time.Minute, 45 * time.Minute, 2 * time.Hour} {
		for _, processes := range []int{1, 4} {
			t.Run(fmt.Sprintf("%d after %v", processes, age), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					fake, store, process := fleet(t)
					fake.LimitRates(true)
					var all []*ringcx.TokenSource
					for seed := range processes {
						all = append(all, process())
						ringcx.SetClock(all[seed], time.Now, drawn(seed))
					}
					for start := time.Now(); time.Since(start) < age; time.Sleep(5 * time.Second) {
						for _, ts := range all {
							must(ts.Token())
							synctest.Wait()
						}
					}
					before := fake.Counts().Logins
					store.breaks("both")
					for id, ts := range all {
						go func() {
							if failed := failedTokens(ts, 20*time.Minute); failed > 0 {
								t.Errorf("process %d had no token in %d of 1200 s", id, failed)
							}
						}()
					}
					time.Sleep(20*time.Minute + time.Second)
					if c := fake.Counts(); c.Logins-before > 4 || c.RateLimited > 0 {
						t.Errorf("%d sign-ins in the outage, %d responses with 429", c.Logins-before, c.RateLimited)
					}
				})
			})
		}
	}
}

// TestOneFailureInAStoreOutage has one exchange fail while the Store is down, or ten that
// reach nobody. The token is valid for a minute more when a process sends its first
// request, so that a later attempt brings a token in time. Only after a 429 that attempt is
// two minutes later, because more processes may be there than RingCX allows requests.
func TestOneFailureInAStoreOutage(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault ringcxtest.Fault
		times int
		most  int // seconds without a token
	}{
		{"unreachable", ringcxtest.Unreachable, 10, 0},
		{"status 502", ringcxtest.Status(502, "down"), 1, 0},
		{"dropped", ringcxtest.DropAnswer, 1, 0},
		{"status 429", ringcxtest.RateLimit(time.Second), 1, 66},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fake, store, process := fleet(t)
				ts := process()
				must(ts.Token())
				synctest.Wait()
				store.breaks("both")
				fake.Fault(ringcxtest.Exchange, c.fault, c.times)
				if failed := failedTokens(ts, 20*time.Minute); failed > c.most {
					t.Errorf("no token in %d s, want at most %d", failed, c.most)
				}
			})
		})
	}
}

// TestOldStoreFailure has a write fail, and ten minutes without a call later the Store
// fail for 2 s. That is another outage, for which a process waits before it requests a
// token of its own.
func TestOldStoreFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		ts := process()
		must(ts.Token())
		synctest.Wait()
		time.Sleep(230 * time.Second)
		store.breaks("swap")
		must(ts.Token())
		synctest.Wait()
		store.breaks("")
		time.Sleep(10 * time.Minute)
		store.breaks("both")
		time.AfterFunc(2*time.Second, func() { store.breaks("") })
		must(ts.Token())
		synctest.Wait()
		spent{1, 1, 1}.check(t, fake)
	})
}

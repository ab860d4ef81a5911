package ringcx_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// asked is how often somebody asked what time it is.
func asked(fake *ringcxtest.Server) int {
	n := 0
	for _, x := range fake.Log() {
		if x.Method == http.MethodHead {
			n++
		}
	}
	return n
}

// TestTokensOnly has a program use its tokens with an HTTP client of its own, beside
// another that renews them. It never sees an answer that tells the time.
func TestTokensOnly(t *testing.T) {
	for _, off := range []time.Duration{-10 * time.Minute, 0, 10 * time.Minute} {
		t.Run(fmt.Sprint(off), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fake, _, process := fleet(t)
				busy, ts := process(), process()
				ringcx.SetHost(busy, "another")
				ringcx.SetClock(ts, func() time.Time { return time.Now().Add(off) }, func() float64 { return 0.5 })
				dead, now := 0, time.Now()
				for step := range 360 {
					must(busy.Token())
					if step > 20 {
						dead += refusals(t, fake, must(ts.Token()).AccessToken)
					}
					time.Sleep(10 * time.Second)
				}
				if c := fake.Counts(); dead > 0 || c.Refreshes > int(time.Since(now)/(225*time.Second))+1 {
					t.Errorf("%d dead tokens, %d refreshes", dead, c.Refreshes)
				}
				if n, renewals := asked(fake), fake.Counts().Refreshes+1; off == 0 && n > renewals/2 {
					t.Errorf("asked %d times what time it is, for %d renewals", n, renewals)
				}
			})
		})
	}
}

// refusals is 1 where RingCX refuses the token.
func refusals(t *testing.T, fake *ringcxtest.Server, access string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, fake.Config().BaseURL+"/voice/api/v1/admin/accounts", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+access)
	resp := must(fake.Client().Do(req))
	resp.Body.Close()
	if resp.StatusCode == http.StatusUnauthorized {
		return 1
	}
	return 0
}

// TestOldPairOfAnotherHost has processes on hosts of their own begin long after the
// last one ended. Only where a clock is so far behind that a dead pair looks young
// does nobody ask.
func TestOldPairOfAnotherHost(t *testing.T) {
	for _, gap := range []time.Duration{4 * time.Minute, 7 * time.Minute, 12 * time.Minute, time.Hour} {
		for _, off := range []time.Duration{-10 * time.Minute, 0, 10 * time.Minute} {
			if gap == 12*time.Minute && off < 0 {
				continue
			}
			t.Run(fmt.Sprintf("%v, %v off", gap, off), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					fake, _, process := fleet(t)
					for n := range 10 {
						ts := process()
						ringcx.SetClock(ts, func() time.Time { return time.Now().Add(time.Duration(n%2) * off) }, func() float64 { return 0.5 })
						if refusals(t, fake, must(ts.Token()).AccessToken) > 0 {
							t.Errorf("process %d was given a dead token", n)
						}
						ts.Close()
						time.Sleep(gap)
					}
				})
			})
		}
	}
}

// TestSignInsOfManyHosts has RingCentral fail for some minutes, while processes begin
// and end, each on a host of its own.
func TestSignInsOfManyHosts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, _, process := fleet(t)
		fake.Fault(ringcxtest.Login, ringcxtest.Status(500, "down"), 4)
		for start := time.Now(); ; time.Sleep(time.Minute) {
			ts := process()
			ringcx.SetClock(ts, time.Now, func() float64 { return 0.5 })
			_, err := ts.Token()
			ts.Close()
			if err == nil {
				break
			}
			if took := time.Since(start); took > 4*time.Minute {
				t.Errorf("after %v: %v", took, err)
				break
			}
		}
	})
}

// TestTimeIsNotToBeHad has RingCX answer without a Date, and not at all: that is no
// reason to go without a token.
func TestTimeIsNotToBeHad(t *testing.T) {
	for _, fails := range []bool{false, true} {
		t.Run(fmt.Sprintf("fails: %v", fails), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fake, store, _ := fleet(t)
				cfg := fake.Config()
				cfg.Store = store
				base := cfg.HTTPClient.Transport
				cfg.HTTPClient = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
					if r.Method == http.MethodHead && fails {
						<-r.Context().Done()
						return nil, r.Context().Err()
					}
					resp, err := base.RoundTrip(r)
					if err == nil {
						resp.Header.Del("Date")
					}
					return resp, err
				})}
				ts := newTokenSource(t, cfg)
				start := time.Now()
				must(ts.Token())
				if took := time.Since(start); took > 3*time.Second {
					t.Errorf("it took %v", took)
				}
				time.Sleep(280 * time.Second)
				must(ts.Token())
				time.Sleep(5 * time.Second)
				spent{1, 1, 1}.check(t, fake)
			})
		})
	}
}

// TestClockSetForward has a machine's clock be set after a pair was bought, so that
// the pair looks dead, by what another process of the machine knew of the time too.
func TestClockSetForward(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, _, process := fleet(t)
		off := time.Duration(0)
		for range 2 {
			ts := process()
			ringcx.SetClock(ts, func() time.Time { return time.Now().Add(off) }, func() float64 { return 0.5 })
			ringcx.SetHost(ts, "machine")
			must(ts.Token())
			time.Sleep(time.Minute)
			synctest.Wait()
			off = 5 * time.Minute
		}
		spent{1, 1, 0}.check(t, fake)
	})
}

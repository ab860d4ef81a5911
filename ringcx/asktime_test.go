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

// timeRequests returns how many requests for the time the fake received.
func timeRequests(fake *ringcxtest.Server) int {
	n := 0
	for _, x := range fake.Log() {
		if x.Method == http.MethodHead {
			n++
		}
	}
	return n
}

// TestTokensWithoutCalls has a program use the tokens with an HTTP client of its own, so
// that its TokenSource gets no responses to calls, which contain the time. Another process
// makes the renewals. The program must get no expired token.
func TestTokensWithoutCalls(t *testing.T) {
	for _, off := range []time.Duration{-10 * time.Minute, 0, 10 * time.Minute} {
		t.Run(fmt.Sprintf("clock %v off", off), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fake, _, process := fleet(t)
				busy, ts := process(), process()
				ringcx.SetHost(busy, "another")
				ringcx.SetClock(ts, func() time.Time { return time.Now().Add(off) }, func() float64 { return 0.5 })
				rejected, start := 0, time.Now()
				for step := range 360 {
					must(busy.Token())
					if step > 20 && isRejected(t, fake, must(ts.Token()).AccessToken) {
						rejected++
					}
					time.Sleep(10 * time.Second)
				}
				if c := fake.Counts(); rejected > 0 || c.Refreshes > int(time.Since(start)/(225*time.Second))+1 {
					t.Errorf("%d expired tokens and %d refreshes, want none and one every 225s", rejected, c.Refreshes)
				}
				if n, renewals := timeRequests(fake), fake.Counts().Refreshes+1; off == 0 && n > renewals/2 {
					t.Errorf("%d requests for the time during %d renewals, want at most half as many", n, renewals)
				}
			})
		})
	}
}

// isRejected reports whether RingCX returns 401 to a call with the token.
func isRejected(t *testing.T, fake *ringcxtest.Server, access string) bool {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, fake.Config().BaseURL+"/voice/api/v1/admin/accounts", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+access)
	resp := must(fake.Client().Do(req))
	resp.Body.Close()
	return resp.StatusCode == http.StatusUnauthorized
}

// TestOldTokenOfAnotherMachine starts processes on different machines, each some time
// after the one before has ended. None may get the expired token of the record. (The test
// omits the case of a clock that is so far behind that the expired token looks valid. Then
// a process does not request the time.)
func TestOldTokenOfAnotherMachine(t *testing.T) {
	for _, gap := range []time.Duration{4 * time.Minute, 7 * time.Minute, 12 * time.Minute, time.Hour} {
		for _, off := range []time.Duration{-10 * time.Minute, 0, 10 * time.Minute} {
			if gap == 12*time.Minute && off < 0 {
				continue
			}
			t.Run(fmt.Sprintf("after %v, clock %v off", gap, off), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					fake, _, process := fleet(t)
					for n := range 10 {
						ts := process()
						ringcx.SetClock(ts, func() time.Time { return time.Now().Add(time.Duration(n%2) * off) }, func() float64 { return 0.5 })
						if isRejected(t, fake, must(ts.Token()).AccessToken) {
							t.Errorf("process %d got an expired token", n)
						}
						ts.Close()
						time.Sleep(gap)
					}
				})
			})
		}
	}
}

// TestSignInsOfManyMachines has four sign-ins fail. Each minute a process starts on another
// machine, calls Token once and ends.
func TestSignInsOfManyMachines(t *testing.T) {
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
				t.Errorf("the sign-in still fails after %v: %v", took, err)
				break
			}
		}
	})
}

// TestTimeIsUnavailable has RingCX send no Date, and not respond to the request for the
// time. A process gets its tokens all the same.
func TestTimeIsUnavailable(t *testing.T) {
	for _, fails := range []bool{false, true} {
		t.Run(fmt.Sprintf("no response %v", fails), func(t *testing.T) {
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
					t.Errorf("Token took %v, want at most 3s", took)
				}
				time.Sleep(280 * time.Second)
				must(ts.Token())
				time.Sleep(5 * time.Second)
				spent{1, 1, 1}.check(t, fake)
			})
		})
	}
}

// TestClockSetForward sets the clock of a machine forward by 5 minutes after tokens were
// obtained, so that they look expired, also by the services' time that another process of
// the machine has written into the record. The tokens must be used all the same.
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

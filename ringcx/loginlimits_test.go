package ringcx_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// TestRingCentralTokenNearItsEnd needs a token 8 s before the RingCentral token expires.
// That might have expired when RingCX checks it, so the source signs in again instead of
// exchanging it.
func TestRingCentralTokenNearItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		fake.Fault(ringcxtest.Login, ringcxtest.Lifetime(305*time.Second), 1)
		fake.Fault(ringcxtest.Exchange, ringcxtest.NoRefreshToken, 2)
		ts := newTokenSource(t, fake.Config())
		must(ts.Token())
		time.Sleep(297 * time.Second)
		must(ts.Token())
		spent{Logins: 2, Exchanges: 2}.check(t, fake)
	})
}

// TestSlowSignInsCountFromTheirArrival delays the first four sign-ins by 9 s on their way
// to RingCentral. No more than 4 sign-ins may arrive within any minute.
func TestSlowSignInsCountFromTheirArrival(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		var arrivals []time.Time
		cfg := fake.Config()
		cfg.HTTPClient = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			if len(arrivals) < 4 {
				time.Sleep(9 * time.Second)
			}
			arrivals = append(arrivals, time.Now())
			return response(500, "text/plain", "down"), nil
		})}
		ts := newTokenSource(t, cfg)
		for start := time.Now(); time.Since(start) < 3*time.Minute; time.Sleep(100 * time.Millisecond) {
			if _, err := ts.Token(); err == nil {
				t.Fatal("no error")
			}
		}
		if len(arrivals) < 6 {
			t.Fatalf("%d sign-ins in 3 minutes, want at least 6", len(arrivals))
		}
		for i := range arrivals[4:] {
			if d := arrivals[i+4].Sub(arrivals[i]); d < time.Minute {
				t.Errorf("sign-ins %d to %d arrived within %v, want a minute at least", i+1, i+5, d)
			}
		}
	})
}

// TestRateLimitedRefreshDelaysTheExchange has RingCX return 429 to a refresh. RingCX
// counts exchanges against the same limit, so the Retry-After applies to them, too.
func TestRateLimitedRefreshDelaysTheExchange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		fake.Fault(ringcxtest.Refresh, ringcxtest.RateLimit(2*time.Minute), 1)
		ts := newTokenSource(t, fake.Config())
		must(ts.Token())
		time.Sleep(226 * time.Second)
		must(ts.Token()) // refreshes in the background
		synctest.Wait()
		if err := ts.Logout(t.Context()); err != nil { // no refresh token remains, so an exchange is next
			t.Fatal(err)
		}
		_, err := ts.Token()
		want := ringcx.Error{Stage: ringcx.StageExchange, StatusCode: 429, Code: "local_limit"}
		if diff := cmp.Diff(want, errorOf(t, err)); diff != "" {
			t.Errorf("error (-want +got):\n%s", diff)
		}
		time.Sleep(2 * time.Minute)
		must(ts.Token())
		spent{2, 2, 1}.check(t, fake)
	})
}

// TestBusyServerKeepsTheRefreshToken has RingCX return 503 with a Retry-After to a
// refresh. That means that it did not process the request, so the source sends the same
// refresh token again.
func TestBusyServerKeepsTheRefreshToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		cfg, busy := fake.Config(), true
		base := cfg.HTTPClient.Transport
		cfg.HTTPClient = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.URL.Path == "/api/auth/token/refresh" && busy {
				busy = false
				return status(503, "5"), nil
			}
			return base.RoundTrip(r)
		})}
		ts := newTokenSource(t, cfg)
		must(ts.Token())
		time.Sleep(226 * time.Second)
		must(ts.Token()) // the renewal in the background gets the 503
		time.Sleep(20 * time.Second)
		must(ts.Token())
		synctest.Wait()
		if busy {
			t.Error("no refresh was sent")
		}
		spent{1, 1, 1}.check(t, fake)
	})
}

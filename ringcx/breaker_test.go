package ringcx_test

import (
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// rejectingPath returns 401 for one path and sends other requests to the fake.
type rejectingPath struct {
	fake http.RoundTripper
	path string
}

func (r rejectingPath) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Path != r.path {
		return r.fake.RoundTrip(req)
	}
	_, _ = io.Copy(io.Discard, req.Body)
	req.Body.Close()
	return response(401, "text/plain", "not for you"), nil
}

// TestBreakerOfAStream has an endpoint return 401 for an hour to POSTs whose bodies cannot
// be sent again, while another endpoint accepts every valid token. An hour without a 401
// needs 16 refreshes.
func TestBreakerOfAStream(t *testing.T) {
	for _, every := range []time.Duration{time.Second, 7 * time.Second, 15 * time.Second, 31 * time.Second, 61 * time.Second} {
		for _, beside := range []bool{true, false} {
			synctest.Test(t, func(t *testing.T) {
				fake := ringcxtest.NewServer(t)
				fake.LimitRates(true)
				cfg := fake.Config()
				cfg.HTTPClient.Transport = rejectingPath{cfg.HTTPClient.Transport, "/voice/upload"}
				client := newClient(t, cfg)
				for start := time.Now(); time.Since(start) < time.Hour; time.Sleep(every) {
					if err := stream(t, client, "/voice/upload"); !errors.Is(err, ringcx.ErrUnauthorized) {
						t.Fatalf("the rejecting endpoint: error is %v, want %v", err, ringcx.ErrUnauthorized)
					}
					if _, err := ringcx.Get(client.ListAccountsWithResponse(t.Context())); beside && err != nil {
						t.Fatalf("the accepting endpoint: %v", err)
					}
				}
				c := fake.Counts()
				t.Logf("every %v: %d refreshes", every, c.Refreshes)
				if c.Refreshes > 80 || c.Logins > 1 || c.Exchanges > 1 {
					t.Errorf("every %v: %d refreshes, %d exchanges, %d sign-ins, want at most 80, 1 and 1", every, c.Refreshes, c.Exchanges, c.Logins)
				}
			})
		}
	}
}

// TestRevokedTokenOfAStream revokes the token of a process whose requests all have bodies
// that cannot be sent again. Each time one call fails, and the next one succeeds.
func TestRevokedTokenOfAStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		fake.Handle("POST /voice/upload", accepts)
		client := newClient(t, fake.Config())
		for n := range 20 {
			if err := stream(t, client, "/voice/upload"); err != nil {
				t.Fatalf("before revocation %d: %v", n, err)
			}
			fake.ExpireTokens()
			if err := stream(t, client, "/voice/upload"); !errors.Is(err, ringcx.ErrUnauthorized) {
				t.Fatalf("after revocation %d: error is %v, want %v", n, err, ringcx.ErrUnauthorized)
			}
			time.Sleep(20 * time.Second)
		}
	})
}

// TestRevokedTokenOfAnotherPath revokes a token, and then the next one, which a call to
// another path notices. Calls to that path succeed after about a second, and at once if
// the first token was revoked more than a minute before.
func TestRevokedTokenOfAnotherPath(t *testing.T) {
	for _, c := range []struct{ after, most time.Duration }{{0, 1200 * time.Millisecond}, {61 * time.Second, 100 * time.Millisecond}} {
		synctest.Test(t, func(t *testing.T) {
			fake := ringcxtest.NewServer(t)
			fake.Handle("POST /voice/upload", accepts)
			fake.Handle("POST /voice/other", accepts)
			client := newClient(t, fake.Config())
			must(client.Tokens.Token())
			fake.ExpireTokens()
			_ = stream(t, client, "/voice/upload")
			must(client.Tokens.Token())
			time.Sleep(c.after)
			fake.ExpireTokens()
			start := time.Now()
			for stream(t, client, "/voice/other") != nil {
				time.Sleep(100 * time.Millisecond)
			}
			if took := time.Since(start); took > c.most {
				t.Errorf("second token revoked after %v: a call succeeds after %v, want at most %v", c.after, took, c.most)
			}
		})
	}
}

// TestLate401OfAStream has a 401 arrive for a token that was replaced twice. It must not
// affect the current token.
func TestLate401OfAStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		fake.Handle("POST /voice/upload", accepts)
		cfg := fake.Config()
		up := cfg.HTTPClient.Transport
		cfg.HTTPClient.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.URL.Path == "/voice/slow" {
				time.Sleep(10 * time.Second)
				return response(401, "text/plain", "too late"), nil
			}
			return up.RoundTrip(r)
		})
		client := newClient(t, cfg)
		first := must(client.Tokens.Token())
		done := make(chan error)
		go func() { done <- stream(t, client, "/voice/slow") }()
		synctest.Wait()
		client.Tokens.Invalidate(first)
		must(client.Tokens.Token())
		fake.ExpireTokens()
		_ = stream(t, client, "/voice/upload")
		must(client.Tokens.Token())
		<-done
		fake.ExpireTokens()
		if _, err := ringcx.Get(client.ListAccountsWithResponse(t.Context())); err != nil {
			t.Error(err)
		}
	})
}

// TestBreakerLimitsTokenRequests rejects every token. The source must not request a new
// one for each 401.
func TestBreakerLimitsTokenRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &service{script: []*http.Response{denied}}
		client := newClient(t, ringcx.Config{HTTPClient: &http.Client{Transport: s}})
		for range 600 { // ten minutes, a call each second
			resp, err := client.Tokens.Transport(nil).RoundTrip(request(t, http.MethodGet, false))
			if err == nil {
				resp.Body.Close()
			}
			time.Sleep(time.Second)
		}
		if s.tokens > 17 { // after 1, 2, 4 … 32 s, then every minute, and when a token expires
			t.Errorf("%d token requests in ten minutes of 401s, want at most 17", s.tokens)
		}
		s.script = []*http.Response{ok}
		time.Sleep(3 * time.Minute)
		call := func() int {
			return code(must(client.Tokens.Transport(nil).RoundTrip(request(t, http.MethodGet, false))))
		}
		if got := call(); got != 200 {
			t.Errorf("status %d three minutes after the last 401, want 200", got)
		}
		s.script = []*http.Response{denied, denied, ok}
		s.at = nil
		call() // trips the breaker for a second, because a call has succeeded since the last 401
		time.Sleep(1100 * time.Millisecond)
		s.script = []*http.Response{denied, ok}
		s.at = nil
		if got := call(); got != 200 {
			t.Errorf("status %d a second after the breaker tripped, want 200", got)
		}
	})
}

// TestOneEndpointRejects has one endpoint always return 401. Calls to another endpoint
// must succeed, without a renewal for each 401.
func TestOneEndpointRejects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		fake.LimitRates(true)
		client := newClient(t, fake.Config())
		for range 30 * 60 {
			fake.Fault(ringcxtest.Users, ringcxtest.Status(401, "no"), 2)
			_, err := client.ListUsersWithResponse(t.Context(), nil)
			if !errors.Is(err, ringcx.ErrUnauthorized) {
				t.Fatalf("the rejecting endpoint: error is %v, want %v", err, ringcx.ErrUnauthorized)
			}
			fake.ClearFaults()
			if _, err := ringcx.Get(client.ListAccountsWithResponse(t.Context())); err != nil {
				t.Fatalf("the accepting endpoint: %v", err)
			}
			time.Sleep(time.Second)
		}
		if c := fake.Counts(); c.Refreshes > 45 || c.Logins > 1 {
			t.Errorf("%d refreshes and %d sign-ins in half an hour, want at most 45 and 1", c.Refreshes, c.Logins)
		}
	})
}

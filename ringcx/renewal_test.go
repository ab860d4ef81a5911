package ringcx_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptrace"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// TestLateRefusal refuses an old token after it was renewed.
func TestLateRefusal(t *testing.T) {
	fake := ringcxtest.NewServer(t)
	ts := newTokenSource(t, fake.Config())
	first := must(ts.Token())
	ts.Invalidate(first)
	second := must(ts.Token())
	ts.Invalidate(first)
	ts.Invalidate(nil)
	if third := must(ts.Token()); third.AccessToken != second.AccessToken {
		t.Error("the refusal of the first token cost the second")
	}
	spent{1, 1, 1}.check(t, fake)
}

// TestLogoutOvertakesARenewal logs out while a renewal in the background is about
// to begin. It must not sign in for nobody.
func TestLogoutOvertakesARenewal(t *testing.T) {
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			fake := ringcxtest.NewServer(t)
			ts := newTokenSource(t, fake.Config())
			must(ts.Token())
			time.Sleep(226 * time.Second)
			must(ts.Token()) // due for a renewal
			if err := ts.Logout(t.Context()); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if c := fake.Counts(); c.Logins != 1 {
				t.Errorf("%d sign-ins, want 1", c.Logins)
			}
			must(ts.Token())
		})
	}
}

// TestOneEndpointRefuses has an endpoint that always answers 401, beside one that
// is well. The well one must stay so.
func TestOneEndpointRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		fake.LimitRates(true)
		client := newClient(t, fake.Config())
		for range 30 * 60 {
			fake.Fault(ringcxtest.Users, ringcxtest.Status(401, "no"), 2)
			_, err := client.ListUsersWithResponse(t.Context(), nil)
			if !errors.Is(err, ringcx.ErrUnauthorized) {
				t.Fatalf("the endpoint that refuses: %v", err)
			}
			fake.ClearFaults()
			if _, err := ringcx.Get(client.ListAccountsWithResponse(t.Context())); err != nil {
				t.Fatalf("the endpoint that is well: %v", err)
			}
			time.Sleep(time.Second)
		}
		if c := fake.Counts(); c.Refreshes > 45 || c.Logins > 1 {
			t.Errorf("%d refreshes and %d sign-ins in half an hour", c.Refreshes, c.Logins)
		}
	})
}

// TestShortOutage has RingCX out of reach while the token ends. What reached
// nobody does not count against the limit of a minute.
func TestShortOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		ts := newTokenSource(t, fake.Config())
		must(ts.Token())
		time.Sleep(291 * time.Second)
		fake.Fault(ringcxtest.Refresh, ringcxtest.Unreachable, 100)
		for start := time.Now(); time.Since(start) < 20*time.Second; time.Sleep(100 * time.Millisecond) {
			if _, err := ts.Token(); err == nil {
				t.Fatal("no error")
			}
		}
		fake.ClearFaults()
		time.Sleep(18 * time.Second) // the longest back-off
		must(ts.Token())
		spent{1, 1, 1}.check(t, fake)
	})
}

// TestCallersTraceIsLeftBehind has a caller who watches its own call. A renewal
// in the background is none of its business, and shows credentials.
func TestCallersTraceIsLeftBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := ringcx.Config{RingCentral: staticLogin, HTTPClient: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			if trace := httptrace.ContextClientTrace(r.Context()); trace != nil && trace.WroteHeaderField != nil {
				t.Errorf("%s: the caller's trace sees it", r.URL.Path)
			}
			return response(200, "application/json", `{"accessToken":"a"}`), nil
		})}}
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{WroteHeaderField: func(string, []string) {}})
		if _, err := newTokenSource(t, cfg).TokenContext(ctx); err != nil {
			t.Error(err)
		}
	})
}

// TestGoneCallerSignsNobodyIn has a caller whose context has ended before.
func TestGoneCallerSignsNobodyIn(t *testing.T) {
	fake := ringcxtest.NewServer(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := newTokenSource(t, fake.Config()).TokenContext(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want %v", err, context.Canceled)
	}
	spent{}.check(t, fake)
}

// TestSameRefreshTokenIsNotUsedAgain has a server that does not rotate. Whether
// the token is still good nobody knows, so the next renewal does without.
func TestSameRefreshTokenIsNotUsedAgain(t *testing.T) {
	fake := ringcxtest.NewServer(t)
	fake.Fault(ringcxtest.Refresh, ringcxtest.SameRefreshToken, 1)
	ts := newTokenSource(t, fake.Config())
	for range 3 {
		ts.Invalidate(must(ts.Token()))
	}
	must(ts.Token())
	spent{1, 2, 2}.check(t, fake)
}

// TestRestOutlivesLogout shows that what a server asked for is kept though the
// failure that it came with is forgotten.
func TestRestOutlivesLogout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		fake.Fault(ringcxtest.Exchange, ringcxtest.RateLimit(90*time.Second), 1)
		ts := newTokenSource(t, fake.Config())
		if _, err := ts.Token(); err == nil {
			t.Fatal("no error")
		}
		if err := ts.Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
		_, err := ts.Token()
		want := ringcx.Error{Stage: ringcx.StageExchange, StatusCode: 429, Code: "local_limit"}
		if diff := cmp.Diff(want, errorOf(t, err)); diff != "" {
			t.Errorf("error (-want +got):\n%s", diff)
		}
		time.Sleep(90 * time.Second)
		must(ts.Token())
		spent{2, 2, 0}.check(t, fake)
	})
}

// TestLifeCountsFromTheSend has an answer that was long on its way.
func TestLifeCountsFromTheSend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		fake.Fault(ringcxtest.Exchange, ringcxtest.Slow(8*time.Second), 1)
		start := time.Now()
		token := must(newTokenSource(t, fake.Config()).Token())
		if got := token.Expiry.Sub(start); got != 290*time.Second {
			t.Errorf("the token is used for %v after the request, want 290s", got)
		}
	})
}

// TestBackOff counts the requests of somebody who asks all the time.
func TestBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		var ts *ringcx.TokenSource
		fails := func(asked time.Duration) {
			t.Helper()
			for start := time.Now(); time.Since(start) < asked; time.Sleep(10 * time.Millisecond) {
				if _, err := ts.Token(); err == nil {
					t.Fatal("no error")
				}
			}
		}
		fake.Fault(ringcxtest.Login, ringcxtest.Unreachable, 100)
		attempts, cfg := 0, fake.Config()
		cfg.OnEvent = func(e ringcx.Event) {
			if e.Stage == ringcx.StageLogin && e.Took == 0 && e.Err != nil {
				attempts++
			}
		}
		ts = newTokenSource(t, cfg)
		fails(700 * time.Millisecond) // until the first back-off of 1 s ± 20 % ends
		if attempts != 1 {
			t.Errorf("%d attempts before the first back-off ended, want 1", attempts)
		}
		fails(3200 * time.Millisecond) // 1 s and 2 s later
		if attempts != 3 {
			t.Errorf("%d attempts in 3.9 s, want 3", attempts)
		}
		fake.ClearFaults()
		time.Sleep(time.Minute)
		ts.Invalidate(must(ts.Token()))
		fake.Fault(ringcxtest.Refresh, ringcxtest.Unreachable, 1)
		if _, err := ts.Token(); err == nil {
			t.Fatal("no error")
		}
		time.Sleep(1200 * time.Millisecond)
		if _, err := ts.Token(); err != nil {
			t.Errorf("the back-off did not begin anew: %v", err)
		}
	})
}

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

// TestInvalidateOfAnOldToken invalidates a token a second time, after its renewal.
func TestInvalidateOfAnOldToken(t *testing.T) {
	fake := ringcxtest.NewServer(t)
	ts := newTokenSource(t, fake.Config())
	first := must(ts.Token())
	ts.Invalidate(first)
	second := must(ts.Token())
	ts.Invalidate(first)
	ts.Invalidate(nil)
	if third := must(ts.Token()); third.AccessToken != second.AccessToken {
		t.Error("Invalidate of the first token has replaced the second one")
	}
	spent{1, 1, 1}.check(t, fake)
}

// TestShortOutage makes RingCX unreachable when the token expires. Requests that did not
// reach it do not count against the limit of a minute.
func TestShortOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		ts := newTokenSource(t, fake.Config())
		must(ts.Token())
		time.Sleep(291 * time.Second)
		fake.Fault(ringcxtest.Refresh, ringcxtest.Unreachable, 100)
		for start := time.Now(); time.Since(start) < 20*time.Second; time.Sleep(100 * time.Millisecond) {
			if _, err := ts.Token(); err == nil {
				t.Fatal("Token returns no error")
			}
		}
		fake.ClearFaults()
		time.Sleep(18 * time.Second) // the longest back-off
		must(ts.Token())
		spent{1, 1, 1}.check(t, fake)
	})
}

// TestRenewalHasNoTrace has a caller with an httptrace.ClientTrace in its context. That
// must not see the requests of a renewal, which contain credentials.
func TestRenewalHasNoTrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := ringcx.Config{RingCentral: staticLogin, HTTPClient: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			if trace := httptrace.ContextClientTrace(r.Context()); trace != nil && trace.WroteHeaderField != nil {
				t.Errorf("the caller's trace sees the request to %s", r.URL.Path)
			}
			return response(200, "application/json", `{"accessToken":"a"}`), nil
		})}}
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{WroteHeaderField: func(string, []string) {}})
		if _, err := newTokenSource(t, cfg).TokenContext(ctx); err != nil {
			t.Error(err)
		}
	})
}

// TestCanceledCallerDoesNotSignIn calls TokenContext with a canceled context.
func TestCanceledCallerDoesNotSignIn(t *testing.T) {
	fake := ringcxtest.NewServer(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := newTokenSource(t, fake.Config()).TokenContext(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want %v", err, context.Canceled)
	}
	spent{}.check(t, fake)
}

// TestSameRefreshTokenIsNotUsedAgain has RingCX return the refresh token that was sent.
// It may be invalid now, so the next renewal sends an exchange instead.
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

// TestLifetimeCountsFromTheRequest delays the response with the token by 8 s.
func TestLifetimeCountsFromTheRequest(t *testing.T) {
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

// TestBackOff counts the sign-ins of a source that is called all the time while
// RingCentral is unreachable.
func TestBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		var ts *ringcx.TokenSource
		failsFor := func(d time.Duration) {
			t.Helper()
			for start := time.Now(); time.Since(start) < d; time.Sleep(10 * time.Millisecond) {
				if _, err := ts.Token(); err == nil {
					t.Fatal("Token returns no error")
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
		failsFor(700 * time.Millisecond) // the first back-off is 1 s ± 20 %
		if attempts != 1 {
			t.Errorf("%d attempts before the first back-off ended, want 1", attempts)
		}
		failsFor(3200 * time.Millisecond) // the second one is 2 s ± 20 %
		if attempts != 3 {
			t.Errorf("%d attempts in 3.9 s, want 3", attempts)
		}
		fake.ClearFaults()
		time.Sleep(time.Minute)
		ts.Invalidate(must(ts.Token()))
		fake.Fault(ringcxtest.Refresh, ringcxtest.Unreachable, 1)
		if _, err := ts.Token(); err == nil {
			t.Fatal("Token returns no error")
		}
		time.Sleep(1200 * time.Millisecond)
		if _, err := ts.Token(); err != nil {
			t.Errorf("after a success the first back-off was longer than 1.2s: %v", err)
		}
	})
}

// TestLocalLimit has tokens with a lifetime of 10 s. A source sends at most four token
// requests in a minute.
func TestLocalLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		fake.SetLifetime(10 * time.Second)
		ts := newTokenSource(t, fake.Config())
		for range 4 {
			must(ts.Token())
			time.Sleep(9 * time.Second)
		}
		_, err := ts.Token()
		want := ringcx.Error{Stage: ringcx.StageRefresh, StatusCode: 429, Code: "local_limit"}
		if diff := cmp.Diff(want, errorOf(t, err)); diff != "" {
			t.Errorf("error (-want +got):\n%s", diff)
		}
		if !errors.Is(err, ringcx.ErrRateLimited) || fake.Counts().PeakTokenRequests != 4 {
			t.Errorf("error is %v after %d token requests in a minute, want %v after 4", err, fake.Counts().PeakTokenRequests, ringcx.ErrRateLimited)
		}
		var limit *ringcx.Error
		errors.As(err, &limit)
		time.Sleep(limit.RetryAfter)
		if _, err := ts.Token(); err != nil {
			t.Errorf("after the RetryAfter of the error: %v", err)
		}
	})
}

// TestDay makes a call every 30 s for a day.
func TestDay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.New()
		defer fake.Close()
		fake.LimitRates(true)
		client := newClient(t, fake.Config())
		for range 24 * 60 * 2 {
			if _, err := ringcx.Get(client.ListAccountsWithResponse(t.Context())); err != nil {
				t.Fatal(err)
			}
			time.Sleep(30 * time.Second)
		}
		c := fake.Counts()
		if c.Logins != 1 || c.Exchanges != 1 || c.Refreshes > 400 || c.RateLimited > 0 || c.Unauthorized > 0 {
			t.Errorf("requests of a day: %+v, want 1 login, 1 exchange, at most 400 refreshes and no 401 or 429", c)
		}
	})
}

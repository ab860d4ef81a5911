package ringcx_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

func newTokenSource(t *testing.T, cfg ringcx.Config) *ringcx.TokenSource {
	t.Helper()
	ts, err := ringcx.NewTokenSource(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ts.Close() })
	return ts
}

// spent is what a test asserts about the requests that reached the services.
type spent struct{ Logins, Exchanges, Refreshes int }

func (s spent) check(t *testing.T, fake *ringcxtest.Server) {
	t.Helper()
	c := fake.Counts()
	if diff := cmp.Diff(s, spent{c.Logins, c.Exchanges, c.Refreshes}); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	if c.RefreshReused > 0 {
		t.Errorf("%d refresh tokens were sent twice", c.RefreshReused)
	}
}

// errorOf is the *Error in err without the parts that a test does not look at.
func errorOf(t *testing.T, err error) ringcx.Error {
	t.Helper()
	var e *ringcx.Error
	if !errors.As(err, &e) {
		t.Fatalf("error is %T (%v), want %T", err, err, e)
	}
	return ringcx.Error{Stage: e.Stage, StatusCode: e.StatusCode, Code: e.Code}
}

// TestHerd is a start and an expiry under load.
func TestHerd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		client := newClient(t, fake.Config())
		herd := func(want spent) {
			var wg sync.WaitGroup
			for range 200 {
				wg.Go(func() {
					accounts, err := ringcx.Get(client.ListAccountsWithResponse(t.Context()))
					if err != nil || len(accounts) == 0 {
						t.Errorf("%d accounts, %v", len(accounts), err)
					}
				})
			}
			wg.Wait()
			want.check(t, fake)
		}
		herd(spent{Logins: 1, Exchanges: 1})
		fake.ExpireTokens()
		herd(spent{Logins: 1, Exchanges: 1, Refreshes: 1})
	})
}

// TestStaleTokenServes shows that a failing renewal is nobody's business while
// the token is good.
func TestStaleTokenServes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		ts := newTokenSource(t, fake.Config())
		first := must(ts.Token())
		time.Sleep(226 * time.Second)
		fake.Fault(ringcxtest.Refresh, ringcxtest.Unreachable, 1000)
		for range 100 { // in a second
			start := time.Now()
			if got, err := ts.Token(); err != nil || got.AccessToken != first.AccessToken || time.Since(start) > 0 {
				t.Fatalf("%v, %v after %v", got, err, time.Since(start))
			}
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(64 * time.Second)
		if _, err := ts.Token(); err == nil {
			t.Error("no error after the end of the token")
		}
	})
}

// TestRenewedInBackground shows that nobody waits for a renewal before the end.
func TestRenewedInBackground(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		ts := newTokenSource(t, fake.Config())
		first := must(ts.Token())
		fake.Fault(ringcxtest.Refresh, ringcxtest.Slow(5*time.Second), 1)
		time.Sleep(226 * time.Second)
		start := time.Now()
		for range 10 {
			if got := must(ts.Token()); got.AccessToken != first.AccessToken {
				t.Error("another token")
			}
		}
		if waited := time.Since(start); waited > 0 {
			t.Errorf("waited %v for a token that was good", waited)
		}
		time.Sleep(6 * time.Second)
		if got := must(ts.Token()); got.AccessToken == first.AccessToken {
			t.Error("the token was not renewed")
		}
		spent{1, 1, 1}.check(t, fake)
	})
}

// TestWaiterLeaves shows that a caller's deadline is its own.
func TestWaiterLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		fake.Fault(ringcxtest.Login, ringcxtest.Slow(5*time.Second), 1)
		ts := newTokenSource(t, fake.Config())
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := ts.Token(); err != nil {
				t.Error(err)
			}
		})
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		start := time.Now()
		_, err := ts.TokenContext(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 50*time.Millisecond {
			t.Errorf("%v after %v, want %v after 50ms", err, time.Since(start), context.DeadlineExceeded)
		}
		wg.Wait()
		spent{1, 1, 0}.check(t, fake)
	})
}

// TestFirstCallerLeaves shows that the flight does not end with its first
// caller.
func TestFirstCallerLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		fake.Fault(ringcxtest.Login, ringcxtest.Slow(time.Second), 1)
		ts := newTokenSource(t, fake.Config())
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := ts.TokenContext(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("error is %v, want %v", err, context.Canceled)
			}
		})
		synctest.Wait()
		cancel()
		if _, err := ts.Token(); err != nil {
			t.Error(err)
		}
		wg.Wait()
		spent{1, 1, 0}.check(t, fake)
	})
}

// TestFailureIsShared has many callers and a service that is away.
func TestFailureIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		fake.Fault(ringcxtest.Login, ringcxtest.Status(500, "down"), 1000)
		ts := newTokenSource(t, fake.Config())
		herd := func() {
			var wg sync.WaitGroup
			for range 100 {
				wg.Go(func() {
					if _, err := ts.Token(); err == nil {
						t.Error("no error")
					}
				})
			}
			wg.Wait()
		}
		herd()
		spent{Logins: 1}.check(t, fake)
		for range 60 { // a minute of callers
			time.Sleep(time.Second)
			herd()
		}
		if n := fake.Counts().Peaks[ringcxtest.Login]; n > 4 {
			t.Errorf("%d sign-ins in a minute of failures, want at most 4", n)
		}
	})
}

// TestTokenIsACopy has two clients of x/oauth2 write into what they are given.
// The race detector looks on.
func TestTokenIsACopy(t *testing.T) {
	ts := newTokenSource(t, ringcx.Config{RingCentral: staticLogin, HTTPClient: answering(func(*http.Request) *http.Response { return status(200, "") })})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			client := oauth2.NewClient(context.WithValue(t.Context(), oauth2.HTTPClient, answering(func(*http.Request) *http.Response { return status(200, "") })), ts)
			for range 100 {
				resp, err := client.Get("https://engage.ringcentral.com/voice/x")
				if err != nil {
					t.Error(err)
					return
				}
				resp.Body.Close()
				must(ts.Token()).AccessToken = "mine"
			}
		})
	}
	wg.Wait()
	if got := must(ts.Token()).AccessToken; got != "an.access.token" {
		t.Errorf("token is %q", got)
	}
}

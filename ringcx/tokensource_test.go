package ringcx_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
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

// TestChain meets one trouble at the renewal of an expired token and shows the
// way around it.
func TestChain(t *testing.T) {
	type faults map[ringcxtest.Endpoint]ringcxtest.Fault
	refresh, exchange, login := ringcxtest.Refresh, ringcxtest.Exchange, ringcxtest.Login
	local := func(stage ringcx.Stage) *ringcx.Error {
		return &ringcx.Error{Stage: stage, StatusCode: 200, Code: "bad_answer"}
	}
	tests := []struct {
		name   string
		faults faults
		times  int // that the trouble lasts; 0: once
		revoke bool
		after  spent         // the sign-in: 1 login, 1 exchange; it is counted
		err    *ringcx.Error // nil: a token comes; StatusCode 0: no *Error
		wait   time.Duration // after an error, until the next try
		then   spent
	}{
		{name: "no trouble", after: spent{1, 1, 1}},
		{name: "refresh refused", faults: faults{refresh: ringcxtest.Refuse}, after: spent{1, 2, 1}},
		{name: "refresh answer lost", faults: faults{refresh: ringcxtest.DropAnswer}, after: spent{1, 2, 1}},
		{name: "refresh answer late", faults: faults{refresh: ringcxtest.Slow(time.Minute)}, after: spent{1, 2, 1}},
		{name: "refresh answer truncated", faults: faults{refresh: ringcxtest.Truncate}, after: spent{1, 2, 1}},
		{name: "refresh answer HTML", faults: faults{refresh: ringcxtest.HTML}, after: spent{1, 2, 1}},
		{name: "refresh answer empty", faults: faults{refresh: ringcxtest.Status(200, "")}, after: spent{1, 2, 1}},
		{name: "refresh answer without a token", faults: faults{refresh: ringcxtest.Status(200, "{}")}, after: spent{1, 2, 1}},
		{name: "refresh answer above 1 MiB", faults: faults{refresh: ringcxtest.Status(200, `{"accessToken":"`+strings.Repeat("x", 1<<20)+`"}`)}, after: spent{1, 2, 1}},
		{name: "refresh 500", faults: faults{refresh: ringcxtest.Status(500, "oops")}, after: spent{1, 2, 1}},
		{name: "refresh redirected", faults: faults{refresh: ringcxtest.Redirect(307, "https://evil.test/")}, after: spent{1, 2, 1}},
		{name: "refresh unreachable", faults: faults{refresh: ringcxtest.Unreachable}, after: spent{1, 1, 0},
			err: &ringcx.Error{}, wait: 2 * time.Second, then: spent{1, 1, 1}},
		{name: "refresh limited", faults: faults{refresh: ringcxtest.RateLimit(7 * time.Second)}, after: spent{1, 1, 1},
			err: &ringcx.Error{Stage: ringcx.StageRefresh, StatusCode: 429, Code: "too.many.requests"}, wait: 8 * time.Second, then: spent{1, 1, 2}},
		{name: "refresh limited without a time", faults: faults{refresh: ringcxtest.RateLimit(0)}, after: spent{1, 1, 1},
			err: &ringcx.Error{Stage: ringcx.StageRefresh, StatusCode: 429, Code: "too.many.requests"}, wait: 61 * time.Second, then: spent{1, 1, 2}},
		{name: "session revoked", revoke: true, after: spent{2, 3, 1}},
		{name: "not linked any more", faults: faults{refresh: ringcxtest.Refuse, exchange: ringcxtest.Refuse}, after: spent{1, 2, 1},
			err: &ringcx.Error{Stage: ringcx.StageExchange, StatusCode: 403, Code: "access.denied.exception"}, wait: 301 * time.Second, then: spent{1, 3, 1}},
		{name: "RingCentral token refused", faults: faults{refresh: ringcxtest.Refuse, exchange: ringcxtest.Status(401, "no")}, after: spent{2, 3, 1}},
		{name: "new RingCentral token refused too", faults: faults{refresh: ringcxtest.Refuse, exchange: ringcxtest.Status(401, "no")}, times: 2, after: spent{2, 3, 1},
			err: &ringcx.Error{Stage: ringcx.StageExchange, StatusCode: 401}, wait: 301 * time.Second, then: spent{2, 4, 1}},
		{name: "exchange answer lost", faults: faults{refresh: ringcxtest.Refuse, exchange: ringcxtest.DropAnswer}, after: spent{1, 2, 1},
			err: &ringcx.Error{}, wait: 2 * time.Second, then: spent{1, 3, 1}},
		{name: "exchange answer HTML", faults: faults{refresh: ringcxtest.Refuse, exchange: ringcxtest.HTML}, after: spent{1, 2, 1},
			err: local(ringcx.StageExchange), wait: 2 * time.Second, then: spent{1, 3, 1}},
		{name: "sign-in refused", revoke: true, faults: faults{login: ringcxtest.Refuse}, after: spent{2, 2, 1},
			err: &ringcx.Error{Stage: ringcx.StageLogin, StatusCode: 400, Code: "OAU-213"}, wait: 61 * time.Second, then: spent{3, 4, 1}},
		{name: "sign-in limited", revoke: true, faults: faults{login: ringcxtest.Penalty}, after: spent{2, 2, 1},
			err: &ringcx.Error{Stage: ringcx.StageLogin, StatusCode: 429, Code: "CMN-301"}, wait: 61 * time.Second, then: spent{3, 4, 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fake := ringcxtest.NewServer(t)
				ts := newTokenSource(t, fake.Config())
				first := must(ts.Token())
				time.Sleep(291 * time.Second) // a fresh window for the limits, and an expired token
				for endpoint, fault := range tt.faults {
					fake.Fault(endpoint, fault, max(tt.times, 1))
				}
				if tt.revoke {
					fake.RevokeSession()
				}
				second, err := ts.Token()
				tt.after.check(t, fake)
				if tt.err != nil {
					if tt.err.StatusCode != 0 {
						if diff := cmp.Diff(*tt.err, errorOf(t, err)); diff != "" {
							t.Errorf("error (-want +got):\n%s", diff)
						}
					}
					if _, again := ts.Token(); again == nil || again.Error() != err.Error() && tt.err.StatusCode == 0 {
						t.Errorf("the failure was not remembered: %v", again)
					}
					if tt.wait > 5*time.Second { // a rest, and not just a back-off
						time.Sleep(tt.wait - 2*time.Second)
						_, _ = ts.Token()
						tt.wait = 2 * time.Second
					}
					tt.after.check(t, fake)
					time.Sleep(tt.wait)
					second, err = ts.Token()
					tt.then.check(t, fake)
				}
				if err != nil {
					t.Fatal(err)
				}
				if second.AccessToken == first.AccessToken {
					t.Error("the token is the old one")
				}
			})
		})
	}
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

// TestLocalLimit revokes without end: the client must not sign in without end.
func TestLocalLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		ts := newTokenSource(t, fake.Config())
		var err error
		for range 5 {
			var token *oauth2.Token
			if token, err = ts.Token(); err != nil {
				break
			}
			fake.RevokeSession()
			ts.Invalidate(token)
		}
		want := ringcx.Error{Stage: ringcx.StageRefresh, StatusCode: 429, Code: "local_limit"}
		if diff := cmp.Diff(want, errorOf(t, err)); diff != "" {
			t.Errorf("error (-want +got):\n%s", diff)
		}
		if !errors.Is(err, ringcx.ErrRateLimited) || fake.Counts().PeakTokenRequests != 4 {
			t.Errorf("%v after %d token requests", err, fake.Counts().PeakTokenRequests)
		}
		var limit *ringcx.Error
		errors.As(err, &limit)
		time.Sleep(limit.RetryAfter)
		if _, err := ts.Token(); err != nil {
			t.Errorf("after the RetryAfter of the error: %v", err)
		}
	})
}

// TestDay is a day of one process.
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
			t.Errorf("%+v", c)
		}
	})
}

// stubborn is a source that returns the same token however often it is asked.
type stubborn struct{ asked int }

func (s *stubborn) Token() (*oauth2.Token, error) {
	s.asked++
	return &oauth2.Token{AccessToken: "the-same"}, nil
}

func TestSourceReturnsTheRefusedToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		cfg, source := fake.Config(), &stubborn{}
		cfg.RingCentral = source
		fake.Fault(ringcxtest.Exchange, ringcxtest.Status(401, "no"), 2)
		ts := newTokenSource(t, cfg)
		_, err := ts.Token()
		if diff := cmp.Diff(ringcx.Error{Stage: ringcx.StageExchange, StatusCode: 401}, errorOf(t, err)); diff != "" {
			t.Errorf("error (-want +got):\n%s", diff)
		}
		time.Sleep(301 * time.Second)
		if _, err = ts.Token(); err == nil || !strings.Contains(err.Error(), "very token") {
			t.Errorf("error is %v", err)
		}
		if source.asked != 2 {
			t.Errorf("asked %d times, want 2", source.asked)
		}
	})
}

// failingSource reports err.
type failingSource struct{ err error }

func (s failingSource) Token() (*oauth2.Token, error) { return nil, s.err }

// TestSourceFails shows that what x/oauth2 reports is not passed on: it prints
// the answer, which may hold tokens.
func TestSourceFails(t *testing.T) {
	retrieve := &oauth2.RetrieveError{
		Response: &http.Response{StatusCode: 400, Status: "400 Bad Request"}, Body: []byte(sentinel), ErrorCode: "invalid_grant",
	}
	ts := newTokenSource(t, ringcx.Config{RingCentral: failingSource{retrieve}})
	_, err := ts.Token()
	assertNoSecret(t, err)
	if diff := cmp.Diff(ringcx.Error{Stage: ringcx.StageLogin, StatusCode: 400, Code: "invalid_grant"}, errorOf(t, err)); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
	own := errors.New("vault is sealed")
	if _, err := newTokenSource(t, ringcx.Config{RingCentral: failingSource{own}}).Token(); !errors.Is(err, own) {
		t.Errorf("error is %v, want %v in it", err, own)
	}
	if _, err := newTokenSource(t, ringcx.Config{RingCentral: failingSource{}}).Token(); err == nil {
		t.Error("no error for neither token nor error")
	}
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

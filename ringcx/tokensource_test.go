package ringcx_test

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// newTokenSource returns a TokenSource that is closed when the test ends.
func newTokenSource(t *testing.T, cfg ringcx.Config) *ringcx.TokenSource {
	t.Helper()
	ts, err := ringcx.NewTokenSource(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ts.Close() })
	return ts
}

// spent is how many token requests reached the services.
type spent struct{ Logins, Exchanges, Refreshes int }

// check compares s with the requests that the fake received, and checks that no refresh
// token was sent twice.
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

// errorOf returns the stage, the status and the code of the *Error in err.
func errorOf(t *testing.T, err error) ringcx.Error {
	t.Helper()
	var e *ringcx.Error
	if !errors.As(err, &e) {
		t.Fatalf("error is %T (%v), want %T", err, err, e)
	}
	return ringcx.Error{Stage: e.Stage, StatusCode: e.StatusCode, Code: e.Code}
}

// TestConcurrentCalls makes 200 calls at once, without a token and with an expired one.
func TestConcurrentCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		client := newClient(t, fake.Config())
		calls := func(want spent) {
			var wg sync.WaitGroup
			for range 200 {
				wg.Go(func() {
					accounts, err := ringcx.Get(client.ListAccountsWithResponse(t.Context()))
					if err != nil || len(accounts) == 0 {
						t.Errorf("a call returns %d accounts and error %v", len(accounts), err)
					}
				})
			}
			wg.Wait()
			want.check(t, fake)
		}
		calls(spent{Logins: 1, Exchanges: 1})
		fake.ExpireTokens()
		calls(spent{Logins: 1, Exchanges: 1, Refreshes: 1})
	})
}

// TestFailedRenewalOfAValidToken checks that Token returns the token at once, and not the
// error of a renewal in the background, until the token expires.
func TestFailedRenewalOfAValidToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		ts := newTokenSource(t, fake.Config())
		first := must(ts.Token())
		time.Sleep(226 * time.Second)
		fake.Fault(ringcxtest.Refresh, ringcxtest.Unreachable, 1000)
		for range 100 { // in a second
			start := time.Now()
			if got, err := ts.Token(); err != nil || got.AccessToken != first.AccessToken || time.Since(start) > 0 {
				t.Fatalf("Token returns %v, %v after %v, want the first token at once", got, err, time.Since(start))
			}
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(64 * time.Second)
		if _, err := ts.Token(); err == nil {
			t.Error("Token returns no error after the token has expired")
		}
	})
}

// TestRenewedInBackground checks that callers do not wait for the renewal of a token that
// is still valid.
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
				t.Error("Token returns another token during the renewal")
			}
		}
		if waited := time.Since(start); waited > 0 {
			t.Errorf("callers waited %v for a valid token", waited)
		}
		time.Sleep(6 * time.Second)
		if got := must(ts.Token()); got.AccessToken == first.AccessToken {
			t.Error("the token was not renewed in the background")
		}
		spent{1, 1, 1}.check(t, fake)
	})
}

// TestDeadlineOfOneCaller checks that the deadline of one caller does not affect another
// one that waits for the same renewal.
func TestDeadlineOfOneCaller(t *testing.T) {
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
			t.Errorf("error is %v after %v, want %v after 50ms", err, time.Since(start), context.DeadlineExceeded)
		}
		wg.Wait()
		spent{1, 1, 0}.check(t, fake)
	})
}

// TestCancelOfTheFirstCaller checks that a renewal does not end when the caller that began
// it is canceled.
func TestCancelOfTheFirstCaller(t *testing.T) {
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

// TestFailureIsShared has 100 callers at once and a RingCentral that returns 500. The
// callers share each failed sign-in.
func TestFailureIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		fake.Fault(ringcxtest.Login, ringcxtest.Status(500, "down"), 1000)
		ts := newTokenSource(t, fake.Config())
		callers := func() {
			var wg sync.WaitGroup
			for range 100 {
				wg.Go(func() {
					if _, err := ts.Token(); err == nil {
						t.Error("Token returns no error")
					}
				})
			}
			wg.Wait()
		}
		callers()
		spent{Logins: 1}.check(t, fake)
		for range 60 {
			time.Sleep(time.Second)
			callers()
		}
		if n := fake.Counts().Peaks[ringcxtest.Login]; n > 4 {
			t.Errorf("%d sign-ins in a minute of failures, want at most 4", n)
		}
	})
}

// TestTokenIsACopy has two clients of x/oauth2 change the tokens that they get, for the
// race detector.
func TestTokenIsACopy(t *testing.T) {
	ts := newTokenSource(t, ringcx.Config{RingCentral: staticLogin, HTTPClient: respondWith(func(*http.Request) *http.Response { return status(200, "") })})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			client := oauth2.NewClient(context.WithValue(t.Context(), oauth2.HTTPClient, respondWith(func(*http.Request) *http.Response { return status(200, "") })), ts)
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
		t.Errorf("token is %q, want the one that no caller has changed", got)
	}
}

// TestClose closes a source during a renewal, and uses it after that.
func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		fake.Fault(ringcxtest.Login, ringcxtest.Slow(3*time.Second), 1)
		ts := newTokenSource(t, fake.Config())
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := ts.Token(); err != nil {
				t.Errorf("Token of a caller that waits for the renewal: %v", err)
			}
		})
		synctest.Wait()
		start := time.Now()
		if err := ts.Close(); err != nil {
			t.Error(err)
		}
		if waited := time.Since(start); waited != 3*time.Second {
			t.Errorf("Close took %v, want the 3s of the renewal", waited)
		}
		wg.Wait()
		if _, err := ts.Token(); !errors.Is(err, ringcx.ErrClosed) {
			t.Errorf("Token: error is %v, want %v", err, ringcx.ErrClosed)
		}
		if err := ts.Logout(t.Context()); !errors.Is(err, ringcx.ErrClosed) {
			t.Errorf("Logout: error is %v, want %v", err, ringcx.ErrClosed)
		}
		if err := ts.Close(); err != nil {
			t.Errorf("second Close: %v", err)
		}
		spent{1, 1, 0}.check(t, fake)
	})
}

// TestEvents checks the stages, the errors and the durations that OnEvent gets.
func TestEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		cfg := fake.Config()
		var got []string
		cfg.OnEvent = func(e ringcx.Event) {
			name := string(e.Stage)
			if e.Err != nil {
				name += " failed"
			}
			got = append(got, name+" "+e.Took.String())
		}
		fake.Fault(ringcxtest.Login, ringcxtest.Slow(2*time.Second), 1)
		ts := newTokenSource(t, cfg)
		ts.Invalidate(must(ts.Token()))
		fake.Fault(ringcxtest.Refresh, ringcxtest.Refuse, 1)
		must(ts.Token())
		if err := ts.Logout(t.Context()); err != nil {
			t.Error(err)
		}
		want := []string{"login 2s", "exchange 0s", "refresh failed 0s", "exchange 0s", "logout 0s", "logout 0s"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})
}

// TestIdle checks that an idle source has no goroutine.
func TestIdle(t *testing.T) {
	fake := ringcxtest.NewServer(t)
	ts := newTokenSource(t, fake.Config())
	before := runtime.NumGoroutine()
	must(ts.Token())
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, want the %d before the first token", runtime.NumGoroutine(), before)
		}
	}
}

// TestSession checks the session, and that each caller gets a copy.
func TestSession(t *testing.T) {
	fake := ringcxtest.NewServer(t)
	ts := newTokenSource(t, fake.Config())
	got, err := ts.Session(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(got.AgentDetails) != 1 || got.AgentDetails[0].AccountID != "333333" || *got.AdminID != 1111 {
		t.Errorf("session is %+v", got)
	}
	got.AgentDetails[0].AccountID = "mine"
	if again, err := ts.Session(t.Context()); err != nil || again.AgentDetails[0].AccountID != "333333" {
		t.Errorf("a change of one caller is in the session of another: %+v, %v", again, err)
	}
}

// TestSessionOfAdmin checks responses without the fields that RingCX omits for a user who
// is not an agent, and with fields of the wrong type. The tokens must be used all the same.
func TestSessionOfAdmin(t *testing.T) {
	tests := []struct {
		name, response string
		want           gen.Session
		fails          bool
	}{
		{name: "null", response: `{"accessToken":"a","agentDetails":null,"adminId":null,"rcUser":null,"mainAccountId":null}`},
		{name: "empty", response: `{"accessToken":"a","agentDetails":[]}`, want: gen.Session{AgentDetails: []gen.SessionAgent{}}},
		{name: "group is null", response: `{"accessToken":"a","agentDetails":[{"agentId":1,"agentGroupId":null,"password":"p","phoneLoginPin":"1"}]}`,
			want: gen.Session{AgentDetails: []gen.SessionAgent{{AgentID: 1}}}},
		{name: "wrong type", response: `{"accessToken":"a","refreshToken":"r","agentDetails":"none"}`, fails: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fake := ringcxtest.NewServer(t)
			fake.Fault(ringcxtest.Exchange, ringcxtest.Status(200, tt.response), 1)
			ts := newTokenSource(t, fake.Config())
			if token := must(ts.Token()); token.AccessToken != "a" {
				t.Errorf("token is %q, want a", token.AccessToken)
			}
			got, err := ts.Session(t.Context())
			if (err != nil) != tt.fails {
				t.Fatalf("Session: error is %v, want an error %v", err, tt.fails)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" && !tt.fails {
				t.Errorf("session (-want +got):\n%s", diff)
			}
		})
	}
}

// TestOnEventThatEndsTheRenewal has OnEvent end the goroutine of the renewal with
// runtime.Goexit. (A panic would do the same, but would also end the test.) The waiting
// caller gets an error, and a later caller gets a token.
func TestOnEventThatEndsTheRenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		cfg := fake.Config()
		ends := true
		cfg.OnEvent = func(ringcx.Event) {
			if ends {
				ends = false
				runtime.Goexit()
			}
		}
		ts := newTokenSource(t, cfg)
		if _, err := ts.Token(); err == nil || !strings.Contains(err.Error(), "the renewal panicked") {
			t.Errorf("error is %v, want %q in it", err, "the renewal panicked")
		}
		time.Sleep(2 * time.Second)
		must(ts.Token())
	})
}

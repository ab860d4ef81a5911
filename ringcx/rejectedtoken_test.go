package ringcx_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// useUpLimit sends the four token requests that a source may send in a minute, and
// returns the last token.
func useUpLimit(ts *ringcx.TokenSource) *oauth2.Token {
	for range 3 {
		ts.Invalidate(must(ts.Token()))
	}
	return must(ts.Token())
}

// checkLimited checks that err reports the local limit for token requests, and the 401
// of the call as its cause.
func checkLimited(t *testing.T, err error) {
	t.Helper()
	want := ringcx.Error{Stage: ringcx.StageRefresh, StatusCode: 429, Code: "local_limit"}
	if diff := cmp.Diff(want, errorOf(t, err)); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
	var limit *ringcx.Error
	errors.As(err, &limit)
	if limit.RetryAfter < 50*time.Second || limit.RetryAfter > time.Minute {
		t.Errorf("RetryAfter is %v, want 50s to 1m", limit.RetryAfter)
	}
	if !errors.Is(err, ringcx.ErrRateLimited) || !errors.Is(err, ringcx.ErrUnauthorized) {
		t.Errorf("error %v is not both ErrRateLimited and ErrUnauthorized", err)
	}
	wantCause := &ringcx.Error{
		Stage: ringcx.StageCall, StatusCode: 401, Message: "Jwt is expired", Method: "GET", Path: "/voice/api/v1/admin/accounts",
	}
	if diff := cmp.Diff(error(wantCause), errors.Unwrap(limit)); diff != "" {
		t.Errorf("cause (-want +got):\n%s", diff)
	}
	const end = "; after call: GET /voice/api/v1/admin/accounts: 401 Jwt is expired"
	if text := err.Error(); !strings.HasPrefix(text, "ringcx: refresh: 429 local_limit") || !strings.HasSuffix(text, end) || strings.Contains(text, "\n") {
		t.Errorf("the text is %q, want one line with the limit and the cause", text)
	}
}

// callWithin lists the accounts with a context of five seconds.
func callWithin(t *testing.T, client *ringcx.Client) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	_, err := ringcx.Get(client.ListAccountsWithResponse(ctx))
	return err
}

// TestRejectedTokenIsLimited has RingCX reject a token after the four token requests of
// a minute. A call reports the limit, with the 401 as its cause, and the token is not
// used again.
func TestRejectedTokenIsLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		client := newClient(t, fake.Config())
		useUpLimit(client.Tokens)
		fake.ExpireTokens()
		start := time.Now()
		checkLimited(t, callWithin(t, client))
		if token, err := client.Tokens.Token(); token != nil || errorOf(t, err).Code != "local_limit" {
			t.Errorf("Token returns %v, %v, want a local limit", token, err)
		}
		if _, err := ringcx.Get(client.ListAccountsWithResponse(t.Context())); err != nil {
			t.Errorf("a call without a deadline: %v", err)
		}
		if took := time.Since(start); took > time.Minute {
			t.Errorf("the calls took %v, want at most 1m", took)
		}
		if c := fake.Counts(); c.PeakTokenRequests > 5 || c.Unauthorized != 1 {
			t.Errorf("%d token requests in a minute and %d × 401, want at most 5 and 1", c.PeakTokenRequests, c.Unauthorized)
		}
	})
}

// TestRejectedTokenOfATransport checks that Transport returns the same error.
func TestRejectedTokenOfATransport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		cfg := fake.Config()
		cfg.MaxReplays = -1
		ts := newTokenSource(t, cfg)
		useUpLimit(ts)
		fake.ExpireTokens()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://ringcx.test/voice/api/v1/admin/accounts", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := ts.Transport(nil).RoundTrip(req)
		if resp != nil {
			t.Errorf("Transport returns status %d, want an error", resp.StatusCode)
		}
		checkLimited(t, err)
	})
}

// TestRejectedTokenOfAStream makes a call whose body cannot be sent again. It returns
// the 401.
func TestRejectedTokenOfAStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		fake.Handle("POST /voice/upload", accepts)
		client := newClient(t, fake.Config())
		useUpLimit(client.Tokens)
		fake.ExpireTokens()
		err := stream(t, client, "/voice/upload")
		want := ringcx.Error{Stage: ringcx.StageCall, StatusCode: 401, Message: "Jwt is expired", Method: "POST", Path: "/voice/upload"}
		var got *ringcx.Error
		if errors.As(err, &got); got == nil {
			t.Fatalf("error is %v, want %T", err, got)
		}
		if diff := cmp.Diff(want, *got); diff != "" {
			t.Errorf("error of the call (-want +got):\n%s", diff)
		}
		if token, err := client.Tokens.Token(); token != nil || errorOf(t, err).Code != "local_limit" {
			t.Errorf("Token returns %v, %v, want a local limit", token, err)
		}
	})
}

// TestTokenAfterAnother401 has one endpoint return 401 after the limit is used up. Its
// body does not name the token, so other calls go on using it. When another endpoint
// returns "Jwt is expired", the token is not used again.
func TestTokenAfterAnother401(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		client := newClient(t, fake.Config())
		token := useUpLimit(client.Tokens)
		fake.Fault(ringcxtest.Users, ringcxtest.Status(401, "no"), 1)
		_, err := client.ListUsersWithResponse(t.Context(), nil)
		if diff := cmp.Diff(ringcx.Error{Stage: ringcx.StageCall, StatusCode: 401}, errorOf(t, err)); diff != "" {
			t.Errorf("error of the rejecting endpoint (-want +got):\n%s", diff)
		}
		if err := callWithin(t, client); err != nil {
			t.Errorf("the accepting endpoint: %v", err)
		}
		if got := must(client.Tokens.Token()); got.AccessToken != token.AccessToken {
			t.Error("Token returns another token")
		}
		fake.ExpireTokens()
		checkLimited(t, callWithin(t, client))
		if token, err := client.Tokens.Token(); token != nil || errorOf(t, err).Code != "local_limit" {
			t.Errorf("Token returns %v, %v, want a local limit", token, err)
		}
	})
}

// TestRejectedTokenWhileTheStoreIsDown checks that the error contains both causes: the
// error of the Store and the 401.
func TestRejectedTokenWhileTheStoreIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, _ := fleet(t)
		cfg := fake.Config()
		cfg.Store, cfg.MaxReplays = store, -1
		client := newClient(t, cfg)
		rejected := must(client.Tokens.Token())
		synctest.Wait()
		store.breaks("both")
		fake.ExpireTokens()
		err := callWithin(t, client)
		const want = "ringcx: waiting for a token: context deadline exceeded; meanwhile: ringcx: the Store: load: the Store is broken; " +
			"after ringcx: call: GET /voice/api/v1/admin/accounts: 401 Jwt is expired"
		if err == nil || err.Error() != want || !errors.Is(err, ringcx.ErrUnauthorized) {
			t.Errorf("error is %v, want %s", err, want)
		}
		if token := must(client.Tokens.Token()); token.AccessToken == rejected.AccessToken {
			t.Error("Token returns the rejected token")
		}
	})
}

// TestRejectedRenewalHasNoCause has RingCX reject the renewal after a 401. The call
// returns the error of the renewal, without the 401 as its cause.
func TestRejectedRenewalHasNoCause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		client := newClient(t, fake.Config())
		must(client.Tokens.Token())
		fake.ExpireTokens()
		fake.Fault(ringcxtest.Refresh, ringcxtest.Refuse, 1)
		fake.Fault(ringcxtest.Exchange, ringcxtest.Refuse, 1)
		err := callWithin(t, client)
		if got := errorOf(t, err); got.StatusCode != 403 || errors.Is(err, ringcx.ErrUnauthorized) {
			t.Errorf("error is %v, want a 403 and no 401", err)
		}
	})
}

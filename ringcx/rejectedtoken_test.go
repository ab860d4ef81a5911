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

// spendLimit has the source send the four token requests of a minute and returns its
// token.
func spendLimit(ts *ringcx.TokenSource) *oauth2.Token {
	for range 3 {
		ts.Invalidate(must(ts.Token()))
	}
	return must(ts.Token())
}

// checkHeldBack checks that err says that a limit of this package holds the renewal back,
// and why it was due.
func checkHeldBack(t *testing.T, err error) {
	t.Helper()
	want := ringcx.Error{Stage: ringcx.StageRefresh, StatusCode: 429, Code: "local_limit"}
	if diff := cmp.Diff(want, errorOf(t, err)); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
	var limit *ringcx.Error
	errors.As(err, &limit)
	if limit.RetryAfter < 50*time.Second || limit.RetryAfter > time.Minute {
		t.Errorf("RetryAfter is %v, want the rest of a minute", limit.RetryAfter)
	}
	if !errors.Is(err, ringcx.ErrRateLimited) || !errors.Is(err, ringcx.ErrUnauthorized) {
		t.Errorf("%v is not both ErrRateLimited and ErrUnauthorized", err)
	}
	wantCause := &ringcx.Error{
		Stage: ringcx.StageCall, StatusCode: 401, Message: "Jwt is expired", Method: "GET", Path: "/voice/api/v1/admin/accounts",
	}
	if diff := cmp.Diff(error(wantCause), errors.Unwrap(limit)); diff != "" {
		t.Errorf("cause (-want +got):\n%s", diff)
	}
	const end = "; after call: GET /voice/api/v1/admin/accounts: 401 Jwt is expired"
	if text := err.Error(); !strings.HasPrefix(text, "ringcx: refresh: 429 local_limit") || !strings.HasSuffix(text, end) || strings.Contains(text, "\n") {
		t.Errorf("the text is %q", text)
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

// TestRejectedTokenIsHeldBack has a token expire early after four token requests in a
// minute. A call reports the limit and not the 401, and the token is used no more.
func TestRejectedTokenIsHeldBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		client := newClient(t, fake.Config())
		spendLimit(client.Tokens)
		fake.ExpireTokens()
		start := time.Now()
		checkHeldBack(t, callWithin(t, client))
		if token, err := client.Tokens.Token(); token != nil || errorOf(t, err).Code != "local_limit" {
			t.Errorf("Token returns %v, %v, want a local limit", token, err)
		}
		if _, err := ringcx.Get(client.ListAccountsWithResponse(t.Context())); err != nil {
			t.Errorf("a call that has the time to wait: %v", err)
		}
		if took := time.Since(start); took > time.Minute {
			t.Errorf("it took %v", took)
		}
		if c := fake.Counts(); c.PeakTokenRequests > 5 || c.Unauthorized != 1 {
			t.Errorf("%d token requests in a minute, %d × 401", c.PeakTokenRequests, c.Unauthorized)
		}
	})
}

// TestRejectedTokenOfATransport shows that a Transport returns the same error.
func TestRejectedTokenOfATransport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		cfg := fake.Config()
		cfg.MaxReplays = -1
		ts := newTokenSource(t, cfg)
		spendLimit(ts)
		fake.ExpireTokens()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://ringcx.test/voice/api/v1/admin/accounts", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := ts.Transport(nil).RoundTrip(req)
		if resp != nil {
			t.Errorf("status %d", resp.StatusCode)
		}
		checkHeldBack(t, err)
	})
}

// TestRejectedTokenOfAStream has a call that cannot be sent again meet the 401.
func TestRejectedTokenOfAStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		fake.Handle("POST /voice/upload", accepts)
		client := newClient(t, fake.Config())
		spendLimit(client.Tokens)
		fake.ExpireTokens()
		err := stream(t, client, "/voice/upload")
		want := ringcx.Error{Stage: ringcx.StageCall, StatusCode: 401, Message: "Jwt is expired", Method: "POST", Path: "/voice/upload"}
		var got *ringcx.Error
		if errors.As(err, &got); got == nil {
			t.Fatalf("error is %v", err)
		}
		if diff := cmp.Diff(want, *got); diff != "" {
			t.Errorf("the error of the call (-want +got):\n%s", diff)
		}
		if token, err := client.Tokens.Token(); token != nil || errorOf(t, err).Code != "local_limit" {
			t.Errorf("Token returns %v, %v, want a local limit", token, err)
		}
	})
}

// TestTokenAfterAnother401 has one endpoint reject the token after the limit is spent,
// in its own words. Others accept the token, until one names it.
func TestTokenAfterAnother401(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		client := newClient(t, fake.Config())
		token := spendLimit(client.Tokens)
		fake.Fault(ringcxtest.Users, ringcxtest.Status(401, "no"), 1)
		_, err := client.ListUsersWithResponse(t.Context(), nil)
		if diff := cmp.Diff(ringcx.Error{Stage: ringcx.StageCall, StatusCode: 401}, errorOf(t, err)); diff != "" {
			t.Errorf("error of the endpoint that rejects it (-want +got):\n%s", diff)
		}
		if err := callWithin(t, client); err != nil {
			t.Errorf("another endpoint: %v", err)
		}
		if got := must(client.Tokens.Token()); got.AccessToken != token.AccessToken {
			t.Error("another token")
		}
		fake.ExpireTokens()
		checkHeldBack(t, callWithin(t, client))
		if token, err := client.Tokens.Token(); token != nil || errorOf(t, err).Code != "local_limit" {
			t.Errorf("Token returns %v, %v, want a local limit", token, err)
		}
	})
}

// TestRejectedTokenWhileTheStoreIsDown shows both reasons.
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
			t.Error("Token returns the token that was rejected")
		}
	})
}

// TestRejectedRenewalHasNoCause has RingCX reject the renewal after a 401: its own
// words are enough.
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
			t.Errorf("error is %v", err)
		}
	})
}

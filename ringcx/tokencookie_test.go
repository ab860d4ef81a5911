package ringcx_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
	"github.com/ringcx-go/ringcx-go/wire"
)

const summaryPath = "/voice/api/v1/summary/accounts/333333/segments/8f0c1d2e-1111-4a5b-9c3d-000000000002/auto"

// headerRecorder records the headers of calls.
type headerRecorder struct {
	base    http.RoundTripper
	headers []http.Header
}

func (h *headerRecorder) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasPrefix(r.URL.Path, "/voice/") {
		h.headers = append(h.headers, r.Header.Clone())
	}
	return h.base.RoundTrip(r)
}

// TestTokenCookie checks that the token of a summary is in a cookie and in no other header, and
// that it is renewed after a 401.
func TestTokenCookie(t *testing.T) {
	fake := ringcxtest.NewServer(t)
	cfg := fake.Config()
	recorder := &headerRecorder{base: cfg.HTTPClient.Transport}
	cfg.HTTPClient = &http.Client{Transport: recorder}
	client := newClient(t, cfg)
	req, err := http.NewRequest(http.MethodGet, summaryPath, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Cookie", "a=1; access_token=old; b=2")
	req.Header.Set("Authorization", "Bearer old")
	want := req.Header.Clone()
	for range 2 {
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		fake.ExpireTokens()
	}
	if diff := cmp.Diff(want, req.Header); diff != "" {
		t.Errorf("the headers of the caller (-want +got):\n%s", diff)
	}
	if n := fake.Counts().Unauthorized; len(recorder.headers) != 3 || n != 1 {
		t.Fatalf("%d calls, %d with status 401, want 3 and 1", len(recorder.headers), n)
	}
	log := fake.Log()
	if got := log[len(log)-1].Authorization; !strings.HasPrefix(got, "Cookie access_token=…") || len(got) != len("Cookie access_token=…")+6 {
		t.Errorf("log: %s", got)
	}
	tokens := map[string]bool{}
	for _, h := range recorder.headers {
		start, token, _ := strings.Cut(h.Get("Cookie"), "; access_token=")
		if tokens[token] = true; start != "a=1; b=2" || len(h["Cookie"]) != 1 || h.Get("Authorization") != "" {
			t.Errorf("headers: %v", h)
		}
	}
	if len(tokens) != 2 || tokens["old"] || tokens[""] {
		t.Errorf("tokens: %v, want two", tokens)
	}
}

// TestTokenCookieIsRequired checks that the fake accepts no header Authorization for a summary.
func TestTokenCookieIsRequired(t *testing.T) {
	fake := ringcxtest.NewServer(t)
	token, err := newClient(t, fake.Config()).Tokens.Token()
	if err != nil {
		t.Fatal(err)
	}
	for header, status := range map[string]int{"Authorization": 401, "Cookie": 200} {
		req, err := http.NewRequest(http.MethodGet, "https://ringcx.test"+summaryPath, nil)
		if err != nil {
			t.Fatal(err)
		}
		value := map[string]string{"Authorization": "Bearer ", "Cookie": "access_token="}[header]
		req.Header.Set(header, value+token.AccessToken)
		resp, err := fake.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != status {
			t.Errorf("with %s: status %d, want %d", header, resp.StatusCode, status)
		}
	}
}

// TestTokenCookieIsSecret checks that errors do not contain the token of a cookie, also if the
// server returns it, and that it is not sent to another host.
func TestTokenCookieIsSecret(t *testing.T) {
	fake := ringcxtest.NewServer(t)
	client := newClient(t, fake.Config())
	token, err := client.Tokens.Token()
	if err != nil {
		t.Fatal(err)
	}
	const summary ringcxtest.Endpoint = "getAutoSummary"
	fake.Fault(summary, ringcxtest.EchoSecret, 1)
	_, err = client.Summaries.GetAuto(t.Context(), "333333", "8f0c1d2e-1111-4a5b-9c3d-000000000002")
	var rejected *ringcx.Error
	if !errors.As(err, &rejected) || rejected.StatusCode != 403 || strings.Contains(err.Error(), token.AccessToken) || !strings.Contains(err.Error(), "***") {
		t.Errorf("error: %v", err)
	}
	fake.Fault(summary, ringcxtest.Redirect(302, "https://evil.test/"), 1)
	if _, err = client.Summaries.GetAuto(t.Context(), "333333", "8f0c1d2e-1111-4a5b-9c3d-000000000002"); err == nil {
		t.Error("no error after a redirect to another host")
	}
	if n := fake.Counts().WrongHostBearers; n != 0 {
		t.Errorf("%d requests with a secret to another host", n)
	}
}

// TestNotReady checks the error for data that is not ready.
func TestNotReady(t *testing.T) {
	fake := ringcxtest.NewServer(t)
	client := newClient(t, fake.Config())
	ctx := context.Background()
	_, err := client.Transcripts.Get(ctx, "444444", "333333", "x", "y")
	const want = "ringcx: call: GET /voice/api/cx/integration/v1/accounts/444444/sub-accounts/333333/transcripts/dialogs/x/segments/y: " +
		"404 not.found Not found (not ready yet, or the id is wrong)"
	var notFound *ringcx.Error
	if !errors.Is(err, wire.ErrNotReady) || !errors.As(err, &notFound) || err.Error() != want {
		t.Errorf("error is %q, want %q", err, want)
	}
	fake.Respond("getAutoSummary", 200, `""`)
	_, err = client.Summaries.GetAuto(ctx, "333333", "y")
	const wantEmpty = "ringcx: call: GET /voice/api/v1/summary/accounts/333333/segments/y/auto: status 200: not ready yet"
	if !errors.Is(err, wire.ErrNotReady) || err.Error() != wantEmpty {
		t.Errorf("error is %q, want %q", err, wantEmpty)
	}
	_, err = ringcx.Get(client.GetAutoSummaryWithResponse(ctx, "333333", "y"))
	if !errors.Is(err, wire.ErrNotReady) || err.Error() != wantEmpty {
		t.Errorf("error of Get is %q, want %q", err, wantEmpty)
	}
	_, err = client.CXQueues.List(ctx, "1", "7", 1)
	if !errors.As(err, &notFound) || errors.Is(err, wire.ErrNotReady) {
		t.Errorf("a 404 of another operation: %v", err)
	}
	if op, _ := gen.OperationOf((*gen.GetTranscriptResult)(nil)); !op.Delayed {
		t.Errorf("operation: %+v", op)
	}
}

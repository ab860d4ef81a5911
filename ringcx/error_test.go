package ringcx_test

import (
	"errors"
	"io"
	"maps"
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

// roundTripper is a function as an http.RoundTripper. It closes the request bodies.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	return f(r)
}

// response returns a response with this status, Content-Type and body.
func response(status int, contentType, body string) *http.Response {
	return &http.Response{
		StatusCode: status,
		Header:     http.Header{"Content-Type": {contentType}},
		Body:       io.NopCloser(strings.NewReader(body)),
	}
}

// respondWith returns an HTTP client without a network. It responds to requests for
// RingCX tokens with tokens, and to other requests with what respond returns.
func respondWith(respond func(*http.Request) *http.Response) *http.Client {
	return &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		if strings.Contains(r.URL.Path, "/api/auth/") {
			return response(200, "application/json", `{"accessToken":"an.access.token","refreshToken":"a-refresh-token","tokenType":"Bearer"}`), nil
		}
		return respond(r), nil
	})}
}

var staticLogin = oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "a-ringcentral-token"})

// newClient returns a Client with cfg, by default with a fixed RingCentral token.
func newClient(t *testing.T, cfg ringcx.Config) *ringcx.Client {
	t.Helper()
	if cfg.RingCentral == nil {
		cfg.RingCentral = staticLogin
	}
	client, err := ringcx.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

var errorOfCallTests = []struct {
	name       string
	status     int
	ctype      string
	body       string
	retryAfter string
	want       ringcx.Error
	text       string
}{
	{
		name: "plain text", status: 401, ctype: "text/plain", body: "Jwt is expired\n",
		want: ringcx.Error{StatusCode: 401, Message: "Jwt is expired"},
		text: "ringcx: call: GET /voice/api/v1/admin/accounts: 401 Jwt is expired",
	},
	{
		name: "JSON", status: 403, ctype: "application/json",
		body: `{"errorCode":"access.denied.exception","generalMessage":"You do not have permission to access this resource","timestamp":1611847650696}`,
		want: ringcx.Error{StatusCode: 403, Code: "access.denied.exception", Message: "You do not have permission to access this resource"},
		text: "ringcx: call: GET /voice/api/v1/admin/accounts: 403 access.denied.exception You do not have permission to access this resource",
	},
	{
		name: "JSON with validation errors", status: 400, ctype: "application/json",
		body: `{"errorCode":"validation","generalMessage":"Bad request","validationErrors":[{"attributeName":"name","message":"must not be empty","value":null},{"attributeName":"pin","message":"too short","value":"1234"}]}`,
		want: ringcx.Error{StatusCode: 400, Code: "validation", Message: "Bad request", Validation: []ringcx.FieldError{
			{Field: "name", Message: "must not be empty"}, {Field: "pin", Message: "too short"},
		}},
		text: "ringcx: call: GET /voice/api/v1/admin/accounts: 400 validation Bad request; name: must not be empty; pin: too short",
	},
	{
		name: "JSON of other types", status: 409, ctype: "application/json",
		body: `{"errorCode":7,"generalMessage":null,"details":"busy","validationErrors":"none"}`,
		want: ringcx.Error{StatusCode: 409, Message: "busy"},
		text: "ringcx: call: GET /voice/api/v1/admin/accounts: 409 busy",
	},
	{
		name: "JSON without a message", status: 404, ctype: "application/json", body: `{"status":"gone"}`,
		want: ringcx.Error{StatusCode: 404, Message: `{"status":"gone"}`},
		text: `ringcx: call: GET /voice/api/v1/admin/accounts: 404 {"status":"gone"}`,
	},
	{
		name: "rate limited", status: 429, ctype: "text/plain", body: "", retryAfter: "30",
		want: ringcx.Error{StatusCode: 429, RetryAfter: 30 * time.Second, Header: http.Header{"Retry-After": {"30"}}},
		text: "ringcx: call: GET /voice/api/v1/admin/accounts: 429; try again in 30s",
	},
	{
		name: "HTML called JSON", status: 502, ctype: "application/json", body: "<html>\n<b>Bad gateway</b>",
		want: ringcx.Error{StatusCode: 502, Message: "<html> <b>Bad gateway</b>"},
		text: "ringcx: call: GET /voice/api/v1/admin/accounts: 502 <html> <b>Bad gateway</b>",
	},
	{
		name: "empty", status: 500, ctype: "application/json",
		want: ringcx.Error{StatusCode: 500},
		text: "ringcx: call: GET /voice/api/v1/admin/accounts: 500",
	},
}

// TestErrorHeader checks which headers of a response an Error contains, and that they
// contain no token and no line break.
func TestErrorHeader(t *testing.T) {
	tests := []struct {
		name      string
		got, want http.Header
	}{
		{"none", http.Header{"Date": {"Mon, 02 Jan 2006 15:04:05 GMT"}, "Set-Cookie": {"a=b"}, "X-Request-Id": {""}}, nil},
		{
			"all",
			http.Header{
				"Rcrequestid": {"e4b2-1"}, "X-Request-Id": {"e4b2-2", "e4b2-3"}, "Retry-After": {"30"},
				"X-Rate-Limit-Group": {"heavy"}, "X-Rate-Limit-Limit": {"5"}, "X-Rate-Limit-Remaining": {"0"}, "X-Rate-Limit-Window": {"60"},
				"X-Rate-Limit-Other": {"other"}, "Www-Authenticate": {"Bearer"},
			},
			http.Header{
				"Rcrequestid": {"e4b2-1"}, "X-Request-Id": {"e4b2-2"}, "Retry-After": {"30"},
				"X-Rate-Limit-Group": {"heavy"}, "X-Rate-Limit-Limit": {"5"}, "X-Rate-Limit-Remaining": {"0"}, "X-Rate-Limit-Window": {"60"},
			},
		},
		{
			"secrets", http.Header{"Rcrequestid": {"id an.access.token\n\x1b[2J"}, "X-Request-Id": {"Bearer 0123456789abcdef"}},
			http.Header{"Rcrequestid": {"id *** [2J"}, "X-Request-Id": {"Bearer ***"}},
		},
		{"long", http.Header{"Rcrequestid": {strings.Repeat("é", 300)}}, http.Header{"Rcrequestid": {strings.Repeat("é", 256) + "…"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client := newClient(t, ringcx.Config{MaxReplays: -1, HTTPClient: respondWith(func(*http.Request) *http.Response {
				resp := response(429, "text/plain", "")
				maps.Copy(resp.Header, tt.got)
				return resp
			})})
			_, err := client.ListUsers(t.Context(), nil)
			var e *ringcx.Error
			if !errors.As(err, &e) {
				t.Fatalf("got error %v", err)
			}
			if diff := cmp.Diff(tt.want, e.Header); diff != "" {
				t.Errorf("Header (-want +got):\n%s", diff)
			}
		})
	}
}

// TestErrorHeaderOfLogin checks that an error of the sign-in has the headers of
// RingCentral's limit, and that each caller may change its own.
func TestErrorHeaderOfLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.New()
		defer fake.Close()
		fake.LimitRates(true)
		fake.Fault(ringcxtest.Login, ringcxtest.RateLimit(7*time.Second), 1)
		client := newClient(t, fake.Config())
		for range 2 { // the second caller gets the remembered failure
			_, err := client.Tokens.Token()
			var e *ringcx.Error
			if !errors.As(err, &e) || e.Header.Get("Retry-After") != "7" {
				t.Fatalf("got error %v with the headers %v, want Retry-After 7", err, e.Header)
			}
			e.Header.Set("Retry-After", "changed")
		}
	})
}

// TestErrorOfCall checks the fields and the text of the error of a rejected call.
func TestErrorOfCall(t *testing.T) {
	for _, tt := range errorOfCallTests {
		t.Run(tt.name, func(t *testing.T) {
			client := newClient(t, ringcx.Config{MaxReplays: -1, HTTPClient: respondWith(func(*http.Request) *http.Response {
				resp := response(tt.status, tt.ctype, tt.body)
				if tt.retryAfter != "" {
					resp.Header.Set("Retry-After", tt.retryAfter)
				}
				return resp
			})})
			_, err := ringcx.Get(client.ListAccountsWithResponse(t.Context()))
			var got *ringcx.Error
			if !errors.As(err, &got) {
				t.Fatalf("error is %T (%v), want %T", err, err, got)
			}
			tt.want.Stage, tt.want.Method, tt.want.Path = ringcx.StageCall, http.MethodGet, "/voice/api/v1/admin/accounts"
			if diff := cmp.Diff(&tt.want, got); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.text, err.Error()); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
		})
	}
}

func TestErrorIs(t *testing.T) {
	sentinels := map[int]error{
		401: ringcx.ErrUnauthorized, 403: ringcx.ErrForbidden, 404: ringcx.ErrNotFound, 409: ringcx.ErrConflict, 429: ringcx.ErrRateLimited,
	}
	for _, status := range []int{200, 400, 401, 403, 404, 409, 429, 500} {
		for of, sentinel := range sentinels {
			if got := errors.Is(&ringcx.Error{StatusCode: status}, sentinel); got != (status == of) {
				t.Errorf("errors.Is of status %d and %q is %v, want %v", status, sentinel, got, status == of)
			}
		}
	}
}

// TestErrorMessageIsBounded has a server return a page of several MiB with control
// characters. The text of the error must be one short line.
func TestErrorMessageIsBounded(t *testing.T) {
	client := newClient(t, ringcx.Config{MaxReplays: -1, HTTPClient: respondWith(func(*http.Request) *http.Response {
		return response(500, "text/html", strings.Repeat("é\x00\n", 1<<20))
	})})
	_, err := ringcx.Get(client.ListAccountsWithResponse(t.Context()))
	if text := err.Error(); len(text) > 700 || strings.ContainsAny(text, "\n\x00") {
		t.Errorf("the error has %d bytes, want one line of at most 700: %q", len(text), text)
	}
}

// TestCallersDoNotShareAnError has ten callers wait for one renewal, which fails, and
// ten later callers get the remembered failure. OnEvent gets it too. Each gets an
// *Error of its own, which it may change.
func TestCallersDoNotShareAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		fake.Fault(ringcxtest.Login, ringcxtest.Refuse, 1)
		cfg := fake.Config()
		base := cfg.HTTPClient.Transport
		cfg.HTTPClient = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			time.Sleep(time.Second) // until all callers wait
			return base.RoundTrip(r)
		})}
		seen := map[*ringcx.Error]int{}
		var mu sync.Mutex
		change := func(err error) {
			mu.Lock()
			defer mu.Unlock()
			e, ok := errors.AsType[*ringcx.Error](err)
			if !ok || e.Code != "OAU-213" {
				t.Errorf("error is %v, want one with code OAU-213", err)
				return
			}
			seen[e]++
			e.Code = "changed by its caller"
		}
		cfg.OnEvent = func(e ringcx.Event) { change(e.Err) }
		ts := newTokenSource(t, cfg)
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				_, err := ts.Token()
				change(err)
			})
		}
		wg.Wait()
		for range 10 {
			_, err := ts.Token()
			change(err)
		}
		if len(seen) != 21 {
			t.Errorf("20 callers and OnEvent got %d different errors, want 21", len(seen))
		}
		spent{Logins: 1}.check(t, fake)
	})
}

// TestForbiddenNamesThePermission calls operations that the user may not call, and an endpoint
// that openapi.yaml does not have, below a base URL with and without a path.
func TestForbiddenNamesThePermission(t *testing.T) {
	const needs = " (documented as: needs the role MANAGE_USERS or SUPER_USER)"
	for _, prefix := range []string{"", "/proxy"} {
		fake := ringcxtest.NewServer(t)
		cfg := fake.Config()
		cfg.BaseURL += prefix
		cfg.HTTPClient = &http.Client{Transport: withoutPrefix{cfg.HTTPClient.Transport, prefix}}
		client, err := ringcx.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		fake.Fault(ringcxtest.Users, ringcxtest.Refuse, 1)
		fake.Fault(ringcxtest.Accounts, ringcxtest.Refuse, 1)
		_, forbidden := client.Users.List(t.Context(), nil)
		_, unknown := client.Accounts.List(t.Context())
		if !errors.Is(forbidden, ringcx.ErrForbidden) || !strings.HasSuffix(forbidden.Error(), needs) {
			t.Errorf("base URL %s: %v, want a text that ends with %q", cfg.BaseURL, forbidden, needs)
		}
		if !errors.Is(unknown, ringcx.ErrForbidden) || strings.Contains(unknown.Error(), "documented") {
			t.Errorf("operation for all users: %v, want no permission in the text", unknown)
		}
	}
}

// withoutPrefix removes a prefix from the path of requests to RingCX, as a reverse proxy does.
type withoutPrefix struct {
	http.RoundTripper
	prefix string
}

func (p withoutPrefix) RoundTrip(req *http.Request) (*http.Response, error) {
	out := req.Clone(req.Context())
	out.URL.Path = strings.TrimPrefix(out.URL.Path, p.prefix)
	return p.RoundTripper.RoundTrip(out)
}

package ringcx_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// attemptTime is how long each request to a slowService takes.
const attemptTime = 20 * time.Millisecond

// slowService is a service behind a proxy: it removes the path prefix /proxy.
type slowService struct {
	service
	seen []ringcx.Call // CallFromContext of each call
}

func (s *slowService) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(attemptTime)
	u := *r.URL
	u.Path = strings.TrimPrefix(u.Path, "/proxy")
	r = r.Clone(r.Context())
	r.URL = &u
	if c, ok := ringcx.CallFromContext(r.Context()); ok {
		s.seen = append(s.seen, c)
	}
	return s.service.RoundTrip(r)
}

var errReset = errors.New("connection reset")

// users returns the Call of an attempt to list the users.
func users(attempt, status int, retry bool, wait time.Duration) ringcx.Call {
	c := list(attempt)
	c.StatusCode, c.Took, c.Retry, c.Wait = status, attemptTime, retry, wait
	if status == 0 {
		c.Err = errReset
	}
	return c
}

// list is users for an attempt that has not ended.
func list(attempt int) ringcx.Call {
	return ringcx.Call{Operation: "listUsers", Method: "GET", PathTemplate: "/voice/api/v1/admin/users", Attempt: attempt}
}

var onCallTests = []struct {
	name         string
	method, path string // GET of the users if empty
	script       []*http.Response
	want         []ringcx.Call
}{
	{name: "200", script: []*http.Response{ok}, want: []ringcx.Call{users(1, 200, false, 0)}},
	{name: "200 with a query", path: "/voice/api/v1/admin/users?flatten=true", script: []*http.Response{ok}, want: []ringcx.Call{users(1, 200, false, 0)}},
	{name: "403", script: []*http.Response{status(403, "")}, want: []ringcx.Call{users(1, 403, false, 0)}},
	{name: "401, then 200", script: []*http.Response{denied, ok}, want: []ringcx.Call{users(1, 401, true, 0), users(2, 200, false, 0)}},
	{name: "401 twice", script: []*http.Response{denied}, want: []ringcx.Call{users(1, 401, true, 0), users(2, 401, false, 0)}},
	{name: "429 with Retry-After", script: []*http.Response{status(429, "7"), ok}, want: []ringcx.Call{users(1, 429, true, 7*time.Second), users(2, 200, false, 0)}},
	{name: "429 for longer than a minute", script: []*http.Response{status(429, "61")}, want: []ringcx.Call{users(1, 429, false, 0)}},
	{name: "503 with Retry-After, without end", script: []*http.Response{status(503, "2")}, want: []ringcx.Call{
		users(1, 503, true, 2*time.Second), users(2, 503, true, 2*time.Second), users(3, 503, true, 2*time.Second), users(4, 503, false, 0),
	}},
	{name: "reset, then 200", script: []*http.Response{nil, ok}, want: []ringcx.Call{users(1, 0, true, time.Second), users(2, 200, false, 0)}},
	{name: "reset of a POST, not in openapi.yaml", method: "POST", path: "/voice/api/v1/admin/unknown", script: []*http.Response{nil}, want: []ringcx.Call{
		{Method: "POST", Attempt: 1, Took: attemptTime, Err: errReset},
	}},
	{name: "a path that openapi.yaml does not have", path: "/voice/api/v1/admin/unknown/42", script: []*http.Response{ok}, want: []ringcx.Call{
		{Method: "GET", Attempt: 1, StatusCode: 200, Took: attemptTime},
	}},
	{name: "a token request", method: "POST", path: "/api/auth/token/refresh"},
	{name: "another origin", path: "https://other.example/voice/api/v1/admin/users", script: []*http.Response{ok}},
}

// TestOnCall checks that Config.OnCall is called once for each attempt, and that the base
// RoundTripper finds the same Call in the context, without the fields of the end.
func TestOnCall(t *testing.T) {
	for _, prefix := range []string{"", "/proxy"} {
		for _, tt := range onCallTests {
			t.Run(tt.name+prefix, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var got []ringcx.Call
					s := &slowService{service: service{script: tt.script}}
					ts := tokenSource(t, ringcx.Config{
						BaseURL: ringcx.DefaultBaseURL + prefix, HTTPClient: &http.Client{Transport: s},
						OnCall: func(c ringcx.Call) { got = append(got, c) },
					})
					ringcx.SetClock(ts, time.Now, func() float64 { return 0.5 }) // back-off of exactly 1 s
					resp, err := ts.Transport(nil).RoundTrip(watchedRequest(t, ts, tt.method, tt.path))
					if err == nil {
						resp.Body.Close()
					}
					sameError := cmp.Comparer(func(a, b error) bool { return fmt.Sprint(a) == fmt.Sprint(b) })
					if diff := cmp.Diff(tt.want, got, sameError); diff != "" {
						t.Errorf("calls (-want +got):\n%s", diff)
					}
					var begun []ringcx.Call
					for _, c := range tt.want {
						begun = append(begun, ringcx.Call{Operation: c.Operation, Method: c.Method, PathTemplate: c.PathTemplate, Attempt: c.Attempt})
					}
					if diff := cmp.Diff(begun, s.seen); diff != "" {
						t.Errorf("CallFromContext (-want +got):\n%s", diff)
					}
				})
			})
		}
	}
}

// watchedRequest returns a request with a path below the base URL of ts, or with an
// absolute URL.
func watchedRequest(t *testing.T, ts *ringcx.TokenSource, method, path string) *http.Request {
	t.Helper()
	if path == "" {
		path = "/voice/api/v1/admin/users"
	}
	if !strings.Contains(path, "://") {
		path = ts.BaseURL() + path
	}
	req, err := http.NewRequestWithContext(t.Context(), method, path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

// tokenSource returns a TokenSource for cfg with a constant RingCentral token.
func tokenSource(t *testing.T, cfg ringcx.Config) *ringcx.TokenSource {
	t.Helper()
	return newClient(t, cfg).Tokens
}

// TestOnCallWithoutToken checks that no attempt is reported if there is no token.
func TestOnCallWithoutToken(t *testing.T) {
	var events []ringcx.Event
	client := newClient(t, ringcx.Config{
		HTTPClient: &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) { return status(403, ""), nil })},
		OnEvent:    func(e ringcx.Event) { events = append(events, e) },
		OnCall:     func(c ringcx.Call) { t.Errorf("OnCall was called with %+v", c) },
	})
	if _, err := client.ListUsers(t.Context(), nil); !errors.Is(err, ringcx.ErrForbidden) {
		t.Errorf("got error %v, want a 403", err)
	}
	if len(events) == 0 || !errors.Is(events[len(events)-1].Err, ringcx.ErrForbidden) {
		t.Errorf("got events %v, want the 403 in the last one", events)
	}
}

// TestOnCallHasNoSecret checks that Call.Err does not contain the token that the network
// error quotes, and still matches the error.
func TestOnCallHasNoSecret(t *testing.T) {
	const token = "an.access.token"
	var calls []ringcx.Call
	client := newClient(t, ringcx.Config{
		MaxReplays: -1,
		OnCall:     func(c ringcx.Call) { calls = append(calls, c) },
		HTTPClient: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			if strings.HasPrefix(r.URL.Path, "/api/auth/") {
				return response(200, "application/json", `{"accessToken":"`+token+`"}`), nil
			}
			return nil, fmt.Errorf("malformed response %q: %w", r.Header.Get("Authorization"), io.ErrUnexpectedEOF)
		})},
	})
	_, err := client.ListUsers(t.Context(), nil)
	if err == nil || len(calls) != 1 {
		t.Fatalf("got error %v and %d calls", err, len(calls))
	}
	if text := fmt.Sprintf("%v %+v %#v", calls[0].Err, calls[0], calls[0]); strings.Contains(text, token) || !strings.Contains(text, "malformed") {
		t.Errorf("the Call is %s", text)
	}
	if !errors.Is(calls[0].Err, io.ErrUnexpectedEOF) {
		t.Errorf("errors.Is does not find io.ErrUnexpectedEOF in %v", calls[0].Err)
	}
}

// TestCallFromContextElsewhere checks that other contexts have no Call, and that the
// context of an attempt keeps the values and the end of the caller's.
func TestCallFromContextElsewhere(t *testing.T) {
	type key struct{}
	ctx, cancel := context.WithTimeout(context.WithValue(t.Context(), key{}, "value"), time.Hour)
	if c, ok := ringcx.CallFromContext(ctx); ok {
		t.Errorf("a context that is not of an attempt has %+v", c)
	}
	attempts := 0
	client := newClient(t, ringcx.Config{HTTPClient: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		if strings.HasPrefix(r.URL.Path, "/api/auth/") {
			return response(200, "application/json", `{"accessToken":"a"}`), nil
		}
		attempts++
		end, _ := ctx.Deadline()
		if got, _ := r.Context().Deadline(); r.Context().Value(key{}) != "value" || !got.Equal(end) {
			t.Errorf("the attempt has value %v and deadline %v", r.Context().Value(key{}), got)
		}
		child, stop := context.WithCancel(r.Context())
		defer stop()
		if c, ok := ringcx.CallFromContext(child); !ok || c.Attempt != 1 {
			t.Errorf("a context below that of the attempt has %+v, %v", c, ok)
		}
		cancel()
		<-child.Done()
		return nil, child.Err()
	})}})
	if _, err := client.ListUsers(ctx, nil); !errors.Is(err, context.Canceled) || attempts != 1 {
		t.Errorf("got error %v after %d attempts", err, attempts)
	}
}

var withoutRetryTests = []struct {
	name   string
	script []*http.Response
	want   int // status; 0: an error
	sent   int
}{
	{"200", []*http.Response{ok}, 200, 1},
	{"429", []*http.Response{status(429, "1"), ok}, 429, 1},
	{"503", []*http.Response{status(503, "1"), ok}, 503, 1},
	{"reset", []*http.Response{nil, ok}, 0, 1},
	{"401", []*http.Response{denied, ok}, 200, 2},
	{"401, then 429", []*http.Response{denied, status(429, "1"), ok}, 429, 2},
}

// TestWithoutRetry checks that a call with such a context is sent again after a 401 only,
// and that other calls of the same client are.
func TestWithoutRetry(t *testing.T) {
	for _, tt := range withoutRetryTests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &service{script: tt.script}
				ts := tokenSource(t, ringcx.Config{HTTPClient: &http.Client{Transport: s}})
				req := request(t, http.MethodGet, false)
				resp, err := ts.Transport(nil).RoundTrip(req.WithContext(ringcx.WithoutRetry(req.Context())))
				if got := code(resp); got != tt.want || (err != nil) != (tt.want == 0) || len(s.at) != tt.sent {
					t.Errorf("status %d, error %v after %d attempts, want %d after %d", got, err, len(s.at), tt.want, tt.sent)
				}
				*s = service{script: []*http.Response{status(429, "1"), ok}}
				if resp, err := ts.Transport(nil).RoundTrip(req); code(resp) != 200 || len(s.at) != 2 {
					t.Errorf("another call: status %d, error %v after %d attempts, want 200 after 2", code(resp), err, len(s.at))
				}
			})
		})
	}
}

// TestWithoutRetryRenewal checks that a call with such a context does not wait for the
// renewal after one that failed, as other calls do.
func TestWithoutRetryRenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		exchanges := 0
		client := newClient(t, ringcx.Config{HTTPClient: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			if !strings.HasPrefix(r.URL.Path, "/api/auth/") {
				return response(200, "application/json", "[]"), nil
			}
			if exchanges++; exchanges == 1 {
				return status(503, "2"), nil
			}
			return response(200, "application/json", `{"accessToken":"a"}`), nil
		})}})
		start := time.Now()
		for range 2 { // the second call gets the remembered failure
			_, err := ringcx.Get(client.ListUsersWithResponse(ringcx.WithoutRetry(t.Context()), nil))
			var e *ringcx.Error
			if !errors.As(err, &e) || e.Stage != ringcx.StageExchange || time.Since(start) != 0 {
				t.Errorf("without retries: error %v after %v", err, time.Since(start))
			}
		}
		if _, err := ringcx.Get(client.ListUsersWithResponse(t.Context(), nil)); err != nil || time.Since(start) != 2*time.Second {
			t.Errorf("with retries: error %v after %v, want none after 2s", err, time.Since(start))
		}
	})
}

// logValueTests are values with their logs in JSON and as text, after the message.
var logValueTests = []struct {
	name       string
	value      slog.LogValuer
	json, text string
}{
	{
		"Event", ringcx.Event{Stage: ringcx.StageAdopt},
		`"v":{"stage":"adopt","took":0}`, `v.stage=adopt v.took=0s`,
	},
	{
		"Event with a network error", ringcx.Event{Stage: ringcx.StageRefresh, Took: time.Second, Err: fmt.Errorf("no response: %w", io.ErrUnexpectedEOF)},
		`"v":{"stage":"refresh","took":1000000000,"err":"no response: unexpected EOF"}`,
		`v.stage=refresh v.took=1s v.err="no response: unexpected EOF"`,
	},
	{
		"Event with an Error", ringcx.Event{Stage: ringcx.StageLogin, Took: time.Millisecond, Err: &ringcx.Error{Stage: ringcx.StageLogin, StatusCode: 401, Cause: &ringcx.Error{Stage: ringcx.StageCall, StatusCode: 401}}},
		`"v":{"stage":"login","took":1000000,"err":"ringcx: login: 401; after call: 401"}`,
		`v.stage=login v.took=1ms v.err="ringcx: login: 401; after call: 401"`,
	},
	{
		"Call", users(1, 429, true, 7*time.Second),
		`"v":{"operation":"listUsers","method":"GET","path":"/voice/api/v1/admin/users","attempt":1,"status":429,"took":20000000,"retry":true,"wait":7000000000}`,
		`v.operation=listUsers v.method=GET v.path=/voice/api/v1/admin/users v.attempt=1 v.status=429 v.took=20ms v.retry=true v.wait=7s`,
	},
	{
		"Call without an operation and a response", ringcx.Call{Method: "POST", Attempt: 1, Err: errReset},
		`"v":{"method":"POST","attempt":1,"err":"connection reset"}`, `v.method=POST v.attempt=1 v.err="connection reset"`,
	},
}

// TestLogValue checks what log/slog prints for an Event and for a Call.
func TestLogValue(t *testing.T) {
	for _, tt := range logValueTests {
		t.Run(tt.name, func(t *testing.T) {
			var asJSON, asText strings.Builder
			onlyValue := &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
				if len(groups) == 0 && a.Key != "v" {
					return slog.Attr{}
				}
				return a
			}}
			slog.New(slog.NewJSONHandler(&asJSON, onlyValue)).Info("", "v", tt.value)
			slog.New(slog.NewTextHandler(&asText, onlyValue)).Info("", "v", tt.value)
			if diff := cmp.Diff("{"+tt.json+"}\n", asJSON.String()); diff != "" {
				t.Errorf("JSON (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.text+"\n", asText.String()); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
		})
	}
}

// TestNestedClientHasItsOwnCalls sends the calls of one client with a RoundTripper that uses
// another client with the same context. The token requests of the other client are not
// reported as attempts of the call.
func TestNestedClientHasItsOwnCalls(t *testing.T) {
	fake := ringcxtest.NewServer(t)
	cfg := fake.Config()
	base := cfg.HTTPClient.Transport
	tokenRequests := 0
	cfg.HTTPClient = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		call, ok := ringcx.CallFromContext(r.Context())
		if isTokenRequest := !strings.HasPrefix(r.URL.Path, "/voice/"); isTokenRequest {
			if tokenRequests++; ok {
				t.Errorf("%s has the Call %+v", r.URL.Path, call)
			}
		}
		return base.RoundTrip(r)
	})}
	inner, err := ringcx.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	outer, err := ringcx.New(fake.Config())
	if err != nil {
		t.Fatal(err)
	}
	rt := outer.Tokens.Transport(roundTripper(func(r *http.Request) (*http.Response, error) {
		if _, err := ringcx.Get(inner.ListAccountsWithResponse(r.Context())); err != nil {
			t.Error(err)
		}
		return base.RoundTrip(r)
	}))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, outer.BaseURL()+"/voice/api/v1/admin/users", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := rt.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	if resp.Body.Close(); tokenRequests < 2 {
		t.Errorf("%d token requests of the inner client, want a sign-in and an exchange", tokenRequests)
	}
}

// TestOnCallReportsSentAttempts lets GetBody fail before the second attempt, which is not sent
// and not reported.
func TestOnCallReportsSentAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.New()
		defer fake.Close()
		fake.Handle("PUT /voice/x", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(429) }))
		cfg := fake.Config()
		var attempts []int
		cfg.OnCall = func(c ringcx.Call) { attempts = append(attempts, c.Attempt) }
		client, err := ringcx.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, "/voice/x", strings.NewReader("body"))
		if err != nil {
			t.Fatal(err)
		}
		req.GetBody = func() (io.ReadCloser, error) { return nil, errors.New("no body") }
		if _, err := client.Do(req); err == nil {
			t.Error("no error")
		}
		if diff := cmp.Diff([]int{1}, attempts); diff != "" {
			t.Errorf("attempts (-want +got):\n%s", diff)
		}
	})
}

// TestWithPathTemplate sets the template of a path that openapi.yaml does not have. It does
// not replace that of an operation.
func TestWithPathTemplate(t *testing.T) {
	var got []string
	client := newClient(t, ringcx.Config{BaseURL: "https://cx.example", OnCall: func(c ringcx.Call) {
		got = append(got, c.Operation+" "+c.PathTemplate)
	}, HTTPClient: respondWith(func(*http.Request) *http.Response { return response(200, "application/json", `{"accessToken":"a"}`) })})
	ctx := ringcx.WithPathTemplate(t.Context(), "/voice/x/{id}")
	for _, path := range []string{"/voice/x/42", "/voice/api/v1/admin/users"} {
		resp, err := client.Do(must(http.NewRequestWithContext(ctx, http.MethodGet, path, nil)))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	if diff := cmp.Diff([]string{" /voice/x/{id}", "listUsers /voice/api/v1/admin/users"}, got); diff != "" {
		t.Errorf("operations and templates (-want +got):\n%s", diff)
	}
}

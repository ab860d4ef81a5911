package ringcx_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// service is a RoundTripper. It responds to token requests with numbered tokens and to
// calls with script, and records the calls.
type service struct {
	script []*http.Response // the last one is repeated; nil: connection reset
	bearer []string         // the token of each call
	bodies []string         // the body of each call
	at     []time.Duration  // the time of each call since the first one
	start  time.Time        // of the first call
	tokens int              // token requests
}

func (s *service) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
		r.Body.Close()
	}
	if strings.HasPrefix(r.URL.Path, "/api/auth/") {
		s.tokens++
		n := string(rune('0' + s.tokens))
		return response(200, "application/json", `{"accessToken":"token`+n+`","refreshToken":"refresh`+n+`"}`), nil
	}
	if len(s.at) == 0 {
		s.start = time.Now()
	}
	s.at = append(s.at, time.Since(s.start))
	s.bearer = append(s.bearer, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	s.bodies = append(s.bodies, string(body))
	resp := s.script[min(len(s.at), len(s.script))-1]
	if resp == nil {
		return nil, errors.New("connection reset")
	}
	again := *resp
	again.Header = resp.Header.Clone()
	content, _ := io.ReadAll(resp.Body)
	resp.Body, again.Body = io.NopCloser(bytes.NewReader(content)), io.NopCloser(bytes.NewReader(content))
	return &again, nil
}

// status returns a response with this status, its name as the body, and a Retry-After
// unless that is empty.
func status(code int, retryAfter string) *http.Response {
	resp := response(code, "text/plain", http.StatusText(code))
	if retryAfter != "" {
		resp.Header.Set("Retry-After", retryAfter)
	}
	return resp
}

var ok, denied = status(200, ""), status(401, "")

var transportReplaysTests = []struct {
	name    string
	method  string
	script  []*http.Response
	max     int           // MaxReplays
	within  time.Duration // timeout of the context; 0: none
	stream  bool          // the body cannot be sent again
	header  string        // the name of a header without a value
	want    int           // final status; 0: an error
	bearers string        // the tokens of the tries
	waits   []int         // the times of the tries in seconds, ±20 %
}{
	{name: "200", method: "GET", script: []*http.Response{ok}, want: 200, bearers: "token1"},
	{name: "401 once", method: "GET", script: []*http.Response{denied, ok}, want: 200, bearers: "token1 token2"},
	{name: "401 once, with a body", method: "POST", script: []*http.Response{denied, ok}, want: 200, bearers: "token1 token2"},
	{name: "401 once, with a body that cannot be sent again", method: "POST", stream: true, script: []*http.Response{denied}, want: 401, bearers: "token1"},
	{name: "401 twice", method: "GET", script: []*http.Response{denied, denied, ok}, want: 401, bearers: "token1 token2"},
	{name: "429", method: "GET", script: []*http.Response{status(429, ""), ok}, want: 200, bearers: "token1 token1", waits: []int{0, 1}},
	{name: "429 of a POST with Retry-After", method: "POST", script: []*http.Response{status(429, "7"), ok}, want: 200, bearers: "token1 token1", waits: []int{0, 7}},
	{name: "429 three times", method: "GET", script: []*http.Response{status(429, "")}, want: 429, bearers: "token1 token1 token1 token1", waits: []int{0, 1, 3, 7}},
	{name: "429 with one replay", method: "GET", max: 1, script: []*http.Response{status(429, "")}, want: 429, bearers: "token1 token1"},
	{name: "429 without replays", method: "GET", max: -1, script: []*http.Response{status(429, "")}, want: 429, bearers: "token1"},
	{name: "429 for longer than a minute", method: "GET", script: []*http.Response{status(429, "61")}, want: 429, bearers: "token1"},
	{name: "429 for longer than the context", method: "GET", within: 5 * time.Second, script: []*http.Response{status(429, "6"), ok}, want: 429, bearers: "token1"},
	{name: "429 with a body that cannot be sent again", method: "POST", stream: true, script: []*http.Response{status(429, "1"), ok}, want: 429, bearers: "token1"},
	{name: "429 for three minutes", method: "GET", script: []*http.Response{status(429, "60"), status(429, "60"), status(429, "60"), ok}, want: 200, bearers: "token1 token1 token1 token1", waits: []int{0, 60, 120, 180}},
	{name: "503 of a GET", method: "GET", script: []*http.Response{status(503, ""), ok}, want: 200, bearers: "token1 token1", waits: []int{0, 1}},
	{name: "503 of a POST", method: "POST", script: []*http.Response{status(503, ""), ok}, want: 503, bearers: "token1"},
	{name: "503 of a POST with Retry-After", method: "POST", script: []*http.Response{status(503, "2"), ok}, want: 503, bearers: "token1"},
	{name: "503 of a POST with Retry-After and a key", method: "POST", header: "Idempotency-Key", script: []*http.Response{status(503, "2"), ok}, want: 200, bearers: "token1 token1", waits: []int{0, 2}},
	{name: "503 of a POST with Retry-After and an X-key", method: "POST", header: "X-Idempotency-Key", script: []*http.Response{status(503, "2"), ok}, want: 200, bearers: "token1 token1", waits: []int{0, 2}},
	{name: "503 of a POST with a key", method: "POST", header: "Idempotency-Key", script: []*http.Response{status(503, ""), ok}, want: 503, bearers: "token1"},
	{name: "503 of a PATCH with Retry-After", method: "PATCH", script: []*http.Response{status(503, "2"), ok}, want: 503, bearers: "token1"},
	{name: "503 of a PUT with Retry-After", method: "PUT", script: []*http.Response{status(503, "2"), ok}, want: 503, bearers: "token1"},
	{name: "503 of a PUT with Retry-After and a key", method: "PUT", header: "Idempotency-Key", script: []*http.Response{status(503, "2"), ok}, want: 200, bearers: "token1 token1", waits: []int{0, 2}},
	{name: "503 of a PUT", method: "PUT", script: []*http.Response{status(503, ""), ok}, want: 503, bearers: "token1"},
	{name: "503 of a DELETE with Retry-After", method: "DELETE", script: []*http.Response{status(503, "2"), ok}, want: 200, bearers: "token1 token1", waits: []int{0, 2}},
	{name: "502 of a POST", method: "POST", script: []*http.Response{status(502, "2"), ok}, want: 502, bearers: "token1"},
	{name: "504 of a POST", method: "POST", script: []*http.Response{status(504, "2"), ok}, want: 504, bearers: "token1"},
	{name: "500 of a GET", method: "GET", script: []*http.Response{status(500, ""), ok}, want: 200, bearers: "token1 token1"},
	{name: "500 of a POST", method: "POST", script: []*http.Response{status(500, ""), ok}, want: 500, bearers: "token1"},
	{name: "501 of a GET", method: "GET", script: []*http.Response{status(501, ""), ok}, want: 501, bearers: "token1"},
	{name: "reset of a GET", method: "GET", script: []*http.Response{nil, ok}, want: 200, bearers: "token1 token1"},
	{name: "reset of a PUT", method: "PUT", script: []*http.Response{nil, ok}, bearers: "token1"},
	{name: "reset of a POST", method: "POST", script: []*http.Response{nil, ok}, bearers: "token1"},
	{name: "403", method: "GET", script: []*http.Response{status(403, "")}, want: 403, bearers: "token1"},
}

// TestTransportReplays checks after which responses Transport sends a request again, when
// and with which token. Without a Retry-After it waits for 1, 2 and 4 s, ±20 %.
func TestTransportReplays(t *testing.T) {
	for _, tt := range transportReplaysTests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &service{script: tt.script}
				client := newClient(t, ringcx.Config{HTTPClient: &http.Client{Transport: s}, MaxReplays: tt.max})
				req := request(t, tt.method, tt.stream)
				if tt.within > 0 {
					ctx, cancel := context.WithTimeout(t.Context(), tt.within)
					defer cancel()
					req = req.WithContext(ctx)
				}
				if tt.header != "" {
					req.Header[tt.header] = []string{}
				}
				before := req.Header.Clone()
				resp, err := client.Tokens.Transport(nil).RoundTrip(req)
				if got := code(resp); got != tt.want || (err != nil) != (tt.want == 0) {
					t.Errorf("status %d, error %v, want %d", got, err, tt.want)
				}
				if diff := cmp.Diff(tt.bearers, strings.Join(s.bearer, " ")); diff != "" {
					t.Errorf("tokens (-want +got):\n%s", diff)
				}
				checkWaits(t, tt.waits, s.at)
				checkBodies(t, tt.method, s.bodies)
				if diff := cmp.Diff(before, req.Header); diff != "" {
					t.Errorf("the caller's request changed (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// request returns a request to RingCX, for a POST with a body. If stream is true, that
// cannot be sent again.
func request(t *testing.T, method string, stream bool) *http.Request {
	t.Helper()
	var body io.Reader
	if method == http.MethodPost {
		body = strings.NewReader("payload")
	}
	if stream {
		body = io.NopCloser(body)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, ringcx.DefaultBaseURL+"/voice/x", body)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

// code returns the status of resp, 0 if resp is nil, and -1 if its body is not that of
// status.
func code(resp *http.Response) int {
	if resp == nil {
		return 0
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err != nil || string(body) != http.StatusText(resp.StatusCode) {
		return -1
	}
	return resp.StatusCode
}

// checkWaits checks that the tries were sent at about the seconds in want.
func checkWaits(t *testing.T, want []int, got []time.Duration) {
	t.Helper()
	for i, w := range want {
		d := time.Duration(w) * time.Second
		if i >= len(got) || got[i] < d*8/10 || got[i] > d*12/10 {
			t.Errorf("calls were sent at %v, want about %v s", got, want)
			return
		}
	}
}

// checkBodies checks that each try had the body of request.
func checkBodies(t *testing.T, method string, bodies []string) {
	t.Helper()
	want := ""
	if method == http.MethodPost {
		want = "payload"
	}
	for i, b := range bodies {
		if b != want {
			t.Errorf("body of try %d is %q, want %q", i+1, b, want)
		}
	}
}

// TestTransportSkipsOtherOrigins sends requests to other origins than the base URL.
// Transport must not add the token to them, nor request one.
func TestTransportSkipsOtherOrigins(t *testing.T) {
	for _, url := range []string{
		"https://other.example/voice/x", "http://engage.ringcentral.com/voice/x", "https://engage.ringcentral.com:444/x",
	} {
		s := &service{script: []*http.Response{ok}}
		client := newClient(t, ringcx.Config{HTTPClient: &http.Client{Transport: s}})
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Tokens.Transport(nil).RoundTrip(req); err != nil {
			t.Fatal(err)
		}
		if s.bearer[0] != "" || s.tokens != 0 {
			t.Errorf("%s received token %q after %d token requests, want none", url, s.bearer[0], s.tokens)
		}
	}
}

// must returns v and panics if err is not nil.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// TestUserAgent has a caller set the header, set it to no value, and not set it.
func TestUserAgent(t *testing.T) {
	for _, c := range []struct {
		name      string
		set, want []string
	}{
		{"set", []string{"mine/1"}, []string{"mine/1"}},
		{"empty", []string{}, []string{}},
		{"not set", nil, []string{"job/2 ringcx-go"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			source := newTokenSource(t, ringcx.Config{UserAgent: "job/2", RingCentral: staticLogin, HTTPClient: respondWith(func(r *http.Request) *http.Response {
				got = r.Header["User-Agent"]
				return status(200, "")
			})})
			req := must(http.NewRequestWithContext(t.Context(), http.MethodGet, "https://engage.ringcentral.com/voice/x", nil))
			if c.set != nil {
				req.Header["User-Agent"] = c.set
			}
			if _, err := source.Transport(nil).RoundTrip(req); err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(strings.Join(got, ","), strings.Join(c.want, ",")) || len(got) != len(c.want) {
				t.Errorf("User-Agent is %q, want %q", got, c.want)
			}
		})
	}
}

// TestBulkWork makes more calls than the limit of 120 a minute allows. A response with status 429
// has no Retry-After: with the default of MaxReplays the waits are too short, with 8 they are not.
func TestBulkWork(t *testing.T) {
	const calls = 300
	tests := []struct {
		name string
		max  int
		done bool
	}{
		{"default", 0, false},
		{"8, as documented", 8, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fake := ringcxtest.NewServer(t)
				fake.LimitRates(true)
				cfg := fake.Config()
				cfg.MaxReplays = tt.max
				client := newClient(t, cfg)
				var err error
				done := 0
				for ; done < calls && err == nil; done++ {
					_, err = client.AgentGroups.Create(t.Context(), "333333", gen.AgentGroup{GroupName: fmt.Sprint("Team ", done)})
				}
				if tt.done != (err == nil) || !tt.done && !errors.Is(err, ringcx.ErrRateLimited) {
					t.Errorf("after %d calls: %v, want all done: %t", done, err, tt.done)
				}
			})
		})
	}
}

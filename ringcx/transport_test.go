package ringcx_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// service answers token requests with numbered tokens and calls with script, and
// keeps what the calls carried.
type service struct {
	script []*http.Response // the last one is repeated
	bearer []string         // of the calls
	bodies []string
	at     []time.Duration // of the calls, from the first
	start  time.Time
	tokens int
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
	answer := s.script[min(len(s.at), len(s.script))-1]
	if answer == nil {
		return nil, errors.New("connection reset")
	}
	again := *answer
	again.Header = answer.Header.Clone()
	content, _ := io.ReadAll(answer.Body)
	answer.Body, again.Body = io.NopCloser(bytes.NewReader(content)), io.NopCloser(bytes.NewReader(content))
	return &again, nil
}

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
	max     int // MaxReplays
	within  time.Duration
	stream  bool // the body cannot be sent again
	want    int  // final status; 0: an error
	bearers string
	waits   []int // seconds at which the calls were sent, ±20 %
}{
	{name: "good", method: "GET", script: []*http.Response{ok}, want: 200, bearers: "token1"},
	{name: "401 once", method: "GET", script: []*http.Response{denied, ok}, want: 200, bearers: "token1 token2"},
	{name: "401 once, with a body", method: "POST", script: []*http.Response{denied, ok}, want: 200, bearers: "token1 token2"},
	{name: "401 once, with a body that is gone", method: "POST", stream: true, script: []*http.Response{denied}, want: 401, bearers: "token1"},
	{name: "401 twice", method: "GET", script: []*http.Response{denied, denied, ok}, want: 401, bearers: "token1 token2"},
	{name: "429", method: "GET", script: []*http.Response{status(429, ""), ok}, want: 200, bearers: "token1 token1", waits: []int{0, 1}},
	{name: "429 of a POST with Retry-After", method: "POST", script: []*http.Response{status(429, "7"), ok}, want: 200, bearers: "token1 token1", waits: []int{0, 7}},
	{name: "429 three times", method: "GET", script: []*http.Response{status(429, "")}, want: 429, bearers: "token1 token1 token1 token1", waits: []int{0, 1, 3, 7}},
	{name: "429 once allowed", method: "GET", max: 1, script: []*http.Response{status(429, "")}, want: 429, bearers: "token1 token1"},
	{name: "429 never allowed", method: "GET", max: -1, script: []*http.Response{status(429, "")}, want: 429, bearers: "token1"},
	{name: "429 for longer than a minute", method: "GET", script: []*http.Response{status(429, "61")}, want: 429, bearers: "token1"},
	{name: "429 for longer than the caller waits", method: "GET", within: 5 * time.Second, script: []*http.Response{status(429, "6"), ok}, want: 429, bearers: "token1"},
	{name: "429 and a body that is gone", method: "POST", stream: true, script: []*http.Response{status(429, "1"), ok}, want: 429, bearers: "token1"},
	{name: "429 outlasts the token", method: "GET", script: []*http.Response{status(429, "60"), status(429, "60"), status(429, "60"), ok}, want: 200, bearers: "token1 token1 token1 token1", waits: []int{0, 60, 120, 180}},
	{name: "503 of a GET", method: "GET", script: []*http.Response{status(503, ""), ok}, want: 200, bearers: "token1 token1", waits: []int{0, 1}},
	{name: "503 of a POST", method: "POST", script: []*http.Response{status(503, ""), ok}, want: 503, bearers: "token1"},
	{name: "503 of a POST with Retry-After", method: "POST", script: []*http.Response{status(503, "2"), ok}, want: 200, bearers: "token1 token1", waits: []int{0, 2}},
	{name: "500 of a GET", method: "GET", script: []*http.Response{status(500, ""), ok}, want: 200, bearers: "token1 token1"},
	{name: "500 of a POST", method: "POST", script: []*http.Response{status(500, ""), ok}, want: 500, bearers: "token1"},
	{name: "501 of a GET", method: "GET", script: []*http.Response{status(501, ""), ok}, want: 501, bearers: "token1"},
	{name: "reset of a GET", method: "GET", script: []*http.Response{nil, ok}, want: 200, bearers: "token1 token1"},
	{name: "reset of a POST", method: "POST", script: []*http.Response{nil, ok}, bearers: "token1"},
	{name: "403", method: "GET", script: []*http.Response{status(403, "")}, want: 403, bearers: "token1"},
}

// TestTransportReplays shows which answers are worth another try, when it
// comes and with which token. Without a Retry-After the waits are 1, 2 and 4 s,
// give or take a fifth.
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

func code(resp *http.Response) int {
	if resp == nil {
		return 0
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err != nil || string(body) != http.StatusText(resp.StatusCode) {
		return -1 // the answer of the last try is whole
	}
	return resp.StatusCode
}

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

// TestTransportLeavesOthersAlone sends to hosts and paths that must not see the
// token. Nothing is bought for them either.
func TestTransportLeavesOthersAlone(t *testing.T) {
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
			t.Errorf("%s saw %q, and %d tokens were bought", url, s.bearer[0], s.tokens)
		}
	}
}

// TestBrake refuses every token: 401s must not buy one each.
func TestBrake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &service{script: []*http.Response{denied}}
		client := newClient(t, ringcx.Config{HTTPClient: &http.Client{Transport: s}})
		for range 600 { // ten minutes, a call each second
			resp, err := client.Tokens.Transport(nil).RoundTrip(request(t, http.MethodGet, false))
			if err == nil {
				resp.Body.Close()
			}
			time.Sleep(time.Second)
		}
		if s.tokens > 17 { // 1, 2, 4 … 32, then every minute, and the one that ran out
			t.Errorf("%d tokens were bought in ten minutes of 401s", s.tokens)
		}
		s.script = []*http.Response{ok}
		time.Sleep(3 * time.Minute)
		call := func() int {
			return code(must(client.Tokens.Transport(nil).RoundTrip(request(t, http.MethodGet, false))))
		}
		if got := call(); got != 200 {
			t.Errorf("status %d after the refusals ended, want 200", got)
		}
		s.script = []*http.Response{denied, denied, ok}
		s.at = nil
		call() // pulls the brake again, for a second: a call has succeeded in between
		time.Sleep(1100 * time.Millisecond)
		s.script = []*http.Response{denied, ok}
		s.at = nil
		if got := call(); got != 200 {
			t.Errorf("status %d a second after one refusal, want 200", got)
		}
	})
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

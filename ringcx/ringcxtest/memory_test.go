package ringcxtest

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/gen"
)

func usersRequest(t *testing.T, ctx context.Context, client testClient) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, "GET", client.ringCX+"/voice/api/v1/admin/users", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+client.signIn(t).access)
	return req
}

// TestLargeResponseIsStreamed counts the users that are generated before the client reads
// the first one.
func TestLargeResponseIsStreamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewServer(t)
		client := inMemory(s)
		req := usersRequest(t, t.Context(), client)
		generated := 0
		all := generateUsers(20_000)
		s.resources().SetAll(usersPath, func(yield func(json.RawMessage) bool) {
			all(func(u json.RawMessage) bool { generated += groupSize; return yield(u) })
		}, false)
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if resp.ContentLength != -1 {
			t.Errorf("ContentLength is %d, want -1", resp.ContentLength)
		}
		synctest.Wait()
		if generated > 1000 {
			t.Errorf("%d users were generated before the first was read, want at most 1000", generated)
		}
		dec := json.NewDecoder(resp.Body)
		_, _ = dec.Token()
		n := 0
		for dec.More() {
			var u gen.User
			if err := dec.Decode(&u); err != nil {
				t.Fatal(err)
			}
			n += 1 + len(u.Children)
		}
		if n != 20_000 || generated != n {
			t.Errorf("%d users read and %d generated, want 20000", n, generated)
		}
	})
}

// TestNoGoroutineLeaks relies on synctest.Test, which fails if a goroutine does not end.
func TestNoGoroutineLeaks(t *testing.T) {
	tests := map[string]func(t *testing.T, client testClient, req *http.Request){
		"early close": func(t *testing.T, client testClient, req *http.Request) {
			resp, err := client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.ReadFull(resp.Body, make([]byte, 10))
			resp.Body.Close()
			if _, err := resp.Body.Read(make([]byte, 1)); err == nil {
				t.Error("read of a closed body succeeded, want an error")
			}
		},
		"context canceled while the body is read": func(t *testing.T, client testClient, req *http.Request) {
			ctx, cancel := context.WithCancel(req.Context())
			resp, err := client.Do(req.WithContext(ctx))
			if err != nil {
				t.Fatal(err)
			}
			cancel()
			if _, err := io.ReadAll(resp.Body); !errors.Is(err, context.Canceled) {
				t.Errorf("read: %v, want %v", err, context.Canceled)
			}
		},
		"context canceled before the request": func(t *testing.T, client testClient, req *http.Request) {
			ctx, cancel := context.WithCancel(req.Context())
			cancel()
			if _, err := client.Do(req.WithContext(ctx)); !errors.Is(err, context.Canceled) {
				t.Errorf("%v, want %v", err, context.Canceled)
			}
		},
		"body left open until Close": func(t *testing.T, client testClient, req *http.Request) {
			if _, err := client.Do(req); err != nil {
				t.Fatal(err)
			}
		},
	}
	for name, use := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := NewServer(t)
				client := inMemory(s)
				req := usersRequest(t, t.Context(), client)
				s.GenerateUsers(20_000)
				use(t, client, req)
			})
		})
	}
}

func TestSlowInSynctestBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewServer(t)
		client := inMemory(s)
		issued := client.signIn(t)
		s.Fault(Refresh, Slow(time.Hour), 2)
		begin := time.Now()
		second := client.refresh(issued.refresh)
		if got := time.Since(begin); got != time.Hour || second.status != 200 {
			t.Errorf("after %v: %+v", got, second)
		}
		client.Timeout = time.Minute
		begin = time.Now()
		if resp := client.refresh(second.field("refreshToken")); !errors.Is(resp.err, context.DeadlineExceeded) {
			t.Errorf("with a timeout: %+v", resp)
		}
		if got := time.Since(begin); got != time.Minute {
			t.Errorf("the timeout came after %v, want 1m", got)
		}
		if resp := client.refresh(second.field("refreshToken")); resp.status != 401 {
			t.Errorf("refresh with the same token: %+v, want status 401: the slow refresh used the token", resp)
		}
	})
}

// trackedBody counts how often it is closed.
type trackedBody struct {
	io.Reader
	closed int
}

func (b *trackedBody) Close() error { b.closed++; return nil }

func TestRoundTrip(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewServer(t)
		client := inMemory(s)
		body := &trackedBody{Reader: strings.NewReader("refresh_token=x")}
		req, _ := http.NewRequest("POST", client.ringCX+"/api/auth/token/refresh", body)
		req.Header.Set("Content-Type", formType)
		resp, err := s.Client().Transport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		data, _ := io.ReadAll(resp.Body)
		if body.closed != 1 {
			t.Errorf("the request body was closed %d times, want once", body.closed)
		}
		if resp.Request != req || int(resp.ContentLength) != len(data) || resp.Header.Get("Date") == "" {
			t.Errorf("response: %+v", resp)
		}
		if len(req.Header) != 1 {
			t.Errorf("the request header was changed: %v", req.Header)
		}
	})
}

// TestHead sends HEAD to operations with GET, to one with POST, and to a path of Handle.
func TestHead(t *testing.T) {
	tests := []struct {
		path   string
		status int
		calls  int
		bad    []string
	}{
		{"/voice/api/v1/admin/users?flatten=true", 200, 1, nil},
		{"/voice/api/v1/admin/accounts", 200, 1, nil},
		{"/voice/api/v1/admin/x", 200, 1, nil},
		{"/voice/api/v1/admin/users?x=1", 200, 1, []string{"listUsers: request: query x: not declared"}},
		{"/api/auth/token/refresh", 404, 0, []string{
			"HEAD /api/auth/token/refresh: openapi.yaml has no such operation: add it to the fake with Server.Handle",
		}},
	}
	for _, connect := range []func(*Server) testClient{inMemory, func(s *Server) testClient { return overLoopback(t, s) }} {
		for _, tt := range tests {
			tb := &recordingTB{TB: t}
			s := NewServer(tb)
			s.Handle("GET /voice/api/v1/admin/x", http.NotFoundHandler())
			s.Handle("HEAD /voice/api/v1/admin/x", http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			client := connect(s)
			issued := client.signIn(t)
			resp := client.send("HEAD", client.ringCX+tt.path, nil, "Authorization", "Bearer "+issued.access)
			if resp.err != nil || resp.status != tt.status || resp.body != "" {
				t.Errorf("HEAD %s: %+v, want %d without a body", tt.path, resp, tt.status)
			}
			if diff := cmp.Diff(tt.bad, reportedViolations(tb)); diff != "" {
				t.Errorf("HEAD %s: violations (-want +got):\n%s", tt.path, diff)
			}
			log := s.Log()
			if got := s.Counts().Calls; got != tt.calls || log[len(log)-1].Size != 0 {
				t.Errorf("HEAD %s: %d calls, want %d; log: %+v", tt.path, got, tt.calls, log[len(log)-1])
			}
			tb.end()
		}
	}
}

func TestWrongHost(t *testing.T) {
	s := NewServer(t)
	client := inMemory(s)
	issued := client.signIn(t)
	elsewhere := "https://elsewhere.test"
	sent := []response{
		client.send("GET", elsewhere+"/", nil),
		client.send("GET", elsewhere+"/", nil, "Authorization", "Bearer "+issued.access),
		client.send("POST", elsewhere+"/", map[string][]string{"refresh_token": {issued.refresh}}),
		client.send("POST", elsewhere+"/", map[string][]string{"any": {issued.ringCentral}}),
		client.send("GET", elsewhere+"/?t="+issued.refresh, nil),
	}
	for _, resp := range sent {
		if resp.status != 404 || resp.body != "ringcxtest has no such host: elsewhere.test" {
			t.Errorf("request to another host: %+v", resp)
		}
	}
	if got := s.Counts().WrongHostBearers; got != 4 {
		t.Errorf("WrongHostBearers is %d, want 4", got)
	}
	s.Fault(Refresh, Redirect(307, elsewhere+"/x"), 1)
	client.refresh(issued.refresh) // net/http sends the form again
	if got := s.Counts().WrongHostBearers; got != 5 {
		t.Errorf("WrongHostBearers is %d after a redirect, want 5", got)
	}
}

func TestInvalidURLFailsAsInNetHTTP(t *testing.T) {
	for address, want := range map[string]string{
		"/voice/api/v1/admin/users": `unsupported protocol scheme ""`,
		"ftp://" + ringCXHost + "/": `unsupported protocol scheme "ftp"`,
		"https:/x":                  "no Host in request URL",
	} {
		real := testClient{Client: http.DefaultClient}
		for name, client := range map[string]testClient{"memory": inMemory(New()), "net/http": real} {
			if resp := client.send("GET", address, nil); resp.err == nil || !strings.Contains(resp.err.Error(), want) {
				t.Errorf("%s: GET %s: %+v, want %s", name, address, resp, want)
			}
		}
	}
}

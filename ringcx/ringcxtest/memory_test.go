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

	"github.com/ringcx-go/ringcx-go/gen"
)

func usersRequest(t *testing.T, ctx context.Context, w wire) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, "GET", w.ringCX+"/voice/api/v1/admin/users", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+w.signIn(t).access)
	return req
}

// TestLargeAnswerIsMadeWhileItIsRead counts how many users were made when the
// first one is read.
func TestLargeAnswerIsMadeWhileItIsRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewServer(t)
		w := inMemory(s)
		req := usersRequest(t, t.Context(), w)
		made := 0
		s.GenerateUsers(20_000)
		all := s.users
		s.setUsers(func(yield func(json.RawMessage) bool) {
			all(func(u json.RawMessage) bool { made += branch; return yield(u) })
		})
		resp, err := w.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if resp.ContentLength != -1 {
			t.Errorf("ContentLength is %d, want -1", resp.ContentLength)
		}
		synctest.Wait()
		if made > 1000 {
			t.Errorf("%d users were made before one was read", made)
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
		if n != 20_000 || made != n {
			t.Errorf("%d users read, %d made, want 20000", n, made)
		}
	})
}

// TestNoGoroutineStays relies on synctest, which fails where one does.
func TestNoGoroutineStays(t *testing.T) {
	tests := map[string]func(t *testing.T, w wire, req *http.Request){
		"early close": func(t *testing.T, w wire, req *http.Request) {
			resp, err := w.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.ReadFull(resp.Body, make([]byte, 10))
			resp.Body.Close()
			if _, err := resp.Body.Read(make([]byte, 1)); err == nil {
				t.Error("a closed body can be read")
			}
		},
		"context ends while the body is read": func(t *testing.T, w wire, req *http.Request) {
			ctx, cancel := context.WithCancel(req.Context())
			resp, err := w.Do(req.WithContext(ctx))
			if err != nil {
				t.Fatal(err)
			}
			cancel()
			if _, err := io.ReadAll(resp.Body); !errors.Is(err, context.Canceled) {
				t.Errorf("read: %v, want %v", err, context.Canceled)
			}
		},
		"context has ended before": func(t *testing.T, w wire, req *http.Request) {
			ctx, cancel := context.WithCancel(req.Context())
			cancel()
			if _, err := w.Do(req.WithContext(ctx)); !errors.Is(err, context.Canceled) {
				t.Errorf("%v, want %v", err, context.Canceled)
			}
		},
		"body left open until Close": func(t *testing.T, w wire, req *http.Request) {
			if _, err := w.Do(req); err != nil {
				t.Fatal(err)
			}
		},
	}
	for name, use := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := NewServer(t)
				w := inMemory(s)
				req := usersRequest(t, t.Context(), w)
				s.GenerateUsers(20_000)
				use(t, w, req)
			})
		})
	}
}

func TestSlowInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewServer(t)
		w := inMemory(s)
		have := w.signIn(t)
		s.Fault(Refresh, Slow(time.Hour), 2)
		begin := time.Now()
		second := w.refresh(have.refresh)
		if got := time.Since(begin); got != time.Hour || second.status != 200 {
			t.Errorf("after %v: %+v", got, second)
		}
		w.Timeout = time.Minute
		begin = time.Now()
		if a := w.refresh(second.field("refreshToken")); !errors.Is(a.err, context.DeadlineExceeded) {
			t.Errorf("with a time-out: %+v", a)
		}
		if got := time.Since(begin); got != time.Minute {
			t.Errorf("the time-out came after %v", got)
		}
		if a := w.refresh(second.field("refreshToken")); a.status != 401 {
			t.Errorf("the slow refresh was not processed: %+v", a)
		}
	})
}

// trackedBody knows whether it was closed.
type trackedBody struct {
	io.Reader
	closed int
}

func (b *trackedBody) Close() error { b.closed++; return nil }

func TestRoundTrip(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewServer(t)
		w := inMemory(s)
		body := &trackedBody{Reader: strings.NewReader("refresh_token=x")}
		req, _ := http.NewRequest("POST", w.ringCX+"/api/auth/token/refresh", body)
		req.Header.Set("Content-Type", formType)
		resp, err := s.Client().Transport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		data, _ := io.ReadAll(resp.Body)
		if body.closed != 1 {
			t.Errorf("the request's body was closed %d times, want once", body.closed)
		}
		if resp.Request != req || int(resp.ContentLength) != len(data) || resp.Header.Get("Date") == "" {
			t.Errorf("response: %+v", resp)
		}
		if len(req.Header) != 1 {
			t.Errorf("the request was changed: %v", req.Header)
		}
	})
}

func TestHead(t *testing.T) {
	w := inMemory(New())
	resp, err := w.Head(w.ringCX + "/voice/api/v1/admin/users")
	if err != nil {
		t.Fatal(err)
	}
	if data, _ := io.ReadAll(resp.Body); resp.StatusCode != 404 || len(data) > 0 {
		t.Errorf("HEAD, which openapi.yaml does not have: %d %q", resp.StatusCode, data)
	}
}

func TestWrongHost(t *testing.T) {
	s := NewServer(t)
	w := inMemory(s)
	have := w.signIn(t)
	elsewhere := "https://elsewhere.test"
	sent := []answer{
		w.send("GET", elsewhere+"/", nil),
		w.send("GET", elsewhere+"/", nil, "Authorization", "Bearer "+have.access),
		w.send("POST", elsewhere+"/", map[string][]string{"refresh_token": {have.refresh}}),
		w.send("POST", elsewhere+"/", map[string][]string{"any": {have.ringCentral}}),
		w.send("GET", elsewhere+"/?t="+have.refresh, nil),
	}
	for _, a := range sent {
		if a.status != 404 || a.body != "ringcxtest has no such host: elsewhere.test" {
			t.Errorf("another host: %+v", a)
		}
	}
	if got := s.Counts().WrongHostBearers; got != 4 {
		t.Errorf("WrongHostBearers is %d, want 4", got)
	}
	s.Fault(Refresh, Redirect(307, elsewhere+"/x"), 1)
	w.refresh(have.refresh) // net/http sends the form again
	if got := s.Counts().WrongHostBearers; got != 5 {
		t.Errorf("WrongHostBearers is %d after a redirect, want 5", got)
	}
}

func TestAddressThatNetHTTPRefuses(t *testing.T) {
	for address, want := range map[string]string{
		"/voice/api/v1/admin/users": `unsupported protocol scheme ""`,
		"ftp://" + ringCXHost + "/": `unsupported protocol scheme "ftp"`,
		"https:/x":                  "no Host in request URL",
	} {
		real := wire{Client: http.DefaultClient}
		for name, w := range map[string]wire{"memory": inMemory(New()), "net/http": real} {
			if a := w.send("GET", address, nil); a.err == nil || !strings.Contains(a.err.Error(), want) {
				t.Errorf("%s: GET %s: %+v, want %s", name, address, a, want)
			}
		}
	}
}

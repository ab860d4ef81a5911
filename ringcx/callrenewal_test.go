package ringcx_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// accepts is the handler of an endpoint that returns 200 to a valid token.
var accepts = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})

// stream sends a POST whose body cannot be sent again.
func stream(t *testing.T, client *ringcx.Client, path string) error {
	t.Helper()
	body := struct{ io.Reader }{strings.NewReader("payload")}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://ringcx.test"+path, body)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err == nil {
		resp.Body.Close()
	}
	return err
}

// failedRenewalTest is a call that needs a renewal which fails.
type failedRenewalTest struct {
	name   string
	stage  ringcxtest.Endpoint
	fault  ringcxtest.Fault
	times  int           // how many requests fail; 0: one
	max    int           // MaxReplays
	within time.Duration // timeout of the context; 0: none
	ok     bool          // the call succeeds
	waits  time.Duration // how long the call takes, ±20 %
}

var failedRenewalTests = []failedRenewalTest{
	{name: "unreachable sign-in", stage: ringcxtest.Login, fault: ringcxtest.Unreachable, ok: true, waits: time.Second},
	{name: "sign-in without a response", stage: ringcxtest.Login, fault: ringcxtest.DropAnswer, ok: true, waits: time.Second},
	{name: "sign-in 502", stage: ringcxtest.Login, fault: ringcxtest.Status(502, "down"), ok: true, waits: time.Second},
	{name: "sign-in 429", stage: ringcxtest.Login, fault: ringcxtest.RateLimit(30 * time.Second), ok: true, waits: 30 * time.Second},
	{name: "exchange without a response", stage: ringcxtest.Exchange, fault: ringcxtest.DropAnswer, ok: true, waits: time.Second},
	{name: "exchange 503", stage: ringcxtest.Exchange, fault: ringcxtest.Status(503, "down"), ok: true, waits: time.Second},
	{name: "exchange 502 three times", stage: ringcxtest.Exchange, fault: ringcxtest.Status(502, "down"), times: 3, ok: true, waits: 7 * time.Second},
	{name: "exchange unreachable three times", stage: ringcxtest.Exchange, fault: ringcxtest.Unreachable, times: 3, ok: true, waits: 5 * time.Second},
	{name: "unreachable too often", stage: ringcxtest.Exchange, fault: ringcxtest.Unreachable, times: 4, waits: 5 * time.Second},
	{name: "unreachable more often than once", stage: ringcxtest.Exchange, fault: ringcxtest.Unreachable, max: 1, times: 2, waits: time.Second},
	{name: "no replays", stage: ringcxtest.Exchange, fault: ringcxtest.Unreachable, max: -1},
	{name: "429 for longer than a minute", stage: ringcxtest.Exchange, fault: ringcxtest.RateLimit(61 * time.Second)},
	{name: "429 for longer than the context", stage: ringcxtest.Exchange, fault: ringcxtest.RateLimit(30 * time.Second), within: 20 * time.Second},
	{name: "429 within the context", stage: ringcxtest.Exchange, fault: ringcxtest.RateLimit(30 * time.Second), within: 40 * time.Second, ok: true, waits: 30 * time.Second},
	{name: "rejected sign-in", stage: ringcxtest.Login, fault: ringcxtest.Refuse},
	{name: "rejected exchange", stage: ringcxtest.Exchange, fault: ringcxtest.Refuse},
	{name: "exchange 501", stage: ringcxtest.Exchange, fault: ringcxtest.Status(501, "no")},
}

// TestCallAfterAFailedRenewal checks after which failed renewals a call waits for another
// one, and how long. A POST whose body cannot be sent again waits, too, because the
// renewal comes before the request.
func TestCallAfterAFailedRenewal(t *testing.T) {
	for _, tt := range failedRenewalTests {
		for _, method := range []string{"GET", "POST"} {
			t.Run(tt.name+" "+method, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					fake := ringcxtest.NewServer(t)
					fake.Handle("POST /voice/upload", accepts)
					fake.Fault(tt.stage, tt.fault, max(tt.times, 1))
					cfg := fake.Config()
					cfg.MaxReplays = tt.max
					client, start := newClient(t, cfg), time.Now()
					err := tt.call(t, client, method)
					if (err == nil) != tt.ok {
						t.Errorf("error is %v, want success %v", err, tt.ok)
					}
					if took := time.Since(start); took < tt.waits*8/10 || took > tt.waits*12/10 {
						t.Errorf("the call took %v, want about %v", took, tt.waits)
					}
				})
			})
		}
	}
}

// call makes the call within the timeout of tt.
func (tt failedRenewalTest) call(t *testing.T, client *ringcx.Client, method string) error {
	if method == "POST" && tt.within == 0 {
		return stream(t, client, "/voice/upload")
	}
	ctx := t.Context()
	if tt.within > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, tt.within)
		defer cancel()
	}
	_, err := ringcx.Get(client.ListAccountsWithResponse(ctx))
	return err
}

// sourceThatFailsOnce is a RingCentral source whose first call returns err.
type sourceThatFailsOnce struct{ err error }

func (s *sourceThatFailsOnce) Token() (*oauth2.Token, error) {
	if err := s.err; err != nil {
		s.err = nil
		return nil, err
	}
	return staticLogin.Token()
}

// TestCallAfterAFailedSource checks after which errors of a RingCentral source a call
// waits for another renewal.
func TestCallAfterAFailedSource(t *testing.T) {
	dialError := &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	for _, c := range []struct {
		err error
		ok  bool
	}{
		{&url.Error{Op: "Post", URL: "https://rc.example/token", Err: dialError}, true},
		{context.DeadlineExceeded, true},
		{&oauth2.RetrieveError{Response: &http.Response{StatusCode: 502}}, true},
		{&oauth2.RetrieveError{Response: &http.Response{StatusCode: 400}}, false},
		{&url.Error{Op: "Post", Err: &net.DNSError{Err: "no such host", IsNotFound: true}}, false},
		{errors.New("the vault is sealed"), false},
	} {
		synctest.Test(t, func(t *testing.T) {
			cfg := ringcx.Config{RingCentral: &sourceThatFailsOnce{c.err}, HTTPClient: respondWith(func(*http.Request) *http.Response { return response(200, "application/json", "[]") })}
			if _, err := ringcx.Get(newClient(t, cfg).ListAccountsWithResponse(t.Context())); (err == nil) != c.ok {
				t.Errorf("after %v of the source: error is %v, want success %v", c.err, err, c.ok)
			}
		})
	}
}

// TestTokenAfterAFailedRenewal checks that Token, unlike a call, returns the error of a
// failed renewal at once.
func TestTokenAfterAFailedRenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		fake.Fault(ringcxtest.Login, ringcxtest.Unreachable, 1)
		start := time.Now()
		if _, err := newTokenSource(t, fake.Config()).Token(); err == nil || time.Since(start) > 0 {
			t.Errorf("error is %v after %v, want one at once", err, time.Since(start))
		}
	})
}

// TestRememberedFailureIsNotAReplay begins a call after a renewal has failed. That
// failure does not count as a replay: with MaxReplays 1 the call still succeeds after
// one more failed renewal.
func TestRememberedFailureIsNotAReplay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		cfg := fake.Config()
		cfg.MaxReplays = 1
		client := newClient(t, cfg)
		fake.Fault(ringcxtest.Login, ringcxtest.Unreachable, 2)
		if _, err := client.Tokens.Token(); err == nil {
			t.Fatal("Token returns no error")
		}
		if _, err := ringcx.Get(client.ListAccountsWithResponse(t.Context())); err != nil {
			t.Error(err)
		}
	})
}

// TestRememberedFailureWithoutReplays begins such a call with MaxReplays -1. It returns
// the failure at once.
func TestRememberedFailureWithoutReplays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		cfg := fake.Config()
		cfg.MaxReplays = -1
		client, start := newClient(t, cfg), time.Now()
		fake.Fault(ringcxtest.Login, ringcxtest.Unreachable, 1)
		_, _ = client.Tokens.Token()
		_, err := ringcx.Get(client.ListAccountsWithResponse(t.Context()))
		if err == nil || time.Since(start) > 0 {
			t.Errorf("error is %v after %v, want one at once", err, time.Since(start))
		}
	})
}

// TestReplaysOfManyCalls has many calls wait for the same renewals, which all fail.
func TestReplaysOfManyCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		fake.Fault(ringcxtest.Login, ringcxtest.Unreachable, 1<<20)
		client := newClient(t, fake.Config())
		start := time.Now()
		errs := make(chan error)
		for range 100 {
			go func() {
				_, err := ringcx.Get(client.ListAccountsWithResponse(t.Context()))
				errs <- err
			}()
		}
		for range 100 {
			if err := <-errs; err == nil {
				t.Error("a call returns no error")
			}
		}
		if took := time.Since(start); took > 7200*time.Millisecond {
			t.Errorf("the calls failed after %v, want at most 7.2s: 1 s and three times 2 s, ±20 %%", took)
		}
		fake.ClearFaults()
	})
}

// TestCallWaitsForTheStore makes the first call of a process while the Store fails for
// 500 ms.
func TestCallWaitsForTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, _ := fleet(t)
		cfg := fake.Config()
		cfg.Store = store
		client := newClient(t, cfg)
		store.breaks("both")
		time.AfterFunc(500*time.Millisecond, func() { store.breaks("") })
		if _, err := ringcx.Get(client.ListAccountsWithResponse(t.Context())); err != nil {
			t.Error(err)
		}
	})
}

// TestCallWaitsForRetryAfterWithAStore has RingCX return 429 with a Retry-After of 40 s to
// an exchange. Until then the process only reads the Store, which does not count as a
// replay.
func TestCallWaitsForRetryAfterWithAStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, _ := fleet(t)
		cfg := fake.Config()
		cfg.Store = store
		cfg.MaxReplays = 1
		client, start := newClient(t, cfg), time.Now()
		fake.Fault(ringcxtest.Exchange, ringcxtest.RateLimit(40*time.Second), 1)
		if _, err := ringcx.Get(client.ListAccountsWithResponse(t.Context())); err != nil {
			t.Error(err)
		}
		if took := time.Since(start); took < 40*time.Second || took > 41*time.Second {
			t.Errorf("the call took %v, want 40s to 41s", took)
		}
	})
}

// TestCloseEndsTheWait closes the source while a call waits for a renewal.
func TestCloseEndsTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		fake.Fault(ringcxtest.Exchange, ringcxtest.RateLimit(40*time.Second), 1)
		client, start := newClient(t, fake.Config()), time.Now()
		time.AfterFunc(5*time.Second, func() { client.Tokens.Close() })
		_, err := ringcx.Get(client.ListAccountsWithResponse(t.Context()))
		if !errors.Is(err, ringcx.ErrClosed) || time.Since(start) != 5*time.Second {
			t.Errorf("error is %v after %v, want %v after 5s", err, time.Since(start), ringcx.ErrClosed)
		}
	})
}

// TestCancelEndsTheWait cancels a call that waits for a renewal.
func TestCancelEndsTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		fake.Fault(ringcxtest.Exchange, ringcxtest.RateLimit(40*time.Second), 1)
		client, start := newClient(t, fake.Config()), time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(5*time.Second, cancel)
		_, err := ringcx.Get(client.ListAccountsWithResponse(ctx))
		if !errors.Is(err, context.Canceled) || time.Since(start) != 5*time.Second {
			t.Errorf("error is %v after %v, want %v after 5s", err, time.Since(start), context.Canceled)
		}
	})
}

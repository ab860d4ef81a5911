package ringcx_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// withExpiredRecord returns the configuration of a process that finds a record with an
// expired token. It requests the time, to which respond responds. withExpiredRecord must
// be called in a synctest bubble.
func withExpiredRecord(t *testing.T, respond func(*http.Request) (*http.Response, error)) (cfg ringcx.Config, store *spyStore, expired string) {
	t.Helper()
	fake, store, process := fleet(t)
	expired = must(process().Token()).AccessToken
	synctest.Wait()
	time.Sleep(20 * time.Minute)
	cfg = fake.Config()
	cfg.Store = store
	base := cfg.HTTPClient.Transport
	cfg.HTTPClient = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodHead {
			return respond(r)
		}
		return base.RoundTrip(r)
	})}
	return cfg, store, expired
}

// onAnotherMachine returns a source whose clock is not that of any other process.
func onAnotherMachine(t *testing.T, cfg ringcx.Config) *ringcx.TokenSource {
	ts := newTokenSource(t, cfg)
	ringcx.SetClock(ts, time.Now, func() float64 { return 0.5 })
	return ts
}

// emptyResponse returns a response without a body. header has keys and values.
func emptyResponse(status int, header ...string) *http.Response {
	h := http.Header{}
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(""))}
}

// TestTimeRequest checks the request for the time. Its response is a redirect to another
// host, which the client does not follow.
func TestTimeRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		requests := 0
		cfg, _, _ := withExpiredRecord(t, func(r *http.Request) (*http.Response, error) {
			requests++
			if r.URL.Path != "/" || r.URL.RawQuery != "" || r.Body != nil || !strings.Contains(r.UserAgent(), "ringcx-go") {
				t.Errorf("the request is %+v, want path / with a User-Agent and no query or body", r)
			}
			for name, values := range r.Header {
				if name != "User-Agent" && name != "Cache-Control" {
					t.Errorf("the request has the header %s: %s", name, values)
				}
			}
			return emptyResponse(302, "Location", "https://elsewhere.test/"), nil
		})
		must(onAnotherMachine(t, cfg).Token())
		if requests != 1 {
			t.Errorf("%d requests for the time, want 1", requests)
		}
	})
}

// TestCachedTime has a cache respond to the request for the time with a Date of 20 minutes
// ago, when the token of the record was requested. Its Age shows that the Date is old.
func TestCachedTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, _, expired := withExpiredRecord(t, func(*http.Request) (*http.Response, error) {
			date := time.Now().Add(-20 * time.Minute).UTC().Format(http.TimeFormat)
			return emptyResponse(200, "Date", date, "Age", "1200"), nil
		})
		if must(onAnotherMachine(t, cfg).Token()).AccessToken == expired {
			t.Error("Token returns the expired token")
		}
	})
}

// TestTimeIsRequestedOnce has RingCX respond without a Date, while each try to write the
// record meets a conflict. A renewal requests the time once.
func TestTimeIsRequestedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		requests := 0
		cfg, store, _ := withExpiredRecord(t, func(*http.Request) (*http.Response, error) {
			requests++
			return emptyResponse(200), nil
		})
		cfg.Store = takenStore{store}
		if _, err := onAnotherMachine(t, cfg).Token(); err == nil || requests != 1 {
			t.Errorf("error is %v after %d requests for the time, want an error after 1", err, requests)
		}
	})
}

// TestCloseDuringTimeRequest closes a source before RingCX has responded to the request
// for the time.
func TestCloseDuringTimeRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, store, _ := withExpiredRecord(t, func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		ts := onAnotherMachine(t, cfg)
		failed := make(chan error)
		go func() {
			_, err := ts.Token()
			failed <- err
		}()
		time.Sleep(time.Second)
		synctest.Wait()
		before := store.calls
		go ts.Close()
		err := <-failed
		if synctest.Wait(); !errors.Is(err, ringcx.ErrClosed) || store.calls > before {
			t.Errorf("error is %v after %d calls of the Store, want %v after none", err, store.calls-before, ringcx.ErrClosed)
		}
	})
}

// TestOldLeaseOfAKilledProcess has a process on another machine find the lease of a process
// that was killed 20 minutes ago. It gets a token within 5 s, without waiting for the TTL
// of the lease.
func TestOldLeaseOfAKilledProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		must(process().Token())
		synctest.Wait()
		lease := fmt.Sprintf(`"lease":{"id":"other-1","owner":"other","stage":"refresh","ttl":30000,"taken":{"at":%d}}`, time.Now().UnixMilli())
		store.replace(t, func(data string) string { return strings.Replace(data, `"lease":null`, lease, 1) })
		time.Sleep(20 * time.Minute)
		cfg := fake.Config()
		cfg.Store = store
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if _, err := onAnotherMachine(t, cfg).TokenContext(ctx); err != nil {
			t.Error(err)
		}
	})
}

// TestNoNeedlessTimeRequest starts three processes on different machines: the first one,
// one that waits for its renewal, and one that finds a valid token. None of them needs
// to request the time.
func TestNoNeedlessTimeRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, _ := fleet(t)
		fake.Fault(ringcxtest.Exchange, ringcxtest.Slow(5*time.Second), 1)
		cfg := fake.Config()
		cfg.Store = store
		go onAnotherMachine(t, cfg).Token()
		time.Sleep(time.Second)
		must(onAnotherMachine(t, cfg).Token())
		time.Sleep(time.Minute)
		must(onAnotherMachine(t, cfg).Token())
		spent{1, 1, 0}.check(t, fake)
		if n := timeRequests(fake); n > 0 {
			t.Errorf("%d requests for the time, want none", n)
		}
	})
}

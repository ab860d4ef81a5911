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

// questions lets a new process find a record whose token, which it returns, is dead,
// and answers it what time it is. It waits in the bubble of its caller.
func questions(t *testing.T, answer func(*http.Request) (*http.Response, error)) (cfg ringcx.Config, store *spyStore, dead string) {
	t.Helper()
	fake, store, process := fleet(t)
	dead = must(process().Token()).AccessToken
	synctest.Wait()
	time.Sleep(20 * time.Minute)
	cfg = fake.Config()
	cfg.Store = store
	base := cfg.HTTPClient.Transport
	cfg.HTTPClient = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodHead {
			return answer(r)
		}
		return base.RoundTrip(r)
	})}
	return cfg, store, dead
}

// asAnotherHost makes a source that shares its clock with nobody.
func asAnotherHost(t *testing.T, cfg ringcx.Config) *ringcx.TokenSource {
	ts := newTokenSource(t, cfg)
	ringcx.SetClock(ts, time.Now, func() float64 { return 0.5 })
	return ts
}

func emptyAnswer(status int, header ...string) *http.Response {
	h := http.Header{}
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(""))}
}

// TestQuestion has RingCX answer with a redirect to somewhere else.
func TestQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		cfg, _, _ := questions(t, func(r *http.Request) (*http.Response, error) {
			asked++
			if r.URL.Path != "/" || r.URL.RawQuery != "" || r.Body != nil || !strings.Contains(r.UserAgent(), "ringcx-go") {
				t.Errorf("it asks with %+v", r)
			}
			for name, values := range r.Header {
				if name != "User-Agent" && name != "Cache-Control" {
					t.Errorf("it says %s: %s", name, values)
				}
			}
			return emptyAnswer(302, "Location", "https://elsewhere.test/"), nil
		})
		must(asAnotherHost(t, cfg).Token())
		if asked != 1 {
			t.Errorf("it asks %d times", asked)
		}
	})
}

// TestOldAnswer has a cache answer with the time of an hour ago, when the pair of the
// record was not even bought.
func TestOldAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, _, dead := questions(t, func(*http.Request) (*http.Response, error) {
			date := time.Now().Add(-20 * time.Minute).UTC().Format(http.TimeFormat)
			return emptyAnswer(200, "Date", date, "Age", "1200"), nil
		})
		if must(asAnotherHost(t, cfg).Token()).AccessToken == dead {
			t.Error("a dead token is given out")
		}
	})
}

// TestTimeIsAskedOnce has RingCX not say what time it is, while a process tries again
// and again to write the record.
func TestTimeIsAskedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		cfg, store, _ := questions(t, func(*http.Request) (*http.Response, error) {
			asked++
			return emptyAnswer(200), nil
		})
		cfg.Store = takenStore{store}
		if _, err := asAnotherHost(t, cfg).Token(); err == nil || asked != 1 {
			t.Errorf("error is %v, and RingCX was asked %d times", err, asked)
		}
	})
}

// TestCloseWhileItAsks closes a source before RingCX has said what time it is.
func TestCloseWhileItAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, store, _ := questions(t, func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		ts := asAnotherHost(t, cfg)
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
			t.Errorf("error is %v, after %d calls of the Store", err, store.calls-before)
		}
	})
}

// TestDeadLeaseOfLongAgo has processes on hosts of their own find the lease of one
// that died. None lives for long enough to see that.
func TestDeadLeaseOfLongAgo(t *testing.T) {
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
		if _, err := asAnotherHost(t, cfg).TokenContext(ctx); err != nil {
			t.Error(err)
		}
	})
}

// TestNobodyAsksWithoutNeed has processes on hosts of their own begin: the first one,
// one that waits for it, and one that finds a good pair.
func TestNobodyAsksWithoutNeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, _ := fleet(t)
		fake.Fault(ringcxtest.Exchange, ringcxtest.Slow(5*time.Second), 1)
		cfg := fake.Config()
		cfg.Store = store
		go asAnotherHost(t, cfg).Token()
		time.Sleep(time.Second)
		must(asAnotherHost(t, cfg).Token())
		time.Sleep(time.Minute)
		must(asAnotherHost(t, cfg).Token())
		spent{1, 1, 0}.check(t, fake)
		if n := asked(fake); n > 0 {
			t.Errorf("asked %d times", n)
		}
	})
}

package ringcx_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// TestLimitsSurviveAConflict lets another process write the record while this one has the
// lease. The record must then contain the counts and cooldowns of both processes.
func TestLimitsSurviveAConflict(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, _ := fleet(t)
		cfg := fake.Config()
		cfg.Store = store
		theirs := fmt.Sprintf(`"exchange":{"rests":[{"owner":"other","since":{"at":%d},"until":{"at":%d},"others":60000}],`,
			time.Now().UnixMilli(), time.Now().Add(time.Hour).UnixMilli())
		cfg.OnEvent = func(e ringcx.Event) {
			if e.Stage == ringcx.StageExchange {
				store.replace(t, func(data string) string {
					data = strings.Replace(data, `"rev":"`, `"rev":"other`, 1)
					return strings.Replace(data, `"exchange":{`, theirs, 1)
				})
			}
		}
		token := must(newTokenSource(t, cfg).Token())
		synctest.Wait()
		store.replace(t, func(data string) string {
			for _, want := range []string{token.AccessToken, theirs + `"hits":[`} {
				if !strings.Contains(data, want) {
					t.Errorf("the record has no %s: %s", want, data)
				}
			}
			if strings.Contains(data, `"lease":{`) {
				t.Error("the lease was not released")
			}
			return data
		})
	})
}

// TestLeaseOfAnotherProcessIsKept lets another process take the lease of one that was too
// slow. The slow process must write its tokens and keep the lease of the other.
func TestLeaseOfAnotherProcessIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, _ := fleet(t)
		cfg := fake.Config()
		cfg.Store = store
		cfg.OnEvent = func(e ringcx.Event) {
			if e.Stage == ringcx.StageExchange {
				store.replace(t, func(data string) string {
					data = strings.Replace(data, `"rev":"`, `"rev":"other`, 1)
					return strings.Replace(data, `"lease":{"id":"`, `"lease":{"id":"other`, 1)
				})
			}
		}
		token := must(newTokenSource(t, cfg).Token())
		synctest.Wait()
		store.replace(t, func(data string) string {
			if !strings.Contains(data, token.AccessToken) || !strings.Contains(data, `"lease":{"id":"other`) {
				t.Errorf("the record does not contain the new token and the lease of the other process: %s", data)
			}
			return data
		})
	})
}

// TestLeaseWriteOfUnknownOutcome writes the lease, but loses the response of the Store.
// No request was sent, so the refresh token is still valid and must be used later.
func TestLeaseWriteOfUnknownOutcome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, _ := fleet(t)
		unresponsive := &unresponsiveStore{spyStore: store}
		cfg := fake.Config()
		cfg.Store = unresponsive
		ts := newTokenSource(t, cfg)
		must(ts.Token())
		synctest.Wait()
		unresponsive.enabled = true
		time.Sleep(226 * time.Second)
		must(ts.Token()) // writes the lease
		synctest.Wait()
		unresponsive.enabled = false
		store.breaks("")
		time.Sleep(30 * time.Second)
		must(ts.Token())
		synctest.Wait()
		spent{1, 1, 1}.check(t, fake)
	})
}

// unresponsiveStore carries out the next write after enabled is set, but returns an
// error. After that all its calls fail.
type unresponsiveStore struct {
	*spyStore
	enabled bool
}

func (s *unresponsiveStore) CompareAndSwap(ctx context.Context, key, version string, data []byte) (string, error) {
	next, err := s.spyStore.CompareAndSwap(ctx, key, version, data)
	if s.enabled {
		s.breaks("both")
		return "", context.DeadlineExceeded
	}
	return next, err
}

// TestSignInSurvivesAConflict lets another process write the record between a sign-in and
// the exchange that follows. The process must not sign in again.
func TestSignInSurvivesAConflict(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, _ := fleet(t)
		cfg := fake.Config()
		cfg.Store = store
		cfg.OnEvent = func(e ringcx.Event) {
			if e.Stage == ringcx.StageLogin {
				store.replace(t, func(data string) string { return strings.Replace(data, `"rev":"`, `"rev":"another`, 1) })
			}
		}
		must(newTokenSource(t, cfg).Token())
		spent{1, 1, 0}.check(t, fake)
	})
}

// TestRestoredRefreshTokenIsNotSentAgain restores an old record, as a database may do in
// a failover: it lacks the lease write that the Store had confirmed. The response to the
// refresh is lost as well. The process must not send the refresh token of the old record
// again.
func TestRestoredRefreshTokenIsNotSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, _ := fleet(t)
		cfg := fake.Config()
		cfg.Store = store
		before := ""
		cfg.OnEvent = func(e ringcx.Event) {
			if e.Stage == ringcx.StageRefresh {
				store.replace(t, func(string) string { return before })
			}
		}
		ts := newTokenSource(t, cfg)
		must(ts.Token())
		synctest.Wait()
		store.replace(t, func(data string) string { before = data; return data })
		fake.Fault(ringcxtest.Refresh, ringcxtest.DropAnswer, 1)
		time.Sleep(226 * time.Second)
		for range 2 {
			must(ts.Token())
			synctest.Wait()
			time.Sleep(30 * time.Second)
		}
		spent{1, 2, 1}.check(t, fake)
	})
}

// TestRateLimitedRefreshIsRetried makes RingCX reject a refresh with 429. Another process
// writes the record before the refresh token is sent again.
func TestRateLimitedRefreshIsRetried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		ts := process()
		must(ts.Token())
		synctest.Wait()
		fake.Fault(ringcxtest.Refresh, ringcxtest.RateLimit(5*time.Second), 1)
		time.Sleep(226 * time.Second)
		must(ts.Token())
		synctest.Wait()
		store.replace(t, func(data string) string { return strings.Replace(data, `"rev":"`, `"rev":"another`, 1) })
		time.Sleep(10 * time.Second)
		must(ts.Token())
		synctest.Wait()
		spent{1, 1, 2}.check(t, fake)
	})
}

// TestLogoutTakesTheLease calls Logout while another process needs a token. The renewal
// of that process must wait until the session has ended.
func TestLogoutTakesTheLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, _, process := fleet(t)
		first, second := process(), process()
		token := must(first.Token())
		must(second.Token())
		synctest.Wait()
		fake.Fault(ringcxtest.Logout, ringcxtest.Slow(5*time.Second), 1)
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := first.Logout(t.Context()); err != nil {
				t.Error(err)
			}
		})
		time.Sleep(time.Second)
		second.Invalidate(token)
		must(second.Token())
		wg.Wait()
		spent{2, 2, 0}.check(t, fake)
	})
}

// stoppedStore is the Store of a process that stops for 25 s after a write.
type stoppedStore struct {
	*spyStore
	armed   atomic.Bool  // the process stops after the next write
	stopped atomic.Bool  // the process stops when it reads its clock
	last    atomic.Int64 // start of the last write, in Unix nanoseconds
}

func (s *stoppedStore) CompareAndSwap(ctx context.Context, key, version string, data []byte) (string, error) {
	s.last.Store(time.Now().UnixNano())
	next, err := s.spyStore.CompareAndSwap(ctx, key, version, data)
	s.stopped.Store(s.armed.Swap(false))
	return next, err
}

// now is the clock of the process. The process reads it after each write.
func (s *stoppedStore) now() time.Time {
	if s.stopped.Swap(false) {
		time.Sleep(25 * time.Second)
	}
	return time.Now()
}

// TestStoppedProcessSendsNothing stops a process between taking the lease and sending a
// request, so long that another process could take the lease before the response. It must
// not send the request.
func TestStoppedProcessSendsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, _ := fleet(t)
		stopped := &stoppedStore{spyStore: store}
		cfg := fake.Config()
		cfg.Store = stopped
		base := cfg.HTTPClient.Transport
		cfg.HTTPClient = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			if age := time.Since(time.Unix(0, stopped.last.Load())); r.Method == http.MethodPost && age > 20*time.Second {
				t.Errorf("%s is sent %v after its lease was taken", r.URL.Path, age)
			}
			return base.RoundTrip(r)
		})}
		ts := newTokenSource(t, cfg)
		ringcx.SetClock(ts, stopped.now, drawn(0))
		for range 3 { // at the sign-in and at two refreshes
			stopped.armed.Store(true)
			must(ts.Token())
			synctest.Wait()
			time.Sleep(300 * time.Second)
		}
		spent{1, 1, 2}.check(t, fake)
	})
}

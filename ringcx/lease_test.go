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

// TestLimitsSurviveAConflict has another host write between the lease of this one
// and its end. What both counted stands in the record then.
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
				t.Error("the lease was not given back")
			}
			return data
		})
	})
}

// TestForeignLeaseIsKept has another host take over from one that was too slow.
// The slow one writes its pair, and leaves the other's lease alone.
func TestForeignLeaseIsKept(t *testing.T) {
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
				t.Errorf("the record is %s", data)
			}
			return data
		})
	})
}

// TestUnknownClaim has a lease written of which the Store does not tell. Nothing
// was sent, so the refresh token is still good.
func TestUnknownClaim(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, _ := fleet(t)
		deaf := &deafStore{spyStore: store}
		cfg := fake.Config()
		cfg.Store = deaf
		ts := newTokenSource(t, cfg)
		must(ts.Token())
		synctest.Wait()
		deaf.deaf = true
		time.Sleep(226 * time.Second)
		must(ts.Token()) // its claim is written
		synctest.Wait()
		deaf.deaf = false
		store.breaks("")
		time.Sleep(30 * time.Second)
		must(ts.Token())
		synctest.Wait()
		spent{1, 1, 1}.check(t, fake)
	})
}

// deafStore writes without an answer, and then answers no more.
type deafStore struct {
	*spyStore
	deaf bool
}

func (s *deafStore) CompareAndSwap(ctx context.Context, key, version string, data []byte) (string, error) {
	next, err := s.spyStore.CompareAndSwap(ctx, key, version, data)
	if s.deaf {
		s.breaks("both")
		return "", context.DeadlineExceeded
	}
	return next, err
}

// TestSignInSurvivesAConflict has another host write between a sign-in and the
// exchange that follows.
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

// TestRefreshTokenIsNotTakenBack has a Store lose a claim that it had confirmed,
// as a database may that fails over, while the answer to the refresh got lost.
func TestRefreshTokenIsNotTakenBack(t *testing.T) {
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

// TestRefusedRefreshIsTriedAgain has RingCX be busy, and another host write before
// the token is sent again.
func TestRefusedRefreshIsTriedAgain(t *testing.T) {
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

// TestLogoutTakesTheLease has a renewal of another process wait for a Logout.
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

// stoppedStore is that of a process which stops after its next write.
type stoppedStore struct {
	*spyStore
	armed   atomic.Bool  // the process stops after the next write
	stopped atomic.Bool  // it does now
	last    atomic.Int64 // the start of the last write, in Unix nanoseconds
}

func (s *stoppedStore) CompareAndSwap(ctx context.Context, key, version string, data []byte) (string, error) {
	s.last.Store(time.Now().UnixNano())
	next, err := s.spyStore.CompareAndSwap(ctx, key, version, data)
	s.stopped.Store(s.armed.Swap(false))
	return next, err
}

// now is the clock of the process, which it reads after a write.
func (s *stoppedStore) now() time.Time {
	if s.stopped.Swap(false) {
		time.Sleep(25 * time.Second)
	}
	return time.Now()
}

// TestStoppedProcessSendsNothing has a process stop between taking a lease and
// sending, for so long that another may take over before the answer.
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
		for range 3 { // at the sign-in, and at two refreshes
			stopped.armed.Store(true)
			must(ts.Token())
			synctest.Wait()
			time.Sleep(300 * time.Second)
		}
		spent{1, 1, 2}.check(t, fake)
	})
}

package ringcx_test

import (
	"context"
	"errors"
	"net/http"
	"path"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// swapCounter counts the writes that are tried.
type swapCounter struct {
	*spyStore
	tried int
}

func (s *swapCounter) CompareAndSwap(ctx context.Context, key, version string, data []byte) (string, error) {
	s.tried++
	return s.spyStore.CompareAndSwap(ctx, key, version, data)
}

// TestPairOfAnOutageIsNotWritten has a process obtain a pair while the Store fails.
// That pair is its own: the others have not heard of the request.
func TestPairOfAnOutageIsNotWritten(t *testing.T) {
	for _, broken := range []string{"load", "both"} {
		t.Run(broken, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fake, spy, _ := fleet(t)
				store := &swapCounter{spyStore: spy}
				cfg := fake.Config()
				cfg.Store = store
				ts := newTokenSource(t, cfg)
				must(ts.Token())
				synctest.Wait()
				before, _, _ := store.Store.Load(t.Context(), store.keys[0])
				store.tried = 0
				store.breaks(broken)
				for start := time.Now(); fake.Counts().Exchanges == 1; time.Sleep(time.Second) {
					_, _ = ts.Token()
					if time.Since(start) > 15*time.Minute {
						t.Fatal("no exchange in an outage of 15 minutes")
					}
				}
				must(ts.Token())
				time.Sleep(30 * time.Second)
				ts.Close()
				after, _, _ := store.Store.Load(t.Context(), store.keys[0])
				if store.tried > 0 || string(after) != string(before) {
					t.Errorf("%d writes, the record was\n%s\nand is\n%s", store.tried, before, after)
				}
			})
		})
	}
}

// TestRecordHasNoRefreshTokenDuringLogout looks at the record while a session is
// ended: another process must not send the refresh token then.
func TestRecordHasNoRefreshTokenDuringLogout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, _ := fleet(t)
		cfg := fake.Config()
		cfg.Store = store
		record := func() string {
			data, _, _ := store.Load(t.Context(), store.keys[0])
			return string(data)
		}
		base, before, ended := cfg.HTTPClient.Transport, "", 0
		cfg.HTTPClient = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.Method == http.MethodDelete {
				ended++
				if token := path.Base(r.URL.Path); !strings.Contains(before, token) || strings.Contains(record(), token) {
					t.Errorf("while the session is ended the record is %s", record())
				}
			}
			return base.RoundTrip(r)
		})}
		ts := newTokenSource(t, cfg)
		must(ts.Token())
		synctest.Wait()
		before = record()
		if err := ts.Logout(t.Context()); err != nil || ended != 1 {
			t.Errorf("%v, %d sessions ended", err, ended)
		}
	})
}

// TestOwnRestSurvivesAConflict has a process told to wait for five minutes, and
// another one write before it has written that.
func TestOwnRestSurvivesAConflict(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, _ := fleet(t)
		fake.Fault(ringcxtest.Exchange, ringcxtest.RateLimit(5*time.Minute), 1)
		cfg := fake.Config()
		cfg.Store = store
		cfg.OnEvent = func(e ringcx.Event) {
			if e.Stage == ringcx.StageExchange && fake.Counts().Exchanges == 1 {
				store.replace(t, func(data string) string { return strings.Replace(data, `"rev":"`, `"rev":"another`, 1) })
			}
		}
		ts := newTokenSource(t, cfg)
		start := time.Now()
		for time.Since(start) < 5*time.Minute {
			if _, err := ts.Token(); err == nil {
				t.Fatalf("a token after %v", time.Since(start))
			}
			time.Sleep(5 * time.Second)
		}
		spent{1, 1, 0}.check(t, fake)
		time.Sleep(20 * time.Second) // the longest back-off
		must(ts.Token())
		spent{1, 2, 0}.check(t, fake)
	})
}

// TestWorkedIsShared has a process use the RingCentral token of another one. It
// learns that an exchange has accepted it before, and gives it up when one does not.
func TestWorkedIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, _, process := fleet(t)
		first, second := process(), process()
		must(first.Token())
		synctest.Wait()
		first.Close()
		must(second.Token())
		time.Sleep(300 * time.Second)
		fake.Fault(ringcxtest.Refresh, ringcxtest.Refuse, 1)
		fake.Fault(ringcxtest.Exchange, ringcxtest.Refuse, 1)
		if _, err := second.Token(); !errors.Is(err, ringcx.ErrForbidden) {
			t.Fatalf("error is %v, want %v", err, ringcx.ErrForbidden)
		}
		time.Sleep(6 * time.Minute)
		must(second.Token())
		spent{2, 3, 1}.check(t, fake)
	})
}

// TestCloseEndsAWaitingRenewal closes a source that waits for another process. It
// neither waits nor calls the Store any more.
func TestCloseEndsAWaitingRenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		fake.Fault(ringcxtest.Exchange, ringcxtest.Slow(9*time.Second), 1)
		go process().Token()
		time.Sleep(time.Second)
		mine := &spyStore{Store: store}
		cfg := fake.Config()
		cfg.Store = mine
		ts := newTokenSource(t, cfg)
		ended := make(chan error, 1)
		go func() {
			_, err := ts.Token()
			ended <- err
		}()
		time.Sleep(3 * time.Second)
		synctest.Wait()
		start, before := time.Now(), mine.calls
		ts.Close()
		if err := <-ended; !errors.Is(err, ringcx.ErrClosed) || time.Since(start) > 0 {
			t.Errorf("the caller gets %v after %v, want %v at once", err, time.Since(start), ringcx.ErrClosed)
		}
		if before == 0 || mine.calls > before {
			t.Errorf("%d calls of the Store before Close and %d after", before, mine.calls-before)
		}
		time.Sleep(10 * time.Second)
		spent{1, 1, 0}.check(t, fake)
	})
}

// overtakenStore loses a write, and another process writes before the loss is known.
type overtakenStore struct {
	*spyStore
	overtake func() // happens once, instead of the next write
}

func (s *overtakenStore) CompareAndSwap(ctx context.Context, key, version string, data []byte) (string, error) {
	if overtake := s.overtake; overtake != nil {
		s.overtake = nil
		overtake()
		return "", errors.New("connection lost")
	}
	return s.spyStore.CompareAndSwap(ctx, key, version, data)
}

// TestLostClaimIsNotALease has the write that takes the lease get lost, and another
// process take it. The refresh token is the other's to send.
func TestLostClaimIsNotALease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		overtaken := &overtakenStore{spyStore: store}
		cfg := fake.Config()
		cfg.Store = overtaken
		ts, other := newTokenSource(t, cfg), process()
		must(ts.Token())
		synctest.Wait()
		must(other.Token())
		time.Sleep(226 * time.Second)
		fake.Fault(ringcxtest.Refresh, ringcxtest.Slow(5*time.Second), 1)
		overtaken.overtake = func() {
			must(other.Token()) // refreshes in the background
			time.Sleep(time.Second)
		}
		must(ts.Token())
		time.Sleep(10 * time.Second)
		must(ts.Token()) // adopts in the background
		synctest.Wait()
		if a, b := must(ts.Token()), must(other.Token()); a.AccessToken != b.AccessToken {
			t.Error("two processes have two tokens")
		}
		time.Sleep(10 * time.Second)
		spent{1, 1, 1}.check(t, fake)
	})
}

// TestRenewBeforeWithAStore asks for renewals 10 s before the end of a token. With a
// Store a minute is the least.
func TestRenewBeforeWithAStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, _ := fleet(t)
		cfg := fake.Config()
		cfg.Store, cfg.RenewBefore = store, 10*time.Second
		ts := newTokenSource(t, cfg)
		must(ts.Token())
		time.Sleep(238 * time.Second)
		must(ts.Token())
		synctest.Wait()
		spent{1, 1, 0}.check(t, fake)
		time.Sleep(4 * time.Second)
		must(ts.Token())
		synctest.Wait()
		spent{1, 1, 1}.check(t, fake)
	})
}

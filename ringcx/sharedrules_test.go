package ringcx_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// swapCounter counts the calls of CompareAndSwap.
type swapCounter struct {
	*spyStore
	tried int
}

func (s *swapCounter) CompareAndSwap(ctx context.Context, key, version string, data []byte) (string, error) {
	s.tried++
	return s.spyStore.CompareAndSwap(ctx, key, version, data)
}

// TestOutageTokensAreNotWritten lets a process obtain tokens while the Store fails. It
// must not write them to the record, because other processes do not know of the request.
func TestOutageTokensAreNotWritten(t *testing.T) {
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
					t.Errorf("%d writes, want 0; the record was\n%s\nand is\n%s", store.tried, before, after)
				}
			})
		})
	}
}

// TestOwnCooldownSurvivesAConflict makes RingCX ask a process to wait for five minutes.
// Another process writes the record before the first one has written the cooldown.
func TestOwnCooldownSurvivesAConflict(t *testing.T) {
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
				t.Fatalf("a token after %v, want none for 5m", time.Since(start))
			}
			time.Sleep(5 * time.Second)
		}
		spent{1, 1, 0}.check(t, fake)
		time.Sleep(20 * time.Second) // the longest back-off
		must(ts.Token())
		spent{1, 2, 0}.check(t, fake)
	})
}

// TestAcceptedRCTokenIsShared lets a process use the RingCentral token of another one.
// The record says that an exchange has accepted this token. When an exchange rejects it
// later, the process must discard it and sign in again.
func TestAcceptedRCTokenIsShared(t *testing.T) {
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

// overtakenStore fails one write without writing. Another process writes before the error
// is returned.
type overtakenStore struct {
	*spyStore
	overtake func() // called once, instead of the next write
}

func (s *overtakenStore) CompareAndSwap(ctx context.Context, key, version string, data []byte) (string, error) {
	if overtake := s.overtake; overtake != nil {
		s.overtake = nil
		overtake()
		return "", errors.New("connection lost")
	}
	return s.spyStore.CompareAndSwap(ctx, key, version, data)
}

// TestLostLeaseWriteIsNotALease makes the write that takes the lease fail, while another
// process takes the lease. Only that process may send the refresh token.
func TestLostLeaseWriteIsNotALease(t *testing.T) {
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
		must(ts.Token()) // reads the new tokens in the background
		synctest.Wait()
		if a, b := must(ts.Token()), must(other.Token()); a.AccessToken != b.AccessToken {
			t.Error("two processes have different tokens")
		}
		time.Sleep(10 * time.Second)
		spent{1, 1, 1}.check(t, fake)
	})
}

// TestRenewBeforeWithAStore sets RenewBefore to 10 s. With a Store, a token is renewed at
// least a minute before it expires.
func TestRenewBeforeWithAStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, _ := fleet(t)
		cfg := fake.Config()
		cfg.Store, cfg.RenewBefore = store, 10*time.Second
		ts := newTokenSource(t, cfg)
		must(ts.Token())
		time.Sleep(233 * time.Second)
		must(ts.Token())
		synctest.Wait()
		spent{1, 1, 0}.check(t, fake)
		time.Sleep(4 * time.Second)
		must(ts.Token())
		synctest.Wait()
		spent{1, 1, 1}.check(t, fake)
	})
}

package ringcx_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

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

package ringcx_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
	"github.com/ringcx-go/ringcx-go/ringcx/storetest"
)

// TestNotSent makes a POST fail at each step. The error must be ErrNotSent if RingCX cannot have
// processed the POST because there was no token, and only then.
func TestNotSent(t *testing.T) {
	fault := func(e ringcxtest.Endpoint, f ringcxtest.Fault) func(*ringcxtest.Server, *ringcx.Client) {
		return func(fake *ringcxtest.Server, _ *ringcx.Client) { fake.Fault(e, f, 4) }
	}
	tests := []struct {
		name string
		do   func(*ringcxtest.Server, *ringcx.Client)
		want bool
	}{
		{"login rejected", fault(ringcxtest.Login, ringcxtest.Refuse), true},
		{"login unreachable", fault(ringcxtest.Login, ringcxtest.Unreachable), true},
		{"login without a response", fault(ringcxtest.Login, ringcxtest.DropAnswer), true},
		{"login with HTML", fault(ringcxtest.Login, ringcxtest.HTML), true},
		{"exchange with status 500", fault(ringcxtest.Exchange, ringcxtest.Status(500, "{}")), true},
		{"exchange without a response", fault(ringcxtest.Exchange, ringcxtest.DropAnswer), true},
		{"closed", func(_ *ringcxtest.Server, c *ringcx.Client) { c.Tokens.Close() }, true},
		{"call with status 500", fault(createAgent, ringcxtest.Status(500, "{}")), false},
		{"call rejected", fault(createAgent, ringcxtest.Status(403, "{}")), false},
		{"call without a response", fault(createAgent, ringcxtest.DropAnswer), false},
		{"call unreachable", fault(createAgent, ringcxtest.Unreachable), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fake := ringcxtest.NewServer(t)
				client := newClient(t, fake.Config())
				tt.do(fake, client)
				err := createOne(t.Context(), client)
				if got := errors.Is(err, ringcx.ErrNotSent); err == nil || got != tt.want {
					t.Errorf("errors.Is(%v, ErrNotSent) is %t, want %t", err, got, tt.want)
				}
				if n := fake.Counts().Arrivals[createAgent]; tt.want && n != 0 {
					t.Errorf("%d calls arrived, want none", n)
				}
			})
		})
	}
}

const createAgent = "createAgent"

func createOne(ctx context.Context, client *ringcx.Client) error {
	_, err := client.Agents.Create(ctx, "333333", 7001, gen.Agent{Username: "new.agent"})
	return err
}

// TestNotSentAfterContext has the context end while a call waits for a token, and while it waits
// for the response.
func TestNotSentAfterContext(t *testing.T) {
	for _, tt := range []struct {
		endpoint ringcxtest.Endpoint
		want     bool
	}{{ringcxtest.Exchange, true}, {createAgent, false}} {
		synctest.Test(t, func(t *testing.T) {
			fake := ringcxtest.NewServer(t)
			client := newClient(t, fake.Config())
			fake.Fault(tt.endpoint, ringcxtest.Slow(10*time.Second), 1)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			err := createOne(ctx, client)
			if got := errors.Is(err, ringcx.ErrNotSent); !errors.Is(err, context.DeadlineExceeded) || got != tt.want {
				t.Errorf("%s is slow: errors.Is(%v, ErrNotSent) is %t, want %t", tt.endpoint, err, got, tt.want)
			}
		})
	}
}

// TestNotSentWithoutStore has the Store fail, and a call that was rejected with status 401 fail to
// get another token. The causes must remain in the errors.
func TestNotSentWithoutStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		cfg := fake.Config()
		cfg.Store = takenStore{storetest.NewMemory()}
		if err := createOne(t.Context(), newClient(t, cfg)); !errors.Is(err, ringcx.ErrNotSent) || !errors.Is(err, ringcx.ErrConflict) {
			t.Errorf("the Store fails: %v, want ErrNotSent and ErrConflict", err)
		}
		client := newClient(t, fake.Config())
		if _, err := client.Tokens.Token(); err != nil {
			t.Fatal(err)
		}
		fake.ExpireTokens()
		fake.Fault(ringcxtest.Refresh, ringcxtest.Unreachable, 1)
		err := createOne(ringcx.WithoutRetry(t.Context()), client)
		if !errors.Is(err, ringcx.ErrNotSent) || errors.Is(err, ringcx.ErrUnauthorized) {
			t.Errorf("the renewal after a 401 fails: %v, want ErrNotSent", err)
		}
	})
}

package ringcxtest_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// TestClientMatchesContract uses every operation with the client of package ringcx. The
// Server compares all requests and responses with openapi.yaml.
func TestClientMatchesContract(t *testing.T) {
	configs := map[string]func(*ringcxtest.Server) ringcx.Config{
		"memory":   (*ringcxtest.Server).Config,
		"loopback": (*ringcxtest.Server).LoopbackConfig,
	}
	for name, config := range configs {
		t.Run(name, func(t *testing.T) {
			fake := ringcxtest.NewServer(t)
			client, err := ringcx.New(config(fake))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := ringcx.Get(client.ListAccountsWithResponse(t.Context())); err != nil {
				t.Error(err)
			}
			if _, err := ringcx.Get(client.ListUsersWithResponse(t.Context(), &gen.ListUsersParams{})); err != nil {
				t.Error(err)
			}
			fake.RevokeSession() // the next refresh and the next exchange are rejected
			if _, err := ringcx.Get(client.ListUsersWithResponse(t.Context(), &gen.ListUsersParams{})); err != nil {
				t.Error(err)
			}
			if err := client.Tokens.Logout(t.Context()); err != nil {
				t.Error(err)
			}
			got := fake.Counts()
			if got.Logins != 2 || got.Refreshes != 1 || got.RefreshReused != 0 || got.Logouts != 1 || got.Revokes != 1 {
				t.Errorf("counts: %+v", got)
			}
		})
	}
}

// TestClientStaysWithinRateLimits has 20 callers that each make a call every 30 seconds for
// two hours, in a synctest bubble.
func TestClientStaysWithinRateLimits(t *testing.T) {
	const callers, span, pause = 20, 2 * time.Hour, 30 * time.Second
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.New()
		defer fake.Close()
		client, err := ringcx.New(fake.Config())
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for range callers {
			all.Go(func() {
				for range span / pause {
					time.Sleep(pause)
					if _, err := ringcx.Get(client.ListAccountsWithResponse(t.Context())); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		got := fake.Counts()
		if got.Calls < callers*int(span/pause) || got.PeakTokenRequests > 5 || got.RefreshReused != 0 {
			t.Errorf("counts: %+v", got)
		}
	})
}

package ringcx_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// TestWaitForAnotherHost has a token expire while another host, which has died,
// seems to renew it. A caller waits until that is clear.
func TestWaitForAnotherHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		ts := process()
		token := must(ts.Token())
		synctest.Wait()
		store.replace(t, func(data string) string {
			return strings.Replace(data, `"lease":null`, `"lease":{"id":"other-1","owner":"other","stage":"refresh","ttl":30000}`, 1)
		})
		time.Sleep(time.Until(token.Expiry) - 500*time.Millisecond)
		must(ts.Token()) // looks in the background
		time.Sleep(time.Second)
		start := time.Now()
		if must(ts.Token()).AccessToken == token.AccessToken {
			t.Error("the token has expired")
		}
		if took := time.Since(start); took < 29*time.Second || took > 31*time.Second {
			t.Errorf("the lease was dead after %v", took)
		}
		spent{1, 1, 1}.check(t, fake)
	})
}

// TestLeaseThatOutlivesItself has another host hold a lease for hours: one that it
// took long ago, by the services' time, and one of which nobody can say.
func TestLeaseThatOutlivesItself(t *testing.T) {
	for _, c := range []struct {
		name, taken string
		ago, dead   time.Duration
	}{
		{"taken long ago", `,"taken":{"at":%d}`, 16 * time.Minute, 0},
		{"taken just now", `,"taken":{"at":%d}`, 0, 15 * time.Minute},
		{"taken by an unknown clock", `,"taken":{"at":%d,"by":"it"}`, 16 * time.Minute, 15 * time.Minute},
		{"nobody knows", "", 0, 15 * time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fake, store, _ := fleet(t)
				cfg := fake.Config()
				cfg.Store = store
				client := newClient(t, cfg)
				must(ringcx.Get(client.ListAccountsWithResponse(t.Context()))) // knows the time
				synctest.Wait()
				lease := `"lease":{"id":"other-1","owner":"other","stage":"refresh","ttl":36000000` + c.taken + "}"
				if c.taken != "" {
					lease = fmt.Sprintf(lease, time.Now().Add(-c.ago).UnixMilli())
				}
				store.replace(t, func(data string) string { return strings.Replace(data, `"lease":null`, lease, 1) })
				ts, start := client.Tokens, time.Now()
				for ts.Invalidate(must(ts.Token())); ; time.Sleep(time.Second) {
					if _, err := ts.Token(); err == nil && fake.Counts().Refreshes > 0 {
						break
					}
				}
				if took := time.Since(start); took < c.dead-time.Second || took > c.dead+15*time.Second {
					t.Errorf("it was dead after %v, want %v", took, c.dead)
				}
			})
		})
	}
}

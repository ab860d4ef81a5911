package ringcx_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// TestLogoutWaitsForARenewal logs out in one process while another one renews the tokens.
// Logout waits for the renewal and ends the session with the new tokens.
func TestLogoutWaitsForARenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		renewing := process()
		must(renewing.Token())
		time.Sleep(226 * time.Second)
		fake.Fault(ringcxtest.Refresh, ringcxtest.Slow(5*time.Second), 1)
		must(renewing.Token())
		synctest.Wait()
		start := time.Now()
		if err := process().Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took < 5*time.Second {
			t.Errorf("Logout took %v, want at least the 5s of the renewal", took)
		}
		synctest.Wait()
		data, _, _ := store.Load(t.Context(), store.keys[0])
		for _, field := range []string{"access", "refresh", "rc"} {
			if data != nil && !strings.Contains(string(data), `"`+field+`":""`) {
				t.Errorf("field %s of the record is not empty: %s", field, data)
			}
		}
	})
}

package ringcx_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// TestLogoutWaitsForARenewal has a process log out while another one renews: it ends
// the session that the renewal brings.
func TestLogoutWaitsForARenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		renews := process()
		must(renews.Token())
		time.Sleep(226 * time.Second)
		fake.Fault(ringcxtest.Refresh, ringcxtest.Slow(5*time.Second), 1)
		must(renews.Token())
		synctest.Wait()
		start := time.Now()
		if err := process().Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took < 5*time.Second {
			t.Errorf("it waited for %v, want the 5s of the renewal", took)
		}
		synctest.Wait()
		data, _, _ := store.Load(t.Context(), store.keys[0])
		for _, member := range []string{"access", "refresh", "rc"} {
			if data != nil && !strings.Contains(string(data), `"`+member+`":""`) {
				t.Errorf("there is a token in the record: %s", data)
			}
		}
	})
}

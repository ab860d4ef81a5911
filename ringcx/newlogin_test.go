package ringcx_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// TestNewLoginSurvivesAConflict has another process close its source or write the record
// between the second sign-in of a process and the exchange that follows. The new
// RingCentral token must not be lost: there is no third sign-in.
func TestNewLoginSurvivesAConflict(t *testing.T) {
	for _, what := range []string{"nothing", "close", "write"} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fake, store, process := fleet(t)
				other, logins := process(), 0
				cfg := fake.Config()
				cfg.Store = store
				cfg.OnEvent = func(e ringcx.Event) {
					if e.Stage != ringcx.StageLogin {
						return
					}
					switch logins++; {
					case logins == 2 && what == "close":
						_ = other.Close()
					case logins == 2 && what == "write":
						store.replace(t, anotherRev)
					}
				}
				ts := newTokenSource(t, cfg)
				must(ts.Token())
				synctest.Wait()
				time.Sleep(54 * time.Minute)
				must(other.Token())
				synctest.Wait()
				time.Sleep(7 * time.Minute)
				fake.Fault(ringcxtest.Refresh, ringcxtest.Refuse, 1)
				must(ts.Token())
				synctest.Wait()
				if c := fake.Counts(); c.Logins != 2 {
					t.Errorf("%d sign-ins, want 2", c.Logins)
				}
			})
		})
	}
}

// TestLateLoginOfAFleet has the second call of a RingCentral source return after its
// renewal has timed out, with and without another process that writes the record after
// that. The next renewal uses the late RingCentral token.
func TestLateLoginOfAFleet(t *testing.T) {
	for _, writes := range []bool{false, true} {
		t.Run(fmt.Sprintf("another process writes %v", writes), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fake, store, _ := fleet(t)
				cfg := fake.Config()
				login := *cfg.RingCentral.(*ringcx.JWTLogin)
				login.HTTPClient = cfg.HTTPClient
				source := &slowSource{takes: []time.Duration{0, 15 * time.Second}, signIn: login.Token}
				cfg.RingCentral, cfg.Store, cfg.Key = source, store, "key"
				ts := newTokenSource(t, cfg)
				must(ts.Token())
				synctest.Wait()
				time.Sleep(61 * time.Minute)
				fake.Fault(ringcxtest.Refresh, ringcxtest.Refuse, 1)
				if _, err := ts.Token(); err == nil {
					t.Error("Token returns a token before the source has returned")
				}
				time.Sleep(20 * time.Second)
				if writes {
					store.replace(t, anotherRev)
				}
				if took := tokenAfter(t, ts, 5*time.Minute); took > 15*time.Second {
					t.Errorf("Token returns a token after %v, want at most 15s", took)
				}
				source.assert(t, 2)
			})
		})
	}
}

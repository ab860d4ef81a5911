package ringcx

import (
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestAside has token requests of a process fail and says for how long it leaves
// renewals to the others.
func TestAside(t *testing.T) {
	reset := answer{outcome: unknown, err: noResponse{errLost, true}}
	refused := answer{outcome: notProcessed, err: noResponse{errLost, false}}
	limited := answer{outcome: notProcessed, resp: &http.Response{StatusCode: http.StatusTooManyRequests}, err: localLimit(StageRefresh, time.Minute, "")}
	for _, c := range []struct {
		name    string
		answers []answer
		want    [3]time.Duration // with a valid token, without one, and without one though others have renewed
	}{
		{"once", []answer{reset}, [3]time.Duration{time.Minute, 4 * time.Second, 10 * time.Second}},
		{"twice", []answer{reset, reset}, [3]time.Duration{4 * time.Minute, 0, 20 * time.Second}},
		{"ten times", slices.Repeat([]answer{reset}, 10), [3]time.Duration{time.Hour, 0, 5 * time.Minute}},
		{"nothing was sent", []answer{refused}, [3]time.Duration{time.Minute, 0, 0}},
		{"told to wait", []answer{limited}, [3]time.Duration{time.Minute, 64 * time.Second, 70 * time.Second}},
		{"after a success", []answer{reset, reset, {outcome: answered}}, [3]time.Duration{}},
		{"another process had the lease", []answer{{outcome: notProcessed, err: errLost}}, [3]time.Duration{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := &engine{now: time.Now, clock: knownClock(), session: session{limits: newLimits()}}
				for _, a := range c.answers {
					e.count(StageRefresh, a)
				}
				var got [3]time.Duration
				if a := &e.aside; a.failed > 0 {
					got = [3]time.Duration{a.whileValid(), a.whileExpired(a.gen), a.whileExpired(a.gen + 1)}
				}
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Errorf("while the token is valid, without one, and without one though others have renewed (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestAsideAlone has a process with nobody to leave a renewal to.
func TestAsideAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &engine{now: time.Now, clock: knownClock(), ledger: newTestLedger(time.Now), session: session{limits: newLimits()}}
		e.ledger.record.Roster = enlist(nil, "me", e.clock)
		e.aside.add(0, true, 0)
		if e.yields() {
			t.Error("a process alone leaves the renewal to others")
		}
		e.ledger.record.Roster = enlist(e.ledger.record.Roster, "other", e.clock)
		if !e.yields() {
			t.Error("it does not leave the renewal to the other process")
		}
		time.Sleep(asideFirst)
		if e.yields() {
			t.Error("it still does though there is no token")
		}
		e.state.Store(newState("token", nil, time.Now(), defaultLife, 0))
		if !e.yields() {
			t.Error("it does not though the token is valid")
		}
	})
}

// TestAsideAfterAFailedSource has the token source of a process fail: perhaps that of
// another one does not.
func TestAsideAfterAFailedSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newTestEngine(t, http.DefaultTransport)
		if err := e.signIn(t.Context(), ""); err == nil {
			t.Fatal("no error")
		}
		if got := e.aside.whileExpired(0); got != asideFirst {
			t.Errorf("the process leaves the renewal to others for %v, want %v", got, asideFirst)
		}
	})
}

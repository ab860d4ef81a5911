package ringcx

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// TestFirstTurn has the Store fail while there is no token: the first process waits for
// 10 s, and one that is not listed for those that are.
func TestFirstTurn(t *testing.T) {
	for owner, want := range map[string]time.Duration{
		"a": 10 * time.Second, "b": 10*time.Second + turnSpacing, "not listed": 10*time.Second + 3*fullSpacing,
	} {
		synctest.Test(t, func(t *testing.T) {
			l := newTestLedger(time.Now)
			for _, listed := range []string{"a", "b", "c"} {
				l.record.Roster = enlist(l.record.Roster, listed, l.clock)
			}
			l.owner, l.down = owner, time.Now()
			var o outage
			o.plan(l, nil, time.Now(), 0)
			if got := time.Until(o.due); got != want {
				t.Errorf("%s has its turn in %v, want %v", owner, got, want)
			}
		})
	}
}

// TestRejectedTokenInAnOutage has RingCX have rejected the RingCentral token of a
// process before the Store fails: it is not sent again.
func TestRejectedTokenInAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newTestEngine(t, roundTripperFunc(func(r *http.Request) (*http.Response, error) {
			t.Errorf("%s %s is sent", r.Method, r.URL.Path)
			return nil, errNoSource
		}))
		e.ledger = newTestLedger(time.Now)
		e.ledger.down = time.Now().Add(-time.Hour)
		e.session.login = login{token: "token", denied: e.owner}
		down := errors.New("the Store is down")
		if _, err := e.renewOutage(t.Context(), down); err != down {
			t.Errorf("error is %v, want %v", err, down)
		}
	})
}

// TestGen has gen rise with each pair, and a record with one that could not rise be
// rejected.
func TestGen(t *testing.T) {
	l, s := newTestLedger(time.Now), session{}
	for range 3 {
		before := s.gen
		if l.bought(&s); s.gen <= before {
			t.Errorf("gen is %d, after %d", s.gen, before)
		}
	}
	var r record
	if err := json.Unmarshal([]byte(`{"gen":9007199254740992}`), &r); err == nil {
		t.Error("a gen of 2⁵³ is accepted")
	}
}

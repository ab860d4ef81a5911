package ringcx

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// TestFirstTurn checks the first turns in an outage that begins while there is no token: the
// first process of the roster waits for 10 s, the next one 15 s longer, and a process that
// is not listed until after the turns of all others.
func TestFirstTurn(t *testing.T) {
	for process, want := range map[string]time.Duration{
		"a": 10 * time.Second, "b": 10*time.Second + turnSpacing, "not listed": 10*time.Second + 3*fullTurnSpacing,
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newTestRecord(time.Now)
			for _, listed := range []string{"a", "b", "c"} {
				r.record.Roster = r.record.Roster.with(listed, r.clock)
			}
			r.process, r.downSince = process, time.Now()
			var o outage
			o.plan(r, nil, time.Now(), 0)
			if got := time.Until(o.due); got != want {
				t.Errorf("process %s: first turn in %v, want %v", process, got, want)
			}
		})
	}
}

// TestRejectedTokenInAnOutage checks that a process does not send its RingCentral token again
// in an outage if RingCX has rejected that token.
func TestRejectedTokenInAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTestShared(t, time.Now, roundTripperFunc(func(r *http.Request) (*http.Response, error) {
			t.Errorf("%s %s is sent", r.Method, r.URL.Path)
			return nil, errNoSource
		}))
		s.record.downSince = time.Now().Add(-time.Hour)
		s.session.rc = rcToken{token: "token", denied: s.process}
		down := errors.New("the Store is down")
		if _, err := s.renewInOutage(t.Context(), &renewal{}, down); !errors.Is(err, down) {
			t.Errorf("error is %v, want %v", err, down)
		}
	})
}

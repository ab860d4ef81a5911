package ringcx

import (
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"
)

// TestBackOffAfterNothingWasSent counts attempts that reached nobody as two at most.
func TestBackOffAfterNothingWasSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		unsent := noResponse{errors.New("no connection"), false}
		dial := error(&net.OpError{Op: "dial", Err: errors.New("no connection")})
		var f failure
		for n, c := range []struct {
			err         error
			least, most time.Duration
		}{
			{unsent, time.Second, time.Second},
			{unsent, 1600 * time.Millisecond, 2 * time.Second},
			{unsent, 1600 * time.Millisecond, 2 * time.Second},
			{dial, 1600 * time.Millisecond, 2 * time.Second},
			{noResponse{errors.New("reset"), true}, 4 * time.Second, 4 * time.Second},
			{storeError{"load", "no connection", &dial}, 8 * time.Second, 8 * time.Second},
		} {
			_ = f.add(c.err, 0.5, false, false, time.Now())
			if got := time.Until(f.next); got < c.least || got > c.most {
				t.Errorf("failure %d: the next attempt is in %v, want %v to %v", n+1, got, c.least, c.most)
			}
		}
	})
}

// TestInvalidateTwice has a token rejected by name and otherwise, in both orders.
func TestInvalidateTwice(t *testing.T) {
	for _, named := range []bool{true, false} {
		ts, err := NewTokenSource(Config{RingCentral: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "a"})})
		if err != nil {
			t.Fatal(err)
		}
		e := ts.engine
		e.state.Store(newState("an.access.token", nil, time.Now(), defaultLife, 0))
		for _, named := range []bool{named, !named} {
			e.invalidate("an.access.token", named)
		}
		if st := e.state.Load(); !st.accused() || st.lastResort(time.Now()) != nil {
			t.Errorf("named first: %v: accused %v, last resort %v", named, st.accused(), st.lastResort(time.Now()) != nil)
		}
	}
}

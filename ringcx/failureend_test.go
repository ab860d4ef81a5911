package ringcx

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestTokenEndsABackOff has a renewal fail while the token is valid. When the token
// ends, one attempt is due at once, unless a service asked to wait.
func TestTokenEndsABackOff(t *testing.T) {
	lost := noResponse{errors.New("no response"), true}
	for _, c := range []struct {
		name      string
		err       error
		early     bool
		wantHolds bool // when the token has ended
	}{
		{"valid token", lost, true, false},
		{"no token", lost, false, true},
		{"another process renews", errElsewhere, false, false},
		{"asked to wait", &Error{StatusCode: 429, RetryAfter: time.Minute}, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var f failure
				_ = f.add(c.err, 0.5, false, c.early, time.Now())
				if got := f.holds(stale, time.Now()); !got {
					t.Error("another attempt is due at once though the token is valid")
				}
				if got := f.holds(expired, time.Now()); got != c.wantHolds {
					t.Errorf("without a token callers get the failure: %t, want %t", got, c.wantHolds)
				}
			})
		})
	}
}

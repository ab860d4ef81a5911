package ringcx

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// TestRequestsAreForgotten sends a refresh each five minutes for a day. The limits
// remember those of the last minute alone.
func TestRequestsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newTestEngine(t, http.DefaultTransport)
		for range 24 * 12 {
			if err := e.claim(t.Context(), StageRefresh); err != nil {
				t.Fatal(err)
			}
			e.session.limits.arrived(StageRefresh)
			e.session.stamp(e.clock, e.now())
			time.Sleep(5 * time.Minute)
		}
		if n := len(e.session.limits.hits[StageExchange]); n != 1 {
			t.Errorf("%d requests are remembered, want the last one", n)
		}
	})
}

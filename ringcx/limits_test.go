package ringcx

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"
)

// TestLimits sends four requests whose responses take half a minute each. It is not known
// when they arrived, so the window starts with the response.
func TestLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimits()
		for _, stage := range []Stage{StageExchange, StageRefresh, StageRefresh, StageExchange} {
			if err := l.take(stage, 0); err != nil {
				t.Fatal(err)
			}
			if err := l.take(StageLogin, 0); err != nil {
				t.Fatalf("the sign-in has a limit of its own: %v", err)
			}
			l.finish(StageLogin, true)
			time.Sleep(10 * time.Second)
			l.finish(stage, true)
		}
		err := l.take(StageRefresh, 0)
		limit := asError(err)
		if limit == nil || limit.RetryAfter != 30*time.Second {
			t.Fatalf("error is %v, want a local limit for 30s", err)
		}
		time.Sleep(30*time.Second - 1)
		if err := l.take(StageExchange, 0); err == nil {
			t.Error("the window ended early")
		}
		time.Sleep(time.Nanosecond)
		if err := l.take(StageExchange, 0); err != nil {
			t.Errorf("the window ended late: %v", err)
		}
	})
}

// TestCanceledRequestsDoNotCount cancels requests that reached no service. They count
// neither for this process nor for another one that has read them.
func TestCanceledRequestsDoNotCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock, own, other := knownClock(), newLimits(), newLimits()
		var r record
		for range maxSent {
			if err := own.take(StageExchange, 0); err != nil {
				t.Fatal(err)
			}
			r.set(&session{limits: own}, clock, time.Now())
			other = merged(&r, clock, other)
			own.finish(StageExchange, false)
		}
		if err := other.take(StageExchange, 0); err != nil {
			t.Errorf("only the last request may be under way: %v", err)
		}
		r.set(&session{limits: own}, clock, time.Now())
		for name, l := range map[string]limits{"this process": own, "one that read them": merged(&r, clock, other), "a new one": merged(&r, clock, newLimits())} {
			if err := l.take(StageExchange, 0); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// TestOneRequestIsKept sends what the limit allows while the token is valid. One more
// request is allowed when the token has expired.
func TestOneRequestIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTestChain(t, time.Now, http.DefaultTransport)
		c.current.state.Store(newState("token", nil, time.Now(), defaultLifetime, 0))
		for range maxSent - 1 {
			if _, err := c.permit(t.Context(), StageExchange); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := c.permit(t.Context(), StageExchange); err == nil {
			t.Error("the last request is sent while the token is valid")
		}
		c.current.state.Store(nil)
		if _, err := c.permit(t.Context(), StageExchange); err != nil {
			t.Errorf("there is no token: %v", err)
		}
		if _, err := c.permit(t.Context(), StageExchange); err == nil {
			t.Error("a request more than the limit allows is sent")
		}
	})
}

// TestOldRequestsAreForgotten sends a refresh every five minutes for a day. The limits
// remember only those of the last minute.
func TestOldRequestsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTestChain(t, time.Now, http.DefaultTransport)
		for range 24 * 12 {
			if _, err := c.permit(t.Context(), StageRefresh); err != nil {
				t.Fatal(err)
			}
			c.session.limits.finish(StageRefresh, true)
			c.session.share(c.clock, c.now())
			time.Sleep(5 * time.Minute)
		}
		if n := len(c.session.limits.sent[StageExchange]); n != 1 {
			t.Errorf("%d requests are remembered, want the last one", n)
		}
	})
}

// TestWitnesses asks other processes to wait for an hour. One or two of them stop the
// others for a minute, and each further one doubles that. This process itself waits in
// full, and so do all processes in a cooldown of the sign-in.
func TestWitnesses(t *testing.T) {
	for _, c := range []struct {
		name   string
		stage  Stage
		owners []string
		want   time.Duration
	}{
		{"one", StageExchange, []string{"a"}, time.Minute},
		{"two", StageExchange, []string{"a", "b"}, time.Minute},
		{"three", StageExchange, []string{"a", "b", "c"}, 2 * time.Minute},
		{"five", StageExchange, []string{"a", "b", "c", "d", "e"}, 8 * time.Minute},
		{"this one", StageExchange, []string{"me"}, time.Hour},
		{"this one and another", StageExchange, []string{"me", "a"}, time.Hour},
		{"the sign-in", StageLogin, []string{"a"}, time.Hour},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var r record
				l := newLimits()
				for _, owner := range c.owners {
					l.process = owner
					_ = l.coolDown(c.stage, time.Hour, rateCooldown, nil)
				}
				l.process = "me"
				r.set(&session{limits: l}, knownClock(), time.Now())
				l = merged(&r, knownClock(), l)
				if got := time.Until(l.closedUntil(c.stage)); got != c.want {
					t.Errorf("nothing is sent for %v, want %v", got, c.want)
				}
				l.succeeded(c.stage)
				if err := l.take(c.stage, 0); err != nil {
					t.Errorf("after a success: %v", err)
				}
			})
		})
	}
}

// TestLongerCooldownStays asks a process to wait for an hour, and then for a minute.
func TestLongerCooldownStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimits()
		_ = l.coolDown(StageRefresh, time.Hour, rateCooldown, nil)
		_ = l.coolDown(StageRefresh, time.Minute, rateCooldown, nil)
		if got := time.Until(l.closedUntil(StageRefresh)); got != time.Hour || len(l.cooldowns[StageRefresh]) != 1 {
			t.Errorf("the cooldown lasts %v: %v", got, l.cooldowns)
		}
	})
}

// TestWallClockLiftsNoLimit sets the wall clock of a program without a Store forward by
// hours, or suspends its machine. Only the services' time tells the two apart.
func TestWallClockLiftsNoLimit(t *testing.T) {
	for name, suspended := range map[string]bool{"set forward": false, "suspended": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				clock, probes := &steppedClock{}, 0
				services := func() http.Header {
					now := time.Now()
					if suspended {
						now = now.Add(clock.off)
					}
					return http.Header{"Date": {now.UTC().Format(http.TimeFormat)}}
				}
				c := newTestChain(t, clock.now, roundTripperFunc(func(r *http.Request) (*http.Response, error) {
					probes++
					return &http.Response{StatusCode: http.StatusOK, Header: services(), Body: http.NoBody, Request: r}, nil
				}))
				c.clock.Update(services())
				_ = c.session.limits.coolDownAsAsked(StageRefresh, &Error{StatusCode: http.StatusTooManyRequests, RetryAfter: time.Hour})
				c.session.share(c.clock, c.now())
				if _, err := c.permit(t.Context(), StageRefresh); err == nil || probes > 0 {
					t.Fatalf("error is %v after %d probes, want a local limit without one", err, probes)
				}
				clock.off = 3 * time.Hour
				_, err := c.permit(t.Context(), StageRefresh)
				if limited := isLocalLimit(err); limited == suspended || probes != 1 {
					t.Errorf("error is %v after %d probes", err, probes)
				}
			})
		})
	}
}

// TestWallClockHasNoMonotonicReading checks the clock of a program: with a monotonic
// reading, the difference of two times would not show that the wall clock was set.
func TestWallClockHasNoMonotonicReading(t *testing.T) {
	c := newTestChain(t, time.Now, http.DefaultTransport)
	if now := c.clock.Wall(); now != now.Round(0) {
		t.Errorf("the wall clock reads %v", now)
	}
}

type roundTripperFunc func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f roundTripperFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

var errNoSource = errors.New("there is no source")

type noSource struct{}

// Token implements oauth2.TokenSource.
func (noSource) Token() (*oauth2.Token, error) { return nil, errNoSource }

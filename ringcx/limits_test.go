package ringcx

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"
)

// TestLimits sends four requests whose responses take 10 s each. It is not known when a
// request arrived at the server, so it counts until a minute after its response.
func TestLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimits()
		for _, stage := range []Stage{StageExchange, StageRefresh, StageRefresh, StageExchange} {
			if err := l.take(stage, 0); err != nil {
				t.Fatal(err)
			}
			if err := l.take(StageLogin, 0); err != nil {
				t.Fatalf("sign-ins are not counted by themselves: %v", err)
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
			t.Error("an exchange is allowed less than a minute after the first response")
		}
		time.Sleep(time.Nanosecond)
		if err := l.take(StageExchange, 0); err != nil {
			t.Errorf("a minute after the first response: %v", err)
		}
	})
}

// TestCanceledRequestsDoNotCount checks that requests which reached no service count neither
// in this process nor in others that have read them from the record.
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
			t.Errorf("another process, while the end of the last request is not known: %v", err)
		}
		r.set(&session{limits: own}, clock, time.Now())
		for name, l := range map[string]limits{"this process": own, "another process": merged(&r, clock, other), "a new process": merged(&r, clock, newLimits())} {
			if err := l.take(StageExchange, 0); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// TestOneRequestIsKept checks that one request of the limit is kept while the token is valid,
// and allowed when there is no token.
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
			t.Error("the last request of the limit is permitted while the token is valid")
		}
		c.current.state.Store(nil)
		if _, err := c.permit(t.Context(), StageExchange); err != nil {
			t.Errorf("without a token: %v", err)
		}
		if _, err := c.permit(t.Context(), StageExchange); err == nil {
			t.Error("one request more than the limit is permitted")
		}
	})
}

// TestOldRequestsAreForgotten sends a refresh every five minutes for a day. The limits keep
// only the entry of the last one.
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
			t.Errorf("%d requests are kept, want 1", n)
		}
	})
}

// TestCooldownsOfOtherProcesses checks how long a process waits after other processes were
// asked to wait for an hour: a minute for the first two of them, and twice as long for each
// further one. It waits for the full hour if it was asked itself, or to sign in.
func TestCooldownsOfOtherProcesses(t *testing.T) {
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
					t.Errorf("the process waits for %v, want %v", got, c.want)
				}
				l.succeeded(c.stage)
				if err := l.take(c.stage, 0); err != nil {
					t.Errorf("after a success: %v", err)
				}
			})
		})
	}
}

// TestLongerCooldownStays asks a process to wait for an hour, and then for a minute: it waits
// for the hour.
func TestLongerCooldownStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimits()
		_ = l.coolDown(StageRefresh, time.Hour, rateCooldown, nil)
		_ = l.coolDown(StageRefresh, time.Minute, rateCooldown, nil)
		if got := time.Until(l.closedUntil(StageRefresh)); got != time.Hour || len(l.cooldowns[StageRefresh]) != 1 {
			t.Errorf("the cooldown lasts %v, want 1h0m0s; cooldowns: %v, want one", got, l.cooldowns)
		}
	})
}

// TestWallClockLiftsNoLimit checks that a cooldown ends if the machine was suspended, but not
// if the wall clock was set forward. The process asks RingCX for the time, once, to
// distinguish the two.
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
					t.Errorf("error is %v after %d probes, want a local limit: %t, and 1 probe", err, probes, !suspended)
				}
			})
		})
	}
}

// TestWallClockHasNoMonotonicReading checks the wall clock of the services' time. With a
// monotonic reading, the difference of two times would not show that the clock was set.
func TestWallClockHasNoMonotonicReading(t *testing.T) {
	c := newTestChain(t, time.Now, http.DefaultTransport)
	if now := c.clock.Wall(); now != now.Round(0) {
		t.Errorf("Wall = %v, which has a monotonic reading", now)
	}
}

// roundTripperFunc is a function as an http.RoundTripper.
type roundTripperFunc func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f roundTripperFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

var errNoSource = errors.New("the source has no token")

// noSource is a source of RingCentral tokens that always fails.
type noSource struct{}

// Token implements oauth2.TokenSource.
func (noSource) Token() (*oauth2.Token, error) { return nil, errNoSource }

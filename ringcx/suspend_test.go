package ringcx

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"
)

// steppedClock is a wall clock that goes on by itself while the monotonic one stands still,
// as that of a suspended machine does, or is set.
type steppedClock struct{ off time.Duration }

func (c *steppedClock) now() time.Time { return time.Now().Round(0).Add(c.off) }

// TestSuspendEndsWaits suspends a machine for hours. What it waited for is over.
func TestSuspendEndsWaits(t *testing.T) {
	for name, holds := range map[string]func(*steppedClock) func() bool{
		"failure": func(c *steppedClock) func() bool {
			f := failure{}
			_ = f.add(&Error{StatusCode: http.StatusTooManyRequests, RetryAfter: time.Hour}, 0.5, false, true, c.now())
			return func() bool { return f.holds(expired, c.now()) }
		},
		"circuit breaker": func(c *steppedClock) func() bool {
			b := circuitBreaker{}
			for range 7 {
				b.trip(c.now())
				time.Sleep(time.Minute)
			}
			b.trip(c.now())
			return func() bool { return b.open(c.now()) }
		},
		"lease of another process": func(c *steppedClock) func() bool {
			l := newTestLedger(c.now)
			l.record.Lease = &lease{ID: "other-1", Owner: "other", TTL: leaseTTL.Milliseconds()}
			return func() bool { return l.foreignLease(t.Context()) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				clock := &steppedClock{}
				held := holds(clock)
				if !held() {
					t.Fatal("it does not hold before")
				}
				clock.off = 3 * time.Hour
				if held() {
					t.Error("it still holds")
				}
			})
		})
	}
}

// TestOwnLeaseEndsInASuspend suspends a machine between a claim and its request.
func TestOwnLeaseEndsInASuspend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := &steppedClock{}
		e := &engine{now: clock.now, ledger: newTestLedger(clock.now)}
		e.ledger.leaseEnd = at(clock.now().Add(leaseTTL))
		if late := time.Now().After(e.sendBy()); late {
			t.Error("a request is late at once")
		}
		clock.off = time.Minute
		if late := time.Now().After(e.sendBy()); !late {
			t.Error("a request is sent after the lease has ended")
		}
	})
}

// TestWallClockLiftsNoLimit sets the wall clock of a program without a Store forward by
// hours, or suspends its machine. Which of the two it was the services' time shows.
func TestWallClockLiftsNoLimit(t *testing.T) {
	for name, suspended := range map[string]bool{"set forward": false, "suspended": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				clock, asked := &steppedClock{}, 0
				services := func() http.Header {
					now := time.Now()
					if suspended {
						now = now.Add(clock.off)
					}
					return http.Header{"Date": {now.UTC().Format(http.TimeFormat)}}
				}
				e := newTestEngine(t, roundTripperFunc(func(r *http.Request) (*http.Response, error) {
					asked++
					return &http.Response{StatusCode: http.StatusOK, Header: services(), Body: http.NoBody, Request: r}, nil
				}))
				e.now = clock.now
				e.clock.see(services())
				_ = e.restAsAsked(StageRefresh, &Error{StatusCode: http.StatusTooManyRequests, RetryAfter: time.Hour})
				e.session.stamp(e.clock, e.now())
				if err := e.claim(t.Context(), StageRefresh); err == nil || asked > 0 {
					t.Fatalf("error is %v after %d questions, want a local limit without one", err, asked)
				}
				clock.off = 3 * time.Hour
				err := e.claim(t.Context(), StageRefresh)
				if limited := isLocalLimit(err); limited == suspended || asked != 1 {
					t.Errorf("error is %v after %d questions", err, asked)
				}
			})
		})
	}
}

// TestWallClockHasNoMonotonicReading: with one, the difference of two times would not
// show that the wall clock was set.
func TestWallClockHasNoMonotonicReading(t *testing.T) {
	e := newTestEngine(t, http.DefaultTransport)
	if now := e.clock.wall(); now != now.Round(0) {
		t.Errorf("the wall clock says %v", now)
	}
}

type roundTripperFunc func(*http.Request) (*http.Response, error)

func (f roundTripperFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// newTestEngine is the engine of a program without a Store, whose RingCentral source fails.
func newTestEngine(t *testing.T, transport http.RoundTripper) *engine {
	e, err := newEngine(Config{RingCentral: noSource{}, HTTPClient: &http.Client{Transport: transport}})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

var errNoSource = errors.New("there is no source")

type noSource struct{}

func (noSource) Token() (*oauth2.Token, error) { return nil, errNoSource }

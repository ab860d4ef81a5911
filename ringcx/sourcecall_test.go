package ringcx_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// slowSource is a RingCentral source whose Token method takes no context. Each call
// sleeps and then signs in.
type slowSource struct {
	takes  []time.Duration // of each call; the last one is also that of all further calls
	signIn func() (*oauth2.Token, error)

	mu             sync.Mutex
	calls, running int
	peak           int // maximum of running
}

func (s *slowSource) Token() (*oauth2.Token, error) {
	s.mu.Lock()
	takes := s.takes[min(s.calls, len(s.takes)-1)]
	s.calls++
	s.running++
	s.peak = max(s.peak, s.running)
	s.mu.Unlock()
	time.Sleep(takes)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running--
	return s.signIn()
}

// assert checks the number of calls, and that no two ran at the same time.
func (s *slowSource) assert(t *testing.T, calls int) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.peak > 1 || s.calls != calls {
		t.Errorf("%d calls of the source, up to %d at a time, want %d, 1 at a time", s.calls, s.peak, calls)
	}
}

// slow returns a fake and a TokenSource of it with a slowSource.
func slow(t *testing.T, takes ...time.Duration) (*ringcxtest.Server, *slowSource, *ringcx.TokenSource) {
	t.Helper()
	fake := ringcxtest.NewServer(t)
	cfg := fake.Config()
	login := *cfg.RingCentral.(*ringcx.JWTLogin)
	login.HTTPClient = cfg.HTTPClient
	source := &slowSource{takes: takes, signIn: login.Token}
	cfg.RingCentral = source
	return fake, source, newTokenSource(t, cfg)
}

// tokenAfter calls Token every second and returns how long it took until that returned
// a token, or limit.
func tokenAfter(t *testing.T, ts *ringcx.TokenSource, limit time.Duration) time.Duration {
	t.Helper()
	for start := time.Now(); time.Since(start) < limit; time.Sleep(time.Second) {
		if _, err := ts.Token(); err == nil {
			return time.Since(start)
		}
	}
	return limit
}

// TestSlowSourceIsCalledOnce checks that renewals wait for a call that an earlier renewal
// began, and begin no other.
func TestSlowSourceIsCalledOnce(t *testing.T) {
	for _, takes := range []time.Duration{9 * time.Second, 10 * time.Second, 11 * time.Second, 25 * time.Second, 100 * time.Second} {
		t.Run(takes.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, source, ts := slow(t, takes)
				if got := tokenAfter(t, ts, time.Hour); got < takes || got > takes+16*time.Second {
					t.Errorf("first token after %v, want about %v", got, takes)
				}
				source.assert(t, 1)
			})
		})
	}
}

// TestSlowSourceOfAFleet has a process whose source is slow, with and without another
// process that shares the session and whose source is faster. If there is one, the
// slow process adopts its token.
func TestSlowSourceOfAFleet(t *testing.T) {
	for _, shared := range []bool{false, true} {
		t.Run(fmt.Sprint("shared ", shared), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fake, store, _ := fleet(t)
				process := func(takes time.Duration) (*slowSource, *ringcx.TokenSource) {
					cfg := fake.Config()
					login := *cfg.RingCentral.(*ringcx.JWTLogin)
					login.HTTPClient = cfg.HTTPClient
					source := &slowSource{takes: []time.Duration{takes}, signIn: login.Token}
					cfg.RingCentral, cfg.Store, cfg.Key = source, store, "key"
					return source, newTokenSource(t, cfg)
				}
				source, ts := process(35 * time.Second)
				_, _ = ts.Token()
				low, high := 25*time.Second, 41*time.Second
				if shared {
					_, other := process(time.Second)
					must(other.Token())
					low, high = 0, 3*time.Second
				}
				if got := tokenAfter(t, ts, time.Hour); got < low || got > high {
					t.Errorf("first token after %v, want %v to %v", got, low, high)
				}
				time.Sleep(time.Minute)
				source.assert(t, 1)
				if n := fake.Counts().Exchanges; n != 1 {
					t.Errorf("%d exchanges, want 1", n)
				}
			})
		})
	}
}

// TestHangingSourceLeaksOneCall calls Token for an hour while one call of the source does
// not return. There is no second call, and no further goroutine.
func TestHangingSourceLeaksOneCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, source, ts := slow(t, 2*time.Hour)
		_, err := ts.Token()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error is %v, want %v", err, context.DeadlineExceeded)
		}
		synctest.Wait()
		before := runtime.NumGoroutine()
		if got := tokenAfter(t, ts, time.Hour); got != time.Hour {
			t.Errorf("Token returns a token after %v, want none", got)
		}
		synctest.Wait()
		if after := runtime.NumGoroutine(); after > before {
			t.Errorf("%d more goroutines after an hour, want none", after-before)
		}
		source.assert(t, 1)
		time.Sleep(time.Hour)
	})
}

// TestLateTokenIsUsed has the source return a token while no renewal waits for it. The
// next renewal uses it, unless it has expired or RingCX rejects it.
func TestLateTokenIsUsed(t *testing.T) {
	tests := []struct {
		name  string
		life  time.Duration // lifetime of the RingCentral token; 0: unknown
		fault int           // exchanges that reject the token with 401
		calls int
	}{
		{"valid", time.Hour, 0, 1},
		{"of unknown lifetime", 0, 0, 1},
		{"expired", 2 * time.Minute, 0, 2},
		{"rejected", time.Hour, 1, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fake, source, ts := slow(t, 15*time.Second, time.Second)
				sign := source.signIn
				source.signIn = func() (*oauth2.Token, error) {
					token, err := sign()
					if token.Expiry = time.Now().Add(tt.life); tt.life == 0 {
						token.Expiry = time.Time{}
					}
					return token, err
				}
				if _, err := ts.Token(); err == nil {
					t.Error("Token returns a token, want an error after 10s")
				}
				time.Sleep(5 * time.Minute)
				if tt.fault > 0 {
					fake.Fault(ringcxtest.Exchange, ringcxtest.Status(401, "no"), tt.fault)
				}
				start := time.Now()
				if _, err := ts.Token(); err != nil || time.Since(start) > 2*time.Second {
					t.Errorf("error is %v after %v, want a token within 2s", err, time.Since(start))
				}
				source.assert(t, tt.calls)
			})
		})
	}
}

// TestLateTokenNearItsEnd has a renewal wait for a call that an earlier renewal began,
// and that returns a token which is about to expire. The renewal does not use it and
// calls the source again.
func TestLateTokenNearItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, source, ts := slow(t, 15*time.Second, time.Second)
		sign := source.signIn
		source.signIn = func() (*oauth2.Token, error) {
			token, err := sign()
			if source.calls == 1 {
				token.AccessToken, token.Expiry = "near-its-end", time.Now().Add(5*time.Second)
			}
			return token, err
		}
		_, _ = ts.Token()
		time.Sleep(2 * time.Second)
		if _, err := ts.Token(); err != nil {
			t.Error(err)
		}
		source.assert(t, 2)
		if n := fake.Counts().Exchanges; n != 1 {
			t.Errorf("%d exchanges, want 1", n)
		}
	})
}

// TestLateTokenAfterLogout logs out during a call of the source. The token of that call
// is not used, and there is no second call before it returns.
func TestLateTokenAfterLogout(t *testing.T) {
	for _, returned := range []bool{true, false} {
		t.Run(fmt.Sprintf("returns before the next renewal %v", returned), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fake, source, ts := slow(t, 18*time.Second, time.Second)
				_, _ = ts.Token()
				if err := ts.Logout(t.Context()); err != nil {
					t.Error(err)
				}
				if returned {
					time.Sleep(time.Minute)
				}
				if _, err := ts.Token(); err != nil {
					t.Error(err)
				}
				source.assert(t, 2)
				if n := fake.Counts().Exchanges; n != 1 {
					t.Errorf("%d exchanges, want 1", n)
				}
			})
		})
	}
}

// TestCloseDoesNotWaitForTheSource closes a TokenSource while a call of its source does
// not return.
func TestCloseDoesNotWaitForTheSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, source, ts := slow(t, time.Hour)
		_, _ = ts.Token()
		time.Sleep(2 * time.Second)
		failed := make(chan error, 1)
		go func() {
			_, err := ts.Token()
			failed <- err
		}()
		synctest.Wait()
		start := time.Now()
		ts.Close()
		if err := <-failed; !errors.Is(err, ringcx.ErrClosed) || time.Since(start) != 0 {
			t.Errorf("error is %v after %v, want %v at once", err, time.Since(start), ringcx.ErrClosed)
		}
		source.assert(t, 1)
		time.Sleep(time.Hour)
	})
}

// TestLateErrorCountsOnce has a call of the source return an error after its renewal has
// timed out. The next renewal calls the source again, unless the error is a 429 with a
// Retry-After.
func TestLateErrorCountsOnce(t *testing.T) {
	tests := []struct {
		name  string
		err   error
		calls int
	}{
		{"no response", errors.New("reset"), 2},
		{"429", &oauth2.RetrieveError{Response: &http.Response{StatusCode: 429, Header: http.Header{"Retry-After": {"600"}}}}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, source, ts := slow(t, 12*time.Second, time.Second)
				sign := source.signIn
				source.signIn = func() (*oauth2.Token, error) {
					if source.calls == 1 {
						return nil, tt.err
					}
					return sign()
				}
				_, _ = ts.Token()
				time.Sleep(time.Minute)
				_, err := ts.Token()
				if (err == nil) != (tt.calls == 2) {
					t.Errorf("error is %v after %d calls of the source", err, tt.calls)
				}
				source.assert(t, tt.calls)
				if tokenAfter(t, ts, time.Hour) == time.Hour {
					t.Error("no token in an hour")
				}
			})
		})
	}
}

// contextSource returns when the context of the call is done, and counts the calls.
type contextSource struct{ calls int }

func (s *contextSource) Token() (*oauth2.Token, error) { return nil, errors.ErrUnsupported }

func (s *contextSource) TokenContext(ctx context.Context) (*oauth2.Token, error) {
	s.calls++
	<-ctx.Done()
	return nil, ctx.Err()
}

// TestSourceWithContext has callers that give up after 1 s, and a source whose calls end
// with their context, after 10 s. Each renewal calls the source once.
func TestSourceWithContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &contextSource{}
		ts := newTokenSource(t, ringcx.Config{RingCentral: source})
		for n := 1; n <= 3; n++ {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			if _, err := ts.TokenContext(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("error is %v, want %v", err, context.DeadlineExceeded)
			}
			cancel()
			synctest.Wait()
			if source.calls != n {
				t.Errorf("%d calls of the source, want %d", source.calls, n)
			}
			time.Sleep(30 * time.Second)
		}
	})
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

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

// slowSource is a source without a context. Each call takes a while, the last
// duration for all further calls, and then signs in.
type slowSource struct {
	takes  []time.Duration
	signIn func() (*oauth2.Token, error)

	mu             sync.Mutex
	calls, running int
	peak           int // calls at a time
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

func (s *slowSource) assert(t *testing.T, calls int) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.peak > 1 || s.calls != calls {
		t.Errorf("%d calls, %d at a time, want %d, 1 at a time", s.calls, s.peak, calls)
	}
}

// slow makes a TokenSource of a fake with such a source.
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

// tokenAfter asks every second and returns when the first token came.
func tokenAfter(t *testing.T, ts *ringcx.TokenSource, limit time.Duration) time.Duration {
	t.Helper()
	for start := time.Now(); time.Since(start) < limit; time.Sleep(time.Second) {
		if _, err := ts.Token(); err == nil {
			return time.Since(start)
		}
	}
	return limit
}

func TestSlowSourceIsAskedOnce(t *testing.T) {
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

// TestSlowSourceOfAFleet shares a session between a process whose source is slow and
// one whose source is not. The slow one takes over the token of the other one.
func TestSlowSourceOfAFleet(t *testing.T) {
	for _, alone := range []bool{true, false} {
		t.Run(fmt.Sprint(alone), func(t *testing.T) {
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
				if !alone {
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

// TestHangingSourceLeaksOneCall asks a source that never returns, for an hour.
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
			t.Errorf("a token after %v", got)
		}
		synctest.Wait()
		if after := runtime.NumGoroutine(); after > before {
			t.Errorf("%d goroutines more after an hour", after-before)
		}
		source.assert(t, 1)
		time.Sleep(time.Hour)
	})
}

// TestLateTokenIsUsed lets a token come while no renewal waits for it.
func TestLateTokenIsUsed(t *testing.T) {
	tests := []struct {
		name  string
		life  time.Duration // of the RingCentral token; 0: not known
		fault int           // exchanges that reject the token with 401
		calls int
	}{
		{"valid", time.Hour, 0, 1},
		{"of unknown life", 0, 0, 1},
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
					t.Error("a token after 10s, want an error")
				}
				time.Sleep(5 * time.Minute)
				if tt.fault > 0 {
					fake.Fault(ringcxtest.Exchange, ringcxtest.Status(401, "no"), tt.fault)
				}
				start := time.Now()
				if _, err := ts.Token(); err != nil || time.Since(start) > 2*time.Second {
					t.Errorf("%v after %v, want a token at once", err, time.Since(start))
				}
				source.assert(t, tt.calls)
			})
		})
	}
}

// TestPendingTokenThatHasEnded waits for a call that returns a token which is about
// to end: it is not used, and the source is called again.
func TestPendingTokenThatHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, source, ts := slow(t, 15*time.Second, time.Second)
		sign := source.signIn
		source.signIn = func() (*oauth2.Token, error) {
			token, err := sign()
			if source.calls == 1 {
				token.AccessToken, token.Expiry = "ended", time.Now().Add(5*time.Second)
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

// TestLateTokenAfterLogout does not use the token of a call that began before a
// Logout, and does not call again before it returns.
func TestLateTokenAfterLogout(t *testing.T) {
	for _, returned := range []bool{true, false} { // before the next renewal
		t.Run(fmt.Sprint(returned), func(t *testing.T) {
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

func TestCloseLeavesAPendingCall(t *testing.T) {
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
			t.Errorf("%v after %v, want %v at once", err, time.Since(start), ringcx.ErrClosed)
		}
		source.assert(t, 1)
		time.Sleep(time.Hour)
	})
}

// TestLateErrorCountsOnce lets a call end with an error after its renewal: the next
// renewal calls again, unless RingCentral asked to wait.
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
					t.Errorf("error is %v", err)
				}
				source.assert(t, tt.calls)
				if tokenAfter(t, ts, time.Hour) == time.Hour {
					t.Error("no token in an hour")
				}
			})
		})
	}
}

// obedient is a source whose calls end with their context.
type obedient struct{ calls int }

func (o *obedient) Token() (*oauth2.Token, error) { return nil, errors.ErrUnsupported }

func (o *obedient) TokenContext(ctx context.Context) (*oauth2.Token, error) {
	o.calls++
	<-ctx.Done()
	return nil, ctx.Err()
}

// TestSourceWithContext gives each call of a source that honors its context 10
// seconds, however long the callers wait.
func TestSourceWithContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &obedient{}
		ts := newTokenSource(t, ringcx.Config{RingCentral: source})
		for n := 1; n <= 3; n++ {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			if _, err := ts.TokenContext(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("error is %v", err)
			}
			cancel()
			synctest.Wait()
			if source.calls != n {
				t.Errorf("%d calls, want %d", source.calls, n)
			}
			time.Sleep(30 * time.Second)
		}
	})
}

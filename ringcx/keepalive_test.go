package ringcx_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// sentRefreshes is a RoundTripper that records the refresh tokens that are sent to
// RingCentral.
type sentRefreshes struct {
	base http.RoundTripper

	mu   sync.Mutex
	sent []string
}

func (s *sentRefreshes) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path == "/restapi/oauth/token" {
		body, _ := io.ReadAll(r.Body)
		form, _ := url.ParseQuery(string(body))
		s.mu.Lock()
		s.sent = append(s.sent, form.Get("refresh_token"))
		s.mu.Unlock()
		r = r.Clone(r.Context())
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	return s.base.RoundTrip(r)
}

// check requires 1 to most refreshes, each with another token.
func (s *sentRefreshes) check(t *testing.T, most int) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.sent); n < 1 || n > most {
		t.Errorf("%d refreshes at RingCentral, want 1 to %d", n, most)
	}
	seen := map[string]bool{}
	for _, token := range s.sent {
		if seen[token] {
			t.Errorf("the refresh token %s was sent twice", token)
		}
		seen[token] = true
	}
}

// newSignedIn returns a fake, and a Config with a CodeLogin of a user who has signed in.
func newSignedIn(t *testing.T) (*ringcxtest.Server, *sentRefreshes, ringcx.Config) {
	t.Helper()
	fake := ringcxtest.NewServer(t)
	cfg := fake.Config()
	sent := &sentRefreshes{base: cfg.HTTPClient.Transport}
	cfg.HTTPClient = &http.Client{Transport: sent}
	token := fake.SignIn()
	v := &vault{token: *token}
	cfg.RingCentral = &ringcx.CodeLogin{
		ClientID: ringcxtest.ClientID, ClientSecret: ringcxtest.ClientSecret, InitialToken: token,
		Save: v.Save, Load: v.Load, BaseURL: cfg.RingCentral.(*ringcx.JWTLogin).BaseURL,
	}
	return fake, sent, cfg
}

// ofOtherProcess returns cfg for another process: its CodeLogin has a token of its own.
func ofOtherProcess(cfg ringcx.Config) ringcx.Config {
	login := *cfg.RingCentral.(*ringcx.CodeLogin)
	token, err := login.Load()
	if err != nil {
		panic(err)
	}
	login.InitialToken = token
	cfg.RingCentral = &login
	return cfg
}

// useFor makes each of the sources return a token every minute.
func useFor(t *testing.T, d time.Duration, sources ...*ringcx.TokenSource) {
	t.Helper()
	for start := time.Now(); time.Since(start) < d; time.Sleep(time.Minute) {
		for _, ts := range sources {
			if _, err := ts.Token(); err != nil {
				t.Fatalf("after %v: %v", time.Since(start), err)
			}
		}
	}
}

// loseRefresh makes the next refresh at RingCX fail after the server has processed it, and
// requires that each source returns a new token.
func loseRefresh(t *testing.T, fake *ringcxtest.Server, sources ...*ringcx.TokenSource) {
	t.Helper()
	synctest.Wait()
	fake.Fault(ringcxtest.Refresh, ringcxtest.DropAnswer, 1)
	time.Sleep(10 * time.Minute)
	for _, ts := range sources {
		if _, err := ts.Token(); err != nil {
			time.Sleep(10 * time.Second)
			if _, err = ts.Token(); err != nil {
				t.Errorf("after the lost refresh: %v", err)
			}
		}
	}
}

// TestCodeLoginIsKeptAlive uses a session for ten days: longer than the lifetime of a
// RingCentral refresh token. RingCX tokens are refreshed all the time, so that the
// RingCentral token is not needed before a refresh is lost.
func TestCodeLoginIsKeptAlive(t *testing.T) {
	t.Run("one process", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			fake, sent, cfg := newSignedIn(t)
			ts := newTokenSource(t, cfg)
			useFor(t, 10*24*time.Hour, ts)
			loseRefresh(t, fake, ts)
			sent.check(t, 11)
		})
	})
	t.Run("two processes", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			fake, sent, cfg := newSignedIn(t)
			_, cfg.Store, _ = fleet(t)
			cfg.Key = "key"
			a, b := newTokenSource(t, cfg), newTokenSource(t, ofOtherProcess(cfg))
			useFor(t, 10*24*time.Hour, a, b)
			loseRefresh(t, fake, a, b)
			sent.check(t, 11)
		})
	})
	t.Run("token without Expiry", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			fake, sent, cfg := newSignedIn(t)
			cfg.RingCentral.(*ringcx.CodeLogin).InitialToken.Expiry = time.Time{}
			cfg.RingCentral.(*ringcx.CodeLogin).Load = nil
			ts := newTokenSource(t, cfg)
			useFor(t, 10*24*time.Hour, ts)
			loseRefresh(t, fake, ts)
			sent.check(t, 11)
		})
	})
}

// TestKeepingAliveCountsLoad has another program refresh the session. The session is not
// refreshed again before a day has passed since then.
func TestKeepingAliveCountsLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, sent, cfg := newSignedIn(t)
		ts := newTokenSource(t, cfg)
		useFor(t, 20*time.Hour, ts)
		other := *ofOtherProcess(cfg).RingCentral.(*ringcx.CodeLogin)
		other.HTTPClient = cfg.HTTPClient
		must(other.Token())
		useFor(t, 20*time.Hour, ts) // the token of the other program expired after 21 h
		sent.check(t, 1)
		useFor(t, 5*time.Hour, ts)
		synctest.Wait()
		if len(sent.sent) != 2 {
			t.Errorf("%d refreshes, want 2", len(sent.sent))
		}
	})
}

// TestKeepingAliveFails makes RingCentral unreachable, and then slow, when the session is
// due. Callers get tokens without a delay. Each renewal tries again.
func TestKeepingAliveFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, sent, cfg := newSignedIn(t)
		failures, refreshed := 0, 0
		cfg.OnEvent = func(e ringcx.Event) {
			switch {
			case e.Stage == ringcx.StageLogin && e.Err != nil:
				failures++
			case e.Stage == ringcx.StageLogin:
				refreshed++
			case e.Err != nil:
				t.Errorf("event: %v", e)
			}
		}
		ts := newTokenSource(t, cfg)
		useFor(t, 23*time.Hour, ts)
		fake.Fault(ringcxtest.Login, ringcxtest.Unreachable, 50)
		fake.Fault(ringcxtest.Login, ringcxtest.Slow(8*time.Second), 1)
		for start := time.Now(); time.Since(start) < 6*time.Hour; time.Sleep(time.Second) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
			if _, err := ts.TokenContext(ctx); err != nil {
				t.Fatalf("a caller waits: %v", err)
			}
			cancel()
		}
		synctest.Wait()
		if failures != 50 || refreshed != 2 {
			t.Errorf("%d failed attempts and %d others, want 50 and 2: the sign-in, and the refresh", failures, refreshed)
		}
		if len(sent.sent) != 51 {
			t.Errorf("%d attempts to refresh, want 51", len(sent.sent))
		}
	})
}

// TestKeptAliveSessionHasEnded has a refresh token that expires after two hours. The
// service continues with the RingCX tokens, and events report that the user must sign in.
func TestKeptAliveSessionHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, sent, cfg := newSignedIn(t)
		fake.SetLoginLifetimes(time.Hour, 2*time.Hour)
		login := cfg.RingCentral.(*ringcx.CodeLogin)
		login.InitialToken, login.Load = fake.SignIn(), nil
		ended := 0
		cfg.OnEvent = func(e ringcx.Event) {
			if errors.Is(e.Err, ringcx.ErrSignInRequired) {
				ended++
			}
		}
		ts := newTokenSource(t, cfg)
		useFor(t, 25*time.Hour, ts)
		synctest.Wait()
		if ended < 5 {
			t.Errorf("%d events report that the user must sign in again, want one after each renewal", ended)
		}
		sent.check(t, 1)
	})
}

// TestNewSignInIsLoaded stores the token of a new sign-in after ErrSignInRequired. The
// client works again within about a minute.
func TestNewSignInIsLoaded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, _, cfg := newSignedIn(t)
		login := cfg.RingCentral.(*ringcx.CodeLogin)
		ts := newTokenSource(t, cfg)
		first := must(ts.Token())
		fake.RevokeSession()
		ts.Invalidate(first)
		if _, err := ts.Token(); !errors.Is(err, ringcx.ErrSignInRequired) {
			t.Fatalf("error is %v, want %v", err, ringcx.ErrSignInRequired)
		}
		if err := login.Save(fake.SignIn()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(75 * time.Second)
		must(ts.Token())
	})
}

// TestHintOfAnEndedSession ends the RingCentral session of an app that worked before. The
// error of the exchange must not suggest that the app is not set up.
func TestHintOfAnEndedSession(t *testing.T) {
	fake, _, cfg := newSignedIn(t)
	var exchange string
	cfg.OnEvent = func(e ringcx.Event) {
		if e.Stage == ringcx.StageExchange && e.Err != nil {
			exchange = e.Err.Error()
		}
	}
	ts := newTokenSource(t, cfg)
	first := must(ts.Token())
	fake.RevokeSession()
	ts.Invalidate(first)
	if _, err := ts.Token(); !errors.Is(err, ringcx.ErrSignInRequired) {
		t.Errorf("error is %v, want %v", err, ringcx.ErrSignInRequired)
	}
	if !strings.Contains(exchange, "session of this token was ended") || strings.Contains(exchange, "Read Accounts") {
		t.Errorf("error of the exchange is %q, want that the session was ended", exchange)
	}
}

package ringcx_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
	"github.com/ringcx-go/ringcx-go/ringcx/storetest"
)

// spyStore is a Store that can be broken, and that knows its keys.
type spyStore struct {
	ringcx.Store
	mu     sync.Mutex
	broken string // the method that fails: "load", "swap" or "both"
	keys   []string
}

func (s *spyStore) fails(method, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Contains(s.keys, key) {
		s.keys = append(s.keys, key)
	}
	if s.broken == method || s.broken == "both" {
		return errors.New("the Store is broken")
	}
	return nil
}

func (s *spyStore) breaks(method string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = method
}

func (s *spyStore) Load(ctx context.Context, key string) ([]byte, string, error) {
	if err := s.fails("load", key); err != nil {
		return nil, "", err
	}
	return s.Store.Load(ctx, key)
}

func (s *spyStore) CompareAndSwap(ctx context.Context, key, version string, data []byte) (string, error) {
	if err := s.fails("swap", key); err != nil {
		return "", err
	}
	return s.Store.CompareAndSwap(ctx, key, version, data)
}

// fleet is a fake, a Store, and a way to make processes that share both.
func fleet(t *testing.T) (*ringcxtest.Server, *spyStore, func() *ringcx.TokenSource) {
	fake := ringcxtest.NewServer(t)
	store := &spyStore{Store: storetest.NewMemory()}
	return fake, store, func() *ringcx.TokenSource {
		cfg := fake.Config()
		cfg.Store = store
		return newTokenSource(t, cfg)
	}
}

func TestOneSessionForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, _, process := fleet(t)
		first, second := process(), process()
		token := must(first.Token())
		synctest.Wait()
		if got := must(second.Token()); got.AccessToken != token.AccessToken {
			t.Error("the second process has a token of its own")
		}
		session, err := second.Session(t.Context())
		if err != nil || len(session.AgentDetails) != 1 {
			t.Errorf("the second process has the session %+v, %v", session, err)
		}
		spent{1, 1, 0}.check(t, fake)

		time.Sleep(226 * time.Second)
		must(second.Token()) // renews in the background
		synctest.Wait()
		must(first.Token()) // adopts in the background
		synctest.Wait()
		if a, b := must(first.Token()), must(second.Token()); a.AccessToken != b.AccessToken || a.AccessToken == token.AccessToken {
			t.Error("the first process did not adopt the new pair")
		}
		spent{1, 1, 1}.check(t, fake)
	})
}

// TestRefusedTokenIsNotAdoptedAgain has the record hold the token that a call
// found refused.
func TestRefusedTokenIsNotAdoptedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, _, process := fleet(t)
		first, second := process(), process()
		token := must(first.Token())
		synctest.Wait()
		must(second.Token())
		second.Invalidate(token)
		renewed := must(second.Token())
		synctest.Wait()
		first.Invalidate(token)
		if got := must(first.Token()); got.AccessToken != renewed.AccessToken {
			t.Error("the first process did not adopt what the second bought")
		}
		spent{1, 1, 1}.check(t, fake)
	})
}

// TestStoreDown goes through an outage: what is good is served, nobody signs in,
// and the refresh token is not spent.
func TestStoreDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		ts := process()
		token := must(ts.Token())
		synctest.Wait()
		store.breaks("both")
		time.Sleep(280 * time.Second)
		if got := must(ts.Token()); got.AccessToken != token.AccessToken {
			t.Error("the token that is good is not served")
		}
		time.Sleep(11 * time.Second)
		if _, err := ts.Token(); err == nil || !strings.Contains(err.Error(), "the Store is broken") {
			t.Errorf("in the first minute: %v, want the Store's error", err)
		}
		time.Sleep(time.Minute)
		must(ts.Token())
		spent{1, 2, 0}.check(t, fake)

		store.breaks("")
		time.Sleep(5 * time.Minute)
		must(ts.Token())
		spent{1, 2, 1}.check(t, fake)
	})
}

func TestStoreDownAtTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		store.breaks("load")
		if _, err := process().Token(); err == nil || !strings.Contains(err.Error(), "ringcx: the Store: load: the Store is broken") {
			t.Errorf("error is %v", err)
		}
		spent{}.check(t, fake)
	})
}

// TestPairOutlivesTheStore shows that a pair that was bought is served though it
// cannot be written, and written when it can.
func TestPairOutlivesTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		cfg := fake.Config()
		cfg.Store = store
		cfg.OnEvent = func(e ringcx.Event) {
			if e.Stage == ringcx.StageExchange { // bought, and not yet written
				store.breaks("swap")
			}
		}
		ts := newTokenSource(t, cfg)
		token := must(ts.Token())
		time.Sleep(time.Second)
		store.breaks("")
		time.Sleep(10 * time.Second) // the next try
		if got := must(process().Token()); got.AccessToken != token.AccessToken {
			t.Error("the pair was not written after all")
		}
		spent{1, 1, 0}.check(t, fake)
	})
}

func TestRecordIsCorrupt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		must(process().Token())
		synctest.Wait()
		key := store.keys[0]
		_, version, _ := store.Load(t.Context(), key)
		must(store.CompareAndSwap(t.Context(), key, version, []byte("{torn")))
		var told []string
		cfg := fake.Config()
		cfg.Store = store
		cfg.OnEvent = func(e ringcx.Event) {
			if e.Err != nil {
				told = append(told, fmt.Sprint(e.Stage, " ", e.Err))
			}
		}
		must(newTokenSource(t, cfg).Token())
		if len(told) != 1 || !strings.HasPrefix(told[0], "store ringcx: the Store: the record of key") {
			t.Errorf("told %q", told)
		}
		synctest.Wait()
		if data, _, _ := store.Load(t.Context(), key); !json.Valid(data) {
			t.Errorf("the record is still %q", data)
		}
	})
}

// TestUnknownMembersAreKept has a newer version of this package write more.
func TestUnknownMembersAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, store, process := fleet(t)
		ts := process()
		must(ts.Token())
		synctest.Wait()
		key := store.keys[0]
		data, version, _ := store.Load(t.Context(), key)
		must(store.CompareAndSwap(t.Context(), key, version, []byte(strings.Replace(string(data), "{", `{"new":{"a":[1]},`, 1))))
		ts.Invalidate(must(ts.Token()))
		must(ts.Token())
		synctest.Wait()
		if data, _, _ = store.Load(t.Context(), key); !strings.Contains(string(data), `"new":{"a":[1]}`) {
			t.Error("the member of a newer version was dropped")
		}
	})
}

func TestLogoutRemovesTheRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		must(process().Token())
		synctest.Wait()
		if err := process().Logout(t.Context()); err != nil { // by another process
			t.Error(err)
		}
		if c := fake.Counts(); c.Logouts != 1 || c.Revokes != 1 {
			t.Errorf("%d logouts, %d revocations, want 1 and 1", c.Logouts, c.Revokes)
		}
		if data, _, err := store.Load(t.Context(), store.keys[0]); data != nil || err != nil {
			t.Errorf("the record is %q, %v", data, err)
		}
	})
}

// TestKeys has tenants that must not share a record, and two that should.
func TestKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, _ := fleet(t)
		other := "e30.eyJzdWIiOiI5OTk5In0.c2ln"
		for _, change := range []func(*ringcx.Config, *ringcx.JWTLogin){
			func(*ringcx.Config, *ringcx.JWTLogin) {},
			func(_ *ringcx.Config, l *ringcx.JWTLogin) { l.ClientSecret = "another" }, // the same tenant
			func(_ *ringcx.Config, l *ringcx.JWTLogin) { l.ClientID = "another" },
			func(_ *ringcx.Config, l *ringcx.JWTLogin) { l.JWT = other },
			func(_ *ringcx.Config, l *ringcx.JWTLogin) { l.JWT = "opaque" },
			func(_ *ringcx.Config, l *ringcx.JWTLogin) { l.BaseURL = "https://rc.example" },
			func(c *ringcx.Config, _ *ringcx.JWTLogin) { c.BaseURL = "https://cx.example" },
			func(c *ringcx.Config, _ *ringcx.JWTLogin) { c.Key = "mine" },
		} {
			cfg := fake.Config()
			cfg.Store = store
			change(&cfg, cfg.RingCentral.(*ringcx.JWTLogin))
			ts := newTokenSource(t, cfg)
			store.breaks("load")
			_, _ = ts.Token()
		}
		if len(store.keys) != 7 || store.keys[6] != "mine/1" {
			t.Errorf("%d keys: %q", len(store.keys), store.keys)
		}
		for _, key := range store.keys {
			if strings.Contains(key, ringcxtest.JWT) || strings.Contains(key, "opaque") {
				t.Errorf("key %q shows the credential", key)
			}
		}
	})
	if _, err := ringcx.New(ringcx.Config{RingCentral: oauth2.StaticTokenSource(nil), Store: storetest.NewMemory()}); err == nil || !strings.Contains(err.Error(), "Config.Key is required") {
		t.Errorf("error is %v", err)
	}
}

// TestOldRecord finds a pair of hours ago. A process that asks for a token and
// makes no call must not be given that one.
func TestOldRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, _, process := fleet(t)
		token := must(process().Token())
		time.Sleep(6 * time.Minute)
		second := must(process().Token())
		if second.AccessToken == token.AccessToken {
			t.Error("a process on the same host was given a token that is dead")
		}
		time.Sleep(2 * time.Hour)
		foreign := process()
		ringcx.SetClock(foreign, time.Now, func() float64 { return 0.5 }) // as on another host
		if third := must(foreign.Token()); third.AccessToken == second.AccessToken {
			t.Error("a process on another host was given a token of hours ago")
		}
		spent{1, 1, 2}.check(t, fake)
	})
}

// TestReadOnlyStore has a Store that answers and writes nothing.
func TestReadOnlyStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		ts := process()
		must(ts.Token())
		synctest.Wait()
		store.breaks("swap")
		time.Sleep(226 * time.Second)
		must(ts.Token()) // finds out
		time.Sleep(70 * time.Second)
		must(ts.Token())
		spent{1, 2, 0}.check(t, fake)
	})
}

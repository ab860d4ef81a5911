package ringcx_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
	"github.com/ringcx-go/ringcx-go/ringcx/storetest"
)

// TestOneSessionForAll lets two processes share one session, also after a renewal.
func TestOneSessionForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, _, process := fleet(t)
		first, second := process(), process()
		token := must(first.Token())
		synctest.Wait()
		if got := must(second.Token()); got.AccessToken != token.AccessToken {
			t.Error("the second process has another token than the first")
		}
		session, err := second.Session(t.Context())
		if err != nil || len(session.AgentDetails) != 1 {
			t.Errorf("Session of the second process returns %+v, %v", session, err)
		}
		spent{1, 1, 0}.check(t, fake)

		time.Sleep(226 * time.Second)
		must(second.Token()) // renews in the background
		synctest.Wait()
		must(first.Token()) // reads the new tokens in the background
		synctest.Wait()
		if a, b := must(first.Token()), must(second.Token()); a.AccessToken != b.AccessToken || a.AccessToken == token.AccessToken {
			t.Error("the first process did not adopt the new tokens")
		}
		spent{1, 1, 1}.check(t, fake)
	})
}

// TestRejectedTokenIsNotAdoptedAgain invalidates a token in two processes, one after the
// other. The second one must use the tokens that the first one wrote, not the invalidated
// token.
func TestRejectedTokenIsNotAdoptedAgain(t *testing.T) {
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
			t.Error("the first process did not adopt the tokens of the second")
		}
		spent{1, 1, 1}.check(t, fake)
	})
}

// TestDiscardedLoginIsNotUsedAgain lets another process discard the RingCentral token of
// the record. The process that had signed in must not send that token again.
func TestDiscardedLoginIsNotUsedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		ts := process()
		token := must(ts.Token())
		synctest.Wait()
		store.replace(t, func(data string) string {
			var r map[string]any
			if err := json.Unmarshal([]byte(data), &r); err != nil {
				t.Fatal(err)
			}
			r["rc"], r["refresh"], r["rev"] = "", "", "another"
			changed, _ := json.Marshal(r)
			return string(changed)
		})
		ts.Invalidate(token)
		must(ts.Token())
		spent{2, 2, 0}.check(t, fake)
	})
}

// TestKeys asserts that different tenants use different keys, that a changed client
// secret does not change the key, and that keys contain no credentials.
func TestKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, _ := fleet(t)
		other := "e30.eyJzdWIiOiI5OTk5In0.c2ln"
		for _, change := range []func(*ringcx.Config, *ringcx.JWTLogin){
			func(*ringcx.Config, *ringcx.JWTLogin) {},
			func(_ *ringcx.Config, l *ringcx.JWTLogin) { l.ClientSecret = "another" }, // the same key
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
		if len(store.keys) != 7 || store.keys[6] != "mine/2" {
			t.Errorf("%d keys, want 7, the last \"mine/2\": %q", len(store.keys), store.keys)
		}
		for _, key := range store.keys {
			if strings.Contains(key, ringcxtest.JWT) || strings.Contains(key, "opaque") {
				t.Errorf("key %q contains the credential", key)
			}
		}
	})
	if _, err := ringcx.New(ringcx.Config{RingCentral: oauth2.StaticTokenSource(nil), Store: storetest.NewMemory()}); err == nil || !strings.Contains(err.Error(), "Config.Key is required") {
		t.Errorf("error is %v", err)
	}
}

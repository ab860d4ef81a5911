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

func TestLogoutRemovesTheRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		must(process().Token())
		synctest.Wait()
		time.Sleep(2 * time.Minute) // no request counts any more
		ts := process()
		if err := ts.Logout(t.Context()); err != nil { // by another process
			t.Error(err)
		}
		ts.Close()
		if c := fake.Counts(); c.Logouts != 1 || c.Revokes != 1 {
			t.Errorf("%d logouts, %d revocations, want 1 and 1", c.Logouts, c.Revokes)
		}
		if data, _, err := store.Load(t.Context(), store.keys[0]); data != nil || err != nil {
			t.Errorf("the record is %q, %v", data, err)
		}
	})
}

// TestTokenAfterLogout has the process that logged out go on: with a new session.
func TestTokenAfterLogout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, _, process := fleet(t)
		ts := process()
		before := must(ts.Token())
		synctest.Wait()
		if err := ts.Logout(t.Context()); err != nil {
			t.Error(err)
		}
		if after := must(ts.Token()); after.AccessToken == before.AccessToken {
			t.Error("the token of the session that was ended is given out")
		}
		spent{2, 2, 0}.check(t, fake)
	})
}

// TestLogoutBesideAnotherSession has another process begin a session while one
// ends its own. The new one stays.
func TestLogoutBesideAnotherSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, _ := fleet(t)
		cfg := fake.Config()
		cfg.Store = store
		cfg.OnEvent = func(e ringcx.Event) {
			if e.Stage == ringcx.StageLogout {
				store.replace(t, func(string) string { return `{"gen":9,"rev":"another"}` })
			}
		}
		ts := newTokenSource(t, cfg)
		must(ts.Token())
		synctest.Wait()
		if err := ts.Logout(t.Context()); err != nil {
			t.Error(err)
		}
		if data, _, err := store.Load(t.Context(), store.keys[0]); !strings.Contains(string(data), "another") || err != nil {
			t.Errorf("the record is %q, %v", data, err)
		}
	})
}

// TestLogoutByAnother has a process meet the end of a session that it had bought.
func TestLogoutByAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, _, process := fleet(t)
		ts := process()
		before := must(ts.Token())
		synctest.Wait()
		if err := process().Logout(t.Context()); err != nil {
			t.Error(err)
		}
		ts.Invalidate(before) // as a call does that meets the 401
		if after := must(ts.Token()); after.AccessToken == before.AccessToken {
			t.Error("the ended session's token is given out")
		}
		spent{2, 2, 0}.check(t, fake)
	})
}

// TestGivenUpLoginStaysGivenUp has another process find the RingCentral token to be
// worth nothing. The one that had signed in does not try it again.
func TestGivenUpLoginStaysGivenUp(t *testing.T) {
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
		if len(store.keys) != 7 || store.keys[6] != "mine/2" {
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

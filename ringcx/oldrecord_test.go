package ringcx_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

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

// TestDowngradedRecord puts back the record of a pair ago. Its refresh token was
// spent, which a process that was there knows.
func TestDowngradedRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		ts := process()
		must(ts.Token())
		synctest.Wait()
		old, _, _ := store.Load(t.Context(), store.keys[0])
		ts.Invalidate(must(ts.Token()))
		must(ts.Token())
		synctest.Wait()
		store.replace(t, func(string) string { return string(old) })
		ts.Invalidate(must(ts.Token()))
		must(ts.Token())
		spent{1, 2, 1}.check(t, fake)
	})
}

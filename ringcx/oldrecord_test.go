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

// TestRecordIsCorrupt has a process find a record that is not valid JSON. It reports that
// once and replaces the record.
func TestRecordIsCorrupt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		must(process().Token())
		synctest.Wait()
		key := store.keys[0]
		_, version, _ := store.Load(t.Context(), key)
		must(store.CompareAndSwap(t.Context(), key, version, []byte("{torn")))
		var reported []string
		cfg := fake.Config()
		cfg.Store = store
		cfg.OnEvent = func(e ringcx.Event) {
			if e.Err != nil {
				reported = append(reported, fmt.Sprint(e.Stage, " ", e.Err))
			}
		}
		must(newTokenSource(t, cfg).Token())
		if len(reported) != 1 || !strings.HasPrefix(reported[0], "store ringcx: the Store: the record of key") {
			t.Errorf("errors of OnEvent are %q, want one about the record", reported)
		}
		synctest.Wait()
		if data, _, _ := store.Load(t.Context(), key); !json.Valid(data) {
			t.Errorf("the record is still not valid JSON: %q", data)
		}
	})
}

// TestUnknownFieldsAreKept adds a field to the record, as a newer version of this package
// may. A renewal must not remove it.
func TestUnknownFieldsAreKept(t *testing.T) {
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
			t.Error("the record lacks the field of the newer version")
		}
	})
}

// TestOldRecord has processes find a record whose token has expired: on the same machine
// six minutes ago, on another machine two hours ago. They make no calls, but must not
// get the expired token.
func TestOldRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, _, process := fleet(t)
		token := must(process().Token())
		time.Sleep(6 * time.Minute)
		second := must(process().Token())
		if second.AccessToken == token.AccessToken {
			t.Error("a process on the same machine got an expired token")
		}
		time.Sleep(2 * time.Hour)
		remote := process()
		ringcx.SetClock(remote, time.Now, func() float64 { return 0.5 }) // as on another machine
		if third := must(remote.Token()); third.AccessToken == second.AccessToken {
			t.Error("a process on another machine got an expired token")
		}
		spent{1, 1, 2}.check(t, fake)
	})
}

// TestDowngradedRecord replaces the record with an older one, as a restored backup does.
// The process that has used the refresh token of that record does not send it again.
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

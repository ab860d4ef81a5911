package ringcx_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// listed returns the processes in the roster of the record.
func (s *spyStore) listed(t *testing.T) []string {
	t.Helper()
	var record struct{ Roster map[string]any }
	if err := json.Unmarshal([]byte(s.text(t)), &record); err != nil {
		t.Fatal(err)
	}
	return slices.Sorted(maps.Keys(record.Roster))
}

// TestFleetClosesAtOnce closes twelve processes at the same time, with a Store that takes
// 20 ms for each call. None of them remains in the roster.
func TestFleetClosesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, _ := fleet(t)
		cfg := fake.Config()
		cfg.Store = slowStore{store, 20 * time.Millisecond}
		var all []*ringcx.TokenSource
		for id := range 12 {
			ts := newTokenSource(t, cfg)
			ringcx.SetClock(ts, time.Now, drawn(id))
			must(ts.Token())
			time.Sleep(time.Second)
			all = append(all, ts)
		}
		if listed := store.listed(t); len(listed) != 12 {
			t.Errorf("before Close the roster has %d processes, want 12", len(listed))
		}
		var wg sync.WaitGroup
		for _, ts := range all {
			wg.Go(func() { _ = ts.Close() })
		}
		wg.Wait()
		if listed := store.listed(t); len(listed) > 0 {
			t.Errorf("after Close the roster has %d processes, want none", len(listed))
		}
	})
}

// TestRosterEntryOfTheFuture adds an entry to the roster whose timestamp is 1000 hours in
// the future. It is removed, and the entries of the three processes remain.
func TestRosterEntryOfTheFuture(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, store, process := fleet(t)
		all := []*ringcx.TokenSource{process(), process(), process()}
		for _, ts := range all {
			must(ts.Token())
			synctest.Wait()
		}
		want := store.listed(t)
		ghost := fmt.Sprintf(`"roster":{"ghost":{"since":{"at":%d},"seen":{"at":%d}},`,
			time.Now().UnixMilli(), time.Now().Add(1000*time.Hour).UnixMilli())
		store.replace(t, func(data string) string { return strings.Replace(anotherRev(data), `"roster":{`, ghost, 1) })
		for range 30 * 6 {
			for _, ts := range all {
				must(ts.Token())
				synctest.Wait()
			}
			time.Sleep(10 * time.Second)
		}
		if got := store.listed(t); len(want) != 3 || !slices.Equal(got, want) {
			t.Errorf("the roster has %v, want the three processes %v", got, want)
		}
	})
}

// TestRosterAfterClose closes one of three processes that share a session. Close removes
// it from the roster.
func TestRosterAfterClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, store, process := fleet(t)
		var sources []*ringcx.TokenSource
		for range 3 {
			ts := process()
			must(ts.Token())
			synctest.Wait()
			sources = append(sources, ts)
		}
		if n := len(store.listed(t)); n != 3 {
			t.Errorf("the roster has %d processes, want 3", n)
		}
		sources[1].Close()
		if n := len(store.listed(t)); n != 2 {
			t.Errorf("after Close the roster has %d processes, want 2", n)
		}
	})
}

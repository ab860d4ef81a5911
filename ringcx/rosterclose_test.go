package ringcx_test

import (
	"encoding/json"
	"testing"
	"testing/synctest"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

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
		listed := func() int {
			data, _, _ := store.Load(t.Context(), store.keys[0])
			var record struct{ Roster map[string]any }
			if err := json.Unmarshal(data, &record); err != nil {
				t.Fatal(err)
			}
			return len(record.Roster)
		}
		if n := listed(); n != 3 {
			t.Errorf("the roster has %d processes, want 3", n)
		}
		sources[1].Close()
		if n := listed(); n != 2 {
			t.Errorf("after Close the roster has %d processes, want 2", n)
		}
	})
}

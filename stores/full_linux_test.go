package stores_test

import (
	"crypto/rand"
	"testing"

	"github.com/ringcx-go/ringcx-go/ringcx/sqlstore"
	"github.com/ringcx-go/ringcx-go/stores/internal/servers"
)

// TestPostgreSQLFull writes a record for which there is no room: the server may not extend a
// file beyond 17 MB, which is more than a file of its log has. The record is as before, and can
// be written when there is room again.
func TestPostgreSQLFull(t *testing.T) {
	s := servers.Start(t, servers.PostgreSQL)
	store, _ := newStore(t, sqlstore.PostgreSQL, "pgx", s.URL)
	version, err := store.CompareAndSwap(t.Context(), "key", "", []byte("before"))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.LimitFiles(17 << 20); err != nil {
		t.Fatal(err)
	}
	full, _ := newStore(t, sqlstore.PostgreSQL, "pgx", s.URL) // its connection has the limit
	large := make([]byte, 24<<20)
	rand.Read(large)
	_, err = full.CompareAndSwap(t.Context(), "key", version, large)
	wantError(t, err, "sqlstore: PostgreSQL table ringcx_session: replace: ", "File too large")
	if data, v, err := full.Load(t.Context(), "key"); string(data) != "before" || v != version || err != nil {
		t.Errorf("after the failed write: %q, version %q, %v, want the record as before", data, v, err)
	}
	if _, err := store.CompareAndSwap(t.Context(), "key", version, large); err != nil {
		t.Errorf("a write with room: %v", err)
	}
}

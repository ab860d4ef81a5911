package stores_test

import (
	"bytes"
	"testing"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/sqlstore"
	"github.com/ringcx-go/ringcx-go/ringcx/storetest"
	"github.com/ringcx-go/ringcx-go/stores/internal/servers"
)

// runContract tests a Store against the contract, as it is and over ringcx.Seal.
func runContract(t *testing.T, newStore func(t *testing.T) ringcx.Store) {
	t.Helper()
	t.Run("plain", func(t *testing.T) { storetest.Run(t, newStore) })
	t.Run("sealed", func(t *testing.T) {
		storetest.Run(t, func(t *testing.T) ringcx.Store { return seal(t, newStore(t)) })
	})
}

func seal(t *testing.T, store ringcx.Store) ringcx.Store {
	t.Helper()
	sealed, err := ringcx.Seal(store, bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func TestPostgreSQL(t *testing.T) {
	s := servers.Shared(t, servers.PostgreSQL)
	t.Run("Store", func(t *testing.T) {
		runContract(t, func(t *testing.T) ringcx.Store {
			store, _ := newStore(t, sqlstore.PostgreSQL, "pgx", s.URL)
			return store
		})
	})
	t.Run("LeaseStore", func(t *testing.T) {
		runContract(t, func(t *testing.T) ringcx.Store { return newLeaseStore(t, s.URL) })
	})
}

func TestMariaDB(t *testing.T) {
	s := servers.Shared(t, servers.MariaDB)
	runContract(t, func(t *testing.T) ringcx.Store {
		store, _ := newStore(t, sqlstore.MariaDB, "mysql", s.URL)
		return store
	})
}

// TestSQLite uses the default settings of the driver.
func TestSQLite(t *testing.T) {
	file := sqliteFile(t)
	runContract(t, func(t *testing.T) ringcx.Store {
		store, _ := newStore(t, sqlstore.SQLite, "sqlite", file)
		return store
	})
}

func TestRedis(t *testing.T) {
	s := servers.Shared(t, servers.Redis)
	for name, newStore := range redisStores {
		t.Run(name, func(t *testing.T) {
			runContract(t, func(t *testing.T) ringcx.Store { return newStore(t, s.URL) })
		})
	}
}

package storetest_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/storetest"
)

// table is a Store in PostgreSQL. Package sqlstore has a complete one, also for MariaDB and
// SQLite. It uses this table:
//
//	CREATE TABLE ringcx_session (key text PRIMARY KEY, version text NOT NULL, data bytea NOT NULL)
type table struct{ db *sql.DB }

var _ ringcx.Store = table{}

func (t table) Load(ctx context.Context, key string) (data []byte, version string, err error) {
	row := t.db.QueryRowContext(ctx, "SELECT data, version FROM ringcx_session WHERE key = $1", key)
	err = row.Scan(&data, &version)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, "", nil
	}
	return data, version, err
}

// CompareAndSwap is one SQL statement, so that it is atomic. Versions are random, so that no
// version is used twice.
func (t table) CompareAndSwap(ctx context.Context, key, version string, data []byte) (newVersion string, err error) {
	var res sql.Result
	switch {
	case data == nil && version == "":
		return "", t.checkAbsent(ctx, key)
	case data == nil:
		res, err = t.db.ExecContext(ctx, "DELETE FROM ringcx_session WHERE key = $1 AND version = $2", key, version)
	case version == "":
		newVersion = rand.Text()
		res, err = t.db.ExecContext(ctx, "INSERT INTO ringcx_session (key, version, data) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
			key, newVersion, data)
	default:
		newVersion = rand.Text()
		res, err = t.db.ExecContext(ctx, "UPDATE ringcx_session SET version = $3, data = $4 WHERE key = $1 AND version = $2",
			key, version, newVersion, data)
	}
	if err != nil {
		return "", err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return "", errors.Join(err, ringcx.ErrConflict)
	}
	return newVersion, nil
}

// checkAbsent returns ErrConflict if the record exists.
func (t table) checkAbsent(ctx context.Context, key string) error {
	if _, version, err := t.Load(ctx, key); err != nil || version == "" {
		return err
	}
	return ringcx.ErrConflict
}

// A Store needs two methods. This one keeps the records in a table of PostgreSQL. Use [Run] to test
// it.
func Example() {
	var db *sql.DB // sql.Open("pgx", …)
	var store ringcx.Store = table{db}
	_ = store
}

// Two processes write the same record. The second one gets a conflict.
func ExampleMemory() {
	ctx := context.Background()
	store := storetest.NewMemory()
	version, err := store.CompareAndSwap(ctx, "session", "", []byte("first"))
	fmt.Println(version != "", err)
	_, err = store.CompareAndSwap(ctx, "session", "", []byte("second"))
	fmt.Println(errors.Is(err, ringcx.ErrConflict))
	data, _, err := store.Load(ctx, "session")
	fmt.Printf("%s %v\n", data, err)
	// Output:
	// true <nil>
	// true
	// first <nil>
}

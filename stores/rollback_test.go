package stores_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/sqlstore"
	"github.com/ringcx-go/ringcx-go/stores/internal/servers"
)

// TestSerializationFailure changes a record in one serializable transaction while a Store
// replaces it in another one. PostgreSQL rolls the statement of the Store back (SQLSTATE
// 40001), and the Store sends it again: it finds another version.
func TestSerializationFailure(t *testing.T) {
	s := servers.Shared(t, servers.PostgreSQL)
	store, db := newStore(t, sqlstore.PostgreSQL, "pgx", withSetting(t, s, "default_transaction_isolation", "serializable"))
	version, err := store.CompareAndSwap(t.Context(), "rollback", "", []byte("first"))
	if err != nil {
		t.Fatal(err)
	}
	defer execute(t, db, "DELETE FROM ringcx_session WHERE id = 'rollback'")
	rollbacks := func() (n int) {
		if err := db.QueryRow("SELECT sum(xact_rollback) FROM pg_stat_database").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := rollbacks()
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec("UPDATE ringcx_session SET version = 'other' WHERE id = 'rollback'"); err != nil {
		t.Fatal(err)
	}
	result := make(chan error)
	go func() {
		_, err := store.CompareAndSwap(context.Background(), "rollback", version, []byte("second"))
		result <- err
	}()
	waitBlocked(t, s.URL)
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := <-result; !errors.Is(err, ringcx.ErrConflict) {
		t.Errorf("the error is %v, want a conflict", err)
	}
	for deadline := time.Now().Add(20 * time.Second); rollbacks() == before; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("PostgreSQL rolled no statement back: the test does not test what it should")
		}
	}
}

// waitBlocked waits until a statement waits for another transaction.
func waitBlocked(t *testing.T, url string) {
	t.Helper()
	db := open(t, "pgx", url)
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		var n int
		if err := db.QueryRow("SELECT count(*) FROM pg_locks WHERE NOT granted").Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("no statement waits")
		}
	}
}

// TestSQLiteBusy holds the write lock of a database with one connection while a Store writes
// with another one. SQLite returns SQLITE_BUSY, and the Store sends the statement again until
// the lock is free, or its context ends.
func TestSQLiteBusy(t *testing.T) {
	file := sqliteFile(t)
	store, _ := newStore(t, sqlstore.SQLite, "sqlite", file)
	conn, err := open(t, "sqlite", file).Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // the database is closed too
	lock := func(statement string) {
		t.Helper()
		if _, err := conn.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	lock("BEGIN EXCLUSIVE")
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err = store.CompareAndSwap(ctx, "key", "", []byte("x"))
	wantError(t, err, "sqlstore: SQLite table ringcx_session: create: ", "SQLITE_BUSY")
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the error %v is not that of the context", err)
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("the error %q has more than one line", err)
	}
	time.AfterFunc(300*time.Millisecond, func() { lock("COMMIT") })
	if _, err := store.CompareAndSwap(t.Context(), "key", "", []byte("x")); err != nil {
		t.Errorf("after the lock was released: %v", err)
	}
}

// TestMariaDBLockTimeout holds the row of a record while a Store replaces it. MariaDB ends
// the wait with error 1205, and the Store sends the statement again.
func TestMariaDBLockTimeout(t *testing.T) {
	s := servers.Shared(t, servers.MariaDB)
	dsn, err := mysql.ParseDSN(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	dsn.Params = map[string]string{"innodb_lock_wait_timeout": "1"}
	store, db := newStore(t, sqlstore.MariaDB, "mysql", dsn.FormatDSN())
	version, err := store.CompareAndSwap(t.Context(), "timeout", "", []byte("first"))
	if err != nil {
		t.Fatal(err)
	}
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec("UPDATE ringcx_session SET data = 'x' WHERE id = 'timeout'"); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(1500*time.Millisecond, func() { _ = tx.Rollback() })
	start := time.Now()
	version, err = store.CompareAndSwap(t.Context(), "timeout", version, []byte("second"))
	if took := time.Since(start); err != nil || took < time.Second {
		t.Fatalf("the write returned %v after %v, want success after more than a second", err, took)
	}
	if _, err := store.CompareAndSwap(t.Context(), "timeout", version, nil); err != nil {
		t.Fatal(err)
	}
}

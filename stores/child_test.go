package stores_test

import (
	"context"
	"database/sql"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx/sqlstore"
	"github.com/ringcx-go/ringcx-go/stores/internal/servers"
)

// childURL is the variable that makes a process of the test hold a lease until it is killed.
const childURL = "RINGCX_TEST_CHILD_URL"

// runChild holds a lease if the process is a child of TestKilledProcessLosesItsLease.
func runChild() {
	url := os.Getenv(childURL)
	if url == "" {
		return
	}
	db, err := sql.Open("pgx", url)
	if err != nil {
		panic(err)
	}
	store, err := sqlstore.NewLeaseStore(db, table)
	if err != nil {
		panic(err)
	}
	if _, err := store.Hold(context.Background(), "key", "child"); err != nil {
		panic(err)
	}
	time.Sleep(time.Minute)
	os.Exit(1)
}

// TestKilledProcessLosesItsLease kills a process that holds a lease in PostgreSQL.
func TestKilledProcessLosesItsLease(t *testing.T) {
	s := servers.Shared(t, servers.PostgreSQL)
	store := newLeaseStore(t, s.URL)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childURL+"="+s.URL)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait() //nolint:errcheck // it was killed
	defer cmd.Process.Kill()
	waitHeld(t, store, true)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	waitHeld(t, store, false)
}

func waitHeld(t *testing.T, store *sqlstore.LeaseStore, want bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		alive, err := store.Held(t.Context(), "key", "child")
		if err != nil {
			t.Fatal(err)
		}
		if alive == want {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("Held returns %v after 20 s, want %v", alive, want)
		}
	}
}

// TestLeaseEndsWithItsConnection ends the connection of a Hold on the server. The lease ends,
// and release afterwards ends no other Hold.
func TestLeaseEndsWithItsConnection(t *testing.T) {
	s := servers.Start(t, servers.PostgreSQL)
	store, other := newLeaseStore(t, s.URL), newLeaseStore(t, s.URL)
	release, err := store.Hold(t.Context(), "key", "child")
	if err != nil {
		t.Fatal(err)
	}
	admin := open(t, "pgx", s.URL)
	execute(t, admin, "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
	waitHeld(t, store, false)
	again, err := other.Hold(t.Context(), "key", "child")
	if err != nil {
		t.Fatal(err)
	}
	release()
	waitHeld(t, store, true)
	again()
	waitHeld(t, store, false)
}

// TestLeaseStoreNeedsTwoConnections limits a database to one connection, which Hold would
// keep.
func TestLeaseStoreNeedsTwoConnections(t *testing.T) {
	db := open(t, "pgx", "postgres://127.0.0.1/none")
	db.SetMaxOpenConns(1)
	_, err := sqlstore.NewLeaseStore(db, table)
	wantError(t, err, "sqlstore: ", "two connections", "SetMaxOpenConns")
}

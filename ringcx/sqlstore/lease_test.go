package sqlstore_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/ringcx/sqlstore"
)

// LeaseStores on PostgreSQL are tested in the module stores.

// lockConnector is a database whose connections note when they are closed.
type lockConnector struct {
	connector
	closed *int
}

func (c lockConnector) Connect(context.Context) (driver.Conn, error) {
	return lockConn{conn(c.connector), c.closed}, nil
}

type lockConn struct {
	conn
	closed *int
}

func (c lockConn) Close() error {
	*c.closed++
	return nil
}

// TestHold calls Hold and release with results of PostgreSQL. A connection that may have a lock
// must not return to the pool.
func TestHold(t *testing.T) {
	lost := errors.New("connection lost")
	tests := []struct {
		name           string
		lock, unlock   any // the result, or an error
		wantErr        string
		wantStatements []string
		wantClosed     int // connections
	}{
		{"released", true, true, "", []string{"pg_try_advisory_lock", "pg_advisory_unlock"}, 0},
		{"held already", false, nil, `owner "a" is held already`, []string{"pg_try_advisory_lock"}, 1},
		{"lost during Hold", lost, nil, "connection lost", []string{"pg_try_advisory_lock"}, 1},
		{"lost during release", true, lost, "", []string{"pg_try_advisory_lock", "pg_advisory_unlock"}, 1},
		{"lock lost before release", true, false, "", []string{"pg_try_advisory_lock", "pg_advisory_unlock"}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var statements []string
			closed := 0
			db := sql.OpenDB(lockConnector{connector{func(statement string, _ []driver.NamedValue) ([][]driver.Value, int64, error) {
				_, name, _ := strings.Cut(statement, "SELECT ")
				name, _, _ = strings.Cut(name, "(")
				statements = append(statements, name)
				result := tt.lock
				if len(statements) > 1 {
					result = tt.unlock
				}
				if err, failed := result.(error); failed {
					return nil, 0, err
				}
				return [][]driver.Value{{result}}, 0, nil
			}}, &closed})
			defer db.Close()
			store, err := sqlstore.NewLeaseStore(db, "t")
			if err != nil {
				t.Fatal(err)
			}
			release, err := store.Hold(t.Context(), "key", "a")
			if failed := err != nil; failed != (tt.wantErr != "") || failed && !strings.Contains(err.Error(), tt.wantErr) {
				t.Fatalf("Hold returns the error %v, want one with %q", err, tt.wantErr)
			}
			if release != nil {
				release()
				release() // has no effect
			}
			if diff := cmp.Diff(tt.wantStatements, statements); diff != "" || closed != tt.wantClosed {
				t.Errorf("%d connections were closed, want %d; statements (-want +got):\n%s", closed, tt.wantClosed, diff)
			}
		})
	}
}

// TestLockOfAnOwner checks that no two owners, keys or tables have one lock.
func TestLockOfAnOwner(t *testing.T) {
	owners := map[int64]string{}
	for _, id := range [][3]string{{"t", "key", "a"}, {"t", "key", "b"}, {"t", "other", "a"}, {"t2", "key", "a"}, {"t", "keya", ""}} {
		var lock int64
		db := sql.OpenDB(connector{func(_ string, args []driver.NamedValue) ([][]driver.Value, int64, error) {
			lock = args[0].Value.(int64)
			return [][]driver.Value{{true}}, 0, nil
		}})
		store, err := sqlstore.NewLeaseStore(db, id[0])
		if err != nil {
			t.Fatal(err)
		}
		if alive, err := store.Held(t.Context(), id[1], id[2]); err != nil || !alive {
			t.Errorf("Held returns %v, %v", alive, err)
		}
		if other, ok := owners[lock]; ok {
			t.Errorf("%q and %q have one lock", id, other)
		}
		owners[lock] = strings.Join(id[:], " ")
		db.Close()
	}
}

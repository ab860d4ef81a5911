package sqlstore

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// LeaseStore is a [ringcx.LeaseStore] in a table of PostgreSQL. A process that renews holds
// a session advisory lock, which PostgreSQL releases when its connection ends. Use
// [NewLeaseStore] to create one. It is safe for concurrent use.
type LeaseStore struct {
	*Store
}

var _ ringcx.LeaseStore = (*LeaseStore)(nil)

// NewLeaseStore returns a LeaseStore that uses a table of db, a PostgreSQL database. It
// returns the errors of [New].
//
// The lock belongs to a connection of db, which it keeps during a renewal, so db needs two
// connections: if its limit is one, NewLeaseStore returns an error. Do not use a
// LeaseStore behind a connection pool that changes the connection between transactions,
// such as PgBouncer with pool_mode = transaction: there a lock is held by no process, or
// never released. Use a [Store] instead: a killed process is then noticed after 30 s.
func NewLeaseStore(db *sql.DB, table string) (*LeaseStore, error) {
	s, err := New(db, PostgreSQL, table)
	if err != nil {
		return nil, err
	}
	if db.Stats().MaxOpenConnections == 1 {
		return nil, errors.New("sqlstore: a LeaseStore needs two connections: call SetMaxOpenConns with 2 or more")
	}
	return &LeaseStore{s}, nil
}

// Hold implements [ringcx.LeaseStore].
func (s *LeaseStore) Hold(ctx context.Context, key, owner string) (release func(), err error) {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return nil, s.failed("hold", err)
	}
	id, locked := s.lockID(key, owner), false
	if err := conn.QueryRowContext(ctx, "SELECT pg_try_advisory_lock($1)", id).Scan(&locked); err != nil || !locked {
		discard(conn)
		if err == nil {
			err = fmt.Errorf("owner %q is held already", owner)
		}
		return nil, s.failed("hold", err)
	}
	return sync.OnceFunc(func() { unlock(conn, id) }), nil
}

// unlock releases the lock and returns the connection. If that fails, the connection is
// closed, and the lock ends with it.
func unlock(conn *sql.Conn, id int64) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	released := false
	if err := conn.QueryRowContext(ctx, "SELECT pg_advisory_unlock($1)", id).Scan(&released); err != nil || !released {
		discard(conn)
		return
	}
	_ = conn.Close()
}

// discard closes a connection that may hold a lock, and does not return it to the pool. An
// error of Close does not matter: the connection is not used again.
func discard(conn *sql.Conn) {
	_ = conn.Raw(func(any) error { return driver.ErrBadConn })
	_ = conn.Close()
}

// Held implements [ringcx.LeaseStore]. It reads pg_locks and takes no lock.
func (s *LeaseStore) Held(ctx context.Context, key, owner string) (alive bool, err error) {
	const query = `SELECT EXISTS (SELECT 1 FROM pg_locks
		WHERE locktype = 'advisory' AND objsubid = 1 AND granted
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
		AND classid = (($1::bigint >> 32) & 4294967295)::oid AND objid = ($1::bigint & 4294967295)::oid)`
	if err := s.db.QueryRowContext(ctx, query, s.lockID(key, owner)).Scan(&alive); err != nil {
		return false, s.failed("held", err)
	}
	return alive, nil
}

// lockID returns the number of the lock of an owner.
func (s *LeaseStore) lockID(key, owner string) int64 {
	hash := sha256.Sum256([]byte("ringcx\x00" + s.table + "\x00" + key + "\x00" + owner))
	return int64(binary.BigEndian.Uint64(hash[:8]))
}

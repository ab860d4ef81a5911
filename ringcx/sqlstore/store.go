package sqlstore

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// retryEvery is the wait before a statement that was rolled back is sent again.
const retryEvery = 20 * time.Millisecond

// Store is a [ringcx.Store] in an SQL table. Use [New] to create one. It is safe for
// concurrent use.
type Store struct {
	db *sql.DB

	load, create, replace, remove string // statements
}

var _ ringcx.Store = (*Store)(nil)

// New returns a Store that uses a table of db, which [Schema] describes. It does not connect.
// It returns an error if db is nil, and the errors of Schema. The caller closes db, after
// the TokenSource.
func New(db *sql.DB, d Dialect, table string) (*Store, error) {
	if db == nil {
		return nil, errors.New("sqlstore: the *sql.DB is nil")
	}
	t, err := d.quote(table)
	if err != nil {
		return nil, err
	}
	return &Store{
		db:      db,
		load:    d.bind("SELECT version, data FROM " + t + " WHERE id = ?"),
		create:  d.bind("INSERT INTO " + t + " (id, version, data) VALUES (?, ?, ?)"),
		replace: d.bind("UPDATE " + t + " SET version = ?, data = ? WHERE id = ? AND version = ?"),
		remove:  d.bind("DELETE FROM " + t + " WHERE id = ? AND version = ?"),
	}, nil
}

// Load implements [ringcx.Store].
func (s *Store) Load(ctx context.Context, key string) (data []byte, version string, err error) {
	err = retry(ctx, func() error {
		return s.db.QueryRowContext(ctx, s.load, key).Scan(&version, &data)
	})
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, "", nil
	case err != nil:
		return nil, "", fmt.Errorf("sqlstore: load: %w", err)
	case data == nil: // some drivers return nil for no bytes
		data = []byte{}
	}
	return data, version, nil
}

// CompareAndSwap implements [ringcx.Store]. Each version is random, so that none is used
// twice.
func (s *Store) CompareAndSwap(ctx context.Context, key, version string, data []byte) (newVersion string, err error) {
	switch {
	case version == "" && data == nil:
		return "", s.checkAbsent(ctx, key)
	case version == "":
		return s.insert(ctx, key, data)
	case data == nil:
		return "", s.change(ctx, "delete", s.remove, key, version)
	}
	newVersion = rand.Text()
	if err := s.change(ctx, "replace", s.replace, newVersion, data, key, version); err != nil {
		return "", err
	}
	return newVersion, nil
}

// checkAbsent returns a conflict if there is a record.
func (s *Store) checkAbsent(ctx context.Context, key string) error {
	_, version, err := s.Load(ctx, key)
	if err == nil && version != "" {
		return conflict("delete")
	}
	return err
}

// insert creates a record. The errors of drivers for an id that exists differ, so insert
// reads the record after any error.
func (s *Store) insert(ctx context.Context, key string, data []byte) (version string, err error) {
	version = rand.Text()
	err = retry(ctx, func() error {
		_, err := s.db.ExecContext(ctx, s.create, key, version, data)
		return err
	})
	if err == nil {
		return version, nil
	}
	switch _, found, loadErr := s.Load(ctx, key); {
	case loadErr != nil || found == "":
		return "", fmt.Errorf("sqlstore: create: %w", err)
	case found == version: // the record was written although the connection failed
		return version, nil
	}
	return "", conflict("create")
}

// change executes a statement that changes one record, or none if it has another version.
func (s *Store) change(ctx context.Context, what, statement string, args ...any) error {
	var changed int64
	err := retry(ctx, func() error {
		res, err := s.db.ExecContext(ctx, statement, args...)
		if err != nil {
			return err
		}
		changed, err = res.RowsAffected()
		return err
	})
	switch {
	case err != nil:
		return fmt.Errorf("sqlstore: %s: %w", what, err)
	case changed == 0:
		return conflict(what)
	}
	return nil
}

func conflict(what string) error { return fmt.Errorf("sqlstore: %s: %w", what, ringcx.ErrConflict) }

// retry calls f again while the database has rolled its statement back because of another
// one, until ctx ends.
func retry(ctx context.Context, f func() error) error {
	for {
		err := f()
		if err == nil || !rolledBack(err) {
			return err
		}
		timer := time.NewTimer(retryEvery)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return errors.Join(err, ctx.Err())
		}
	}
}

// rolledBack reports whether err says that a statement had no effect because another one was
// running. PostgreSQL drivers have the SQLSTATE in a method; the drivers of MariaDB and
// SQLite are recognized by their texts.
//
// Source: PostgreSQL documentation, appendix A: 40001 serialization_failure, 40P01
// deadlock_detected; MariaDB documentation: 1205 lock wait timeout, 1213 deadlock; SQLite
// documentation, result codes 5 SQLITE_BUSY and 6 SQLITE_LOCKED.
func rolledBack(err error) bool {
	if s, ok := errors.AsType[interface {
		error
		SQLState() string
	}](err); ok {
		return s.SQLState() == "40001" || s.SQLState() == "40P01"
	}
	for _, text := range []string{"Error 1205", "Error 1213", "database is locked", "database table is locked", "SQLITE_BUSY", "SQLITE_LOCKED"} {
		if strings.Contains(err.Error(), text) {
			return true
		}
	}
	return false
}

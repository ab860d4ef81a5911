package sqlstore

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// Store is a [ringcx.Store] in an SQL table. Use [New] to create one. It is safe for
// concurrent use.
type Store struct {
	db      *sql.DB
	dialect Dialect
	table   string

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
		db: db, dialect: d, table: table,
		load:    d.bind("SELECT version, data FROM " + t + " WHERE id = ?"),
		create:  d.bind("INSERT INTO " + t + " (id, version, data) VALUES (?, ?, ?)"),
		replace: d.bind("UPDATE " + t + " SET version = ?, data = ? WHERE id = ? AND version = ?"),
		remove:  d.bind("DELETE FROM " + t + " WHERE id = ? AND version = ?"),
	}, nil
}

// Load implements [ringcx.Store].
func (s *Store) Load(ctx context.Context, key string) (data []byte, version string, err error) {
	return s.read(ctx, id(key))
}

// read returns the record of an id.
func (s *Store) read(ctx context.Context, id string) (data []byte, version string, err error) {
	err = retry(ctx, func() error {
		return s.db.QueryRowContext(ctx, s.load, id).Scan(&version, &data)
	})
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, "", nil
	case err != nil:
		return nil, "", s.failed("load", err)
	case version == "":
		return nil, "", s.failed("load", fmt.Errorf("the version of record %q is empty, because it was edited: delete the record", id))
	case data == nil: // some drivers return nil for no bytes
		data = []byte{}
	}
	return data, version, nil
}

// CompareAndSwap implements [ringcx.Store]. Each version is random, so that none is used
// twice.
func (s *Store) CompareAndSwap(ctx context.Context, key, version string, data []byte) (newVersion string, err error) {
	id := id(key)
	switch {
	case version == "" && data == nil:
		return "", s.checkAbsent(ctx, id)
	case version == "":
		return s.insert(ctx, id, data)
	case data == nil:
		return "", s.change(ctx, "delete", s.remove, id, version)
	}
	newVersion = rand.Text()
	if err := s.change(ctx, "replace", s.replace, newVersion, data, id, version); err != nil {
		return "", err
	}
	return newVersion, nil
}

// checkAbsent returns a conflict if there is a record.
func (s *Store) checkAbsent(ctx context.Context, id string) error {
	_, version, err := s.read(ctx, id)
	if err == nil && version != "" {
		return s.failed("delete", ringcx.ErrConflict)
	}
	return err
}

// insert creates a record. The errors of drivers for an id that exists differ, so insert
// reads the record after any error.
func (s *Store) insert(ctx context.Context, id string, data []byte) (version string, err error) {
	version = rand.Text()
	err = retry(ctx, func() error {
		_, err := s.db.ExecContext(ctx, s.create, id, version, data)
		return err
	})
	if err == nil {
		return version, nil
	}
	switch _, found, loadErr := s.read(ctx, id); {
	case loadErr != nil || found == "":
		return "", s.failed("create", err)
	case found == version: // the record was written although the connection failed
		return version, nil
	}
	return "", s.failed("create", ringcx.ErrConflict)
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
		return s.failed(what, err)
	case changed == 0:
		return s.failed(what, ringcx.ErrConflict)
	}
	return nil
}

// failed returns the error of a step. It names the database and the table.
func (s *Store) failed(step string, err error) error {
	return fmt.Errorf("sqlstore: %v table %s: %s: %w%s", s.dialect, s.table, step, err, advice(err))
}

// maxID is the number of bytes of a key that is stored as it is.
const maxID = 200

// hashedID begins the id of a key that is not stored as it is.
const hashedID = "sha256:"

// id returns the id of the record of a key: the key, or its hash if the key is long or not
// valid text for every database.
func id(key string) string {
	plain := len(key) <= maxID && utf8.ValidString(key) && !strings.Contains(key, "\x00")
	if plain && !strings.HasPrefix(key, hashedID) {
		return key
	}
	return fmt.Sprintf("%s%x", hashedID, sha256.Sum256([]byte(key)))
}

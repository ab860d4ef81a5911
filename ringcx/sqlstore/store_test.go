package sqlstore_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/sqlstore"
)

// Stores on real databases are tested in the module stores.

// connector is a database whose statements call f.
type connector struct {
	f func(statement string, args []driver.NamedValue) (rows [][]driver.Value, affected int64, err error)
}

func (c connector) Connect(context.Context) (driver.Conn, error) { return conn(c), nil }
func (c connector) Driver() driver.Driver                        { return nil }

type conn connector

func (conn) Prepare(string) (driver.Stmt, error) { return nil, errors.New("not used") }
func (conn) Close() error                        { return nil }
func (conn) Begin() (driver.Tx, error)           { return nil, errors.New("not used") }

func (c conn) ExecContext(_ context.Context, statement string, args []driver.NamedValue) (driver.Result, error) {
	_, n, err := c.f(statement, args)
	return driver.RowsAffected(n), err
}

func (c conn) QueryContext(_ context.Context, statement string, args []driver.NamedValue) (driver.Rows, error) {
	values, _, err := c.f(statement, args)
	return &rows{values}, err
}

type rows struct{ values [][]driver.Value }

func (r *rows) Columns() []string {
	if len(r.values) > 0 {
		return make([]string, len(r.values[0]))
	}
	return []string{"version", "data"}
}
func (r *rows) Close() error { return nil }
func (r *rows) Next(dest []driver.Value) error {
	if len(r.values) == 0 {
		return io.EOF
	}
	copy(dest, r.values[0])
	r.values = r.values[1:]
	return nil
}

// newStore returns a Store of a database that calls f.
func newStore(t *testing.T, d sqlstore.Dialect, f func(statement string, args []driver.NamedValue) ([][]driver.Value, int64, error)) *sqlstore.Store {
	t.Helper()
	db := sql.OpenDB(connector{f})
	t.Cleanup(func() { db.Close() })
	store, err := sqlstore.New(db, d, "app.ringcx_session")
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// TestStatements checks the statement that a write sends, and its arguments but the random
// version.
func TestStatements(t *testing.T) {
	type sent struct {
		Statement string
		Args      []any
	}
	tests := []struct {
		name    string
		d       sqlstore.Dialect
		version string
		data    []byte
		want    sent
	}{
		{"create", sqlstore.PostgreSQL, "", []byte("x"), sent{`INSERT INTO "app"."ringcx_session" (id, version, data) VALUES ($1, $2, $3)`, []any{"key", "?", []byte("x")}}},
		{"replace", sqlstore.PostgreSQL, "v1", []byte("x"), sent{`UPDATE "app"."ringcx_session" SET version = $1, data = $2 WHERE id = $3 AND version = $4`, []any{"?", []byte("x"), "key", "v1"}}},
		{"delete", sqlstore.PostgreSQL, "v1", nil, sent{`DELETE FROM "app"."ringcx_session" WHERE id = $1 AND version = $2`, []any{"key", "v1"}}},
		{"replace", sqlstore.MariaDB, "v1", []byte("x"), sent{"UPDATE `app`.`ringcx_session` SET version = ?, data = ? WHERE id = ? AND version = ?", []any{"?", []byte("x"), "key", "v1"}}},
		{"replace", sqlstore.SQLite, "v1", []byte{}, sent{`UPDATE "app"."ringcx_session" SET version = ?, data = ? WHERE id = ? AND version = ?`, []any{"?", []byte{}, "key", "v1"}}},
	}
	for _, tt := range tests {
		t.Run(tt.d.String()+" "+tt.name, func(t *testing.T) {
			var got []sent
			store := newStore(t, tt.d, func(statement string, args []driver.NamedValue) ([][]driver.Value, int64, error) {
				s := sent{Statement: statement}
				for _, a := range args {
					s.Args = append(s.Args, a.Value)
				}
				got = append(got, s)
				return nil, 1, nil
			})
			version, err := store.CompareAndSwap(t.Context(), "key", tt.version, tt.data)
			if err != nil || (version == "") != (tt.data == nil) {
				t.Errorf("version %q, %v", version, err)
			}
			for i := range tt.want.Args {
				if tt.want.Args[i] == "?" {
					tt.want.Args[i] = version
				}
			}
			if diff := cmp.Diff([]sent{tt.want}, got); diff != "" {
				t.Errorf("statements (-want +got):\n%s", diff)
			}
		})
	}
}

// TestConflict lets each write change no record. That is a conflict, except for the deletion
// of a record that does not exist.
func TestConflict(t *testing.T) {
	tests := []struct {
		name    string
		version string
		data    []byte
		found   [][]driver.Value
		want    error
	}{
		{"replace", "v1", []byte("x"), nil, ringcx.ErrConflict},
		{"delete", "v1", nil, nil, ringcx.ErrConflict},
		{"delete what exists", "", nil, [][]driver.Value{{"v1", []byte("x")}}, ringcx.ErrConflict},
		{"delete what does not exist", "", nil, nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			store := newStore(t, sqlstore.PostgreSQL, func(string, []driver.NamedValue) ([][]driver.Value, int64, error) {
				return tt.found, 0, nil
			})
			if _, err := store.CompareAndSwap(t.Context(), "key", tt.version, tt.data); !errors.Is(err, tt.want) {
				t.Errorf("the error is %v, want %v", err, tt.want)
			}
		})
	}
}

// TestLoad reads rows as drivers return them.
func TestLoad(t *testing.T) {
	tests := []struct {
		name    string
		rows    [][]driver.Value
		data    []byte
		version string
		want    string // in the error
	}{
		{"no record", nil, nil, "", ""},
		{"record", [][]driver.Value{{"v1", []byte("x")}}, []byte("x"), "v1", ""},
		{"no bytes, as nil", [][]driver.Value{{"v1", nil}}, []byte{}, "v1", ""},
		{"no version", [][]driver.Value{{"", []byte("x")}}, nil, "", "delete the record"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			store := newStore(t, sqlstore.SQLite, func(string, []driver.NamedValue) ([][]driver.Value, int64, error) {
				return tt.rows, 0, nil
			})
			data, version, err := store.Load(t.Context(), "key")
			if diff := cmp.Diff([]any{tt.data, tt.version}, []any{data, version}); diff != "" {
				t.Errorf("Load (-want +got):\n%s", diff)
			}
			if failed := err != nil; failed != (tt.want != "") || failed && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("the error is %v, want one with %q", err, tt.want)
			}
		})
	}
}

// stateError is an error of a PostgreSQL driver.
type stateError string

func (e stateError) Error() string    { return "ERROR (SQLSTATE " + string(e) + ")" }
func (e stateError) SQLState() string { return string(e) }

// TestRolledBack returns an error for the first two statements. They are sent again if the
// database has rolled them back, and not if their result is not known.
func TestRolledBack(t *testing.T) {
	tests := []struct {
		err  error
		want int // statements
	}{
		{stateError("40001"), 3},
		{stateError("40P01"), 3},
		{stateError("57P01"), 1},
		{stateError("25006"), 1},
		{errors.New("Error 1213 (40001): Deadlock found when trying to get lock; try restarting transaction"), 3},
		{errors.New("Error 1205 (HY000): Lock wait timeout exceeded; try restarting transaction"), 3},
		{errors.New("database is locked (5) (SQLITE_BUSY)"), 3},
		{errors.New("database table is locked"), 3},
		{errors.New("unexpected EOF"), 1},
	}
	for _, tt := range tests {
		t.Run(tt.err.Error(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sent := 0
				store := newStore(t, sqlstore.SQLite, func(string, []driver.NamedValue) ([][]driver.Value, int64, error) {
					if sent++; sent <= 2 {
						return nil, 0, tt.err
					}
					return nil, 1, nil
				})
				_, err := store.CompareAndSwap(t.Context(), "key", "v1", []byte("x"))
				if sent != tt.want || (err == nil) != (tt.want == 3) {
					t.Errorf("%d statements, error %v, want %d", sent, err, tt.want)
				}
				if err != nil && (!errors.Is(err, tt.err) || errors.Is(err, ringcx.ErrConflict)) {
					t.Errorf("the error is %v, want it to wrap that of the driver", err)
				}
			})
		})
	}
}

// TestRolledBackUntilTheContextEnds locks a database forever.
func TestRolledBackUntilTheContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t, sqlstore.SQLite, func(string, []driver.NamedValue) ([][]driver.Value, int64, error) {
			return nil, 0, errors.New("database is locked (5) (SQLITE_BUSY)")
		})
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		start := time.Now()
		_, _, err := store.Load(ctx, "key")
		if took := time.Since(start); took != 3*time.Second || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "SQLITE_BUSY") {
			t.Errorf("after %v: %v, want both errors after 3 s", took, err)
		}
	})
}

// TestCreateAfterAnError returns an error for the statement that creates a record, and then
// the record that the database has.
func TestCreateAfterAnError(t *testing.T) {
	lost := errors.New("connection lost")
	tests := []struct {
		name    string
		found   func(mine string) [][]driver.Value
		loadErr error
		want    error
	}{
		{"written", func(mine string) [][]driver.Value { return [][]driver.Value{{mine, []byte("x")}} }, nil, nil},
		{"another record", func(string) [][]driver.Value { return [][]driver.Value{{"other", []byte("y")}} }, nil, ringcx.ErrConflict},
		{"no record", func(string) [][]driver.Value { return nil }, nil, lost},
		{"not known", func(string) [][]driver.Value { return nil }, errors.New("still lost"), lost},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var mine string
			store := newStore(t, sqlstore.MariaDB, func(statement string, args []driver.NamedValue) ([][]driver.Value, int64, error) {
				if strings.HasPrefix(statement, "INSERT") {
					mine = args[1].Value.(string)
					return nil, 0, lost
				}
				return tt.found(mine), 0, tt.loadErr
			})
			version, err := store.CompareAndSwap(t.Context(), "key", "", []byte("x"))
			if !errors.Is(err, tt.want) || (err == nil) != (version == mine) {
				t.Errorf("version %q, %v, want the error %v", version, err, tt.want)
			}
		})
	}
}

// TestKeys checks the id of keys that a database may not accept or may change.
func TestKeys(t *testing.T) {
	ids := map[string]string{}
	for _, key := range []string{
		"session/2", strings.Repeat("k", 200), strings.Repeat("k", 201), strings.Repeat("k", 202), "nul\x00", "\xff",
		"sha256:" + strings.Repeat("0", 64), "日本語",
	} {
		var id string
		store := newStore(t, sqlstore.MariaDB, func(_ string, args []driver.NamedValue) ([][]driver.Value, int64, error) {
			id = args[0].Value.(string)
			return nil, 0, nil
		})
		if _, _, err := store.Load(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		plain := len(key) <= 200 && key != "nul\x00" && key != "\xff" && !strings.HasPrefix(key, "sha256:")
		if (id == key) != plain || len(id) > 255 {
			t.Errorf("key %q has id %q, want the key: %v", key, id, plain)
		}
		if other, ok := ids[id]; ok {
			t.Errorf("keys %q and %q have one id", key, other)
		}
		ids[id] = key
	}
}

func TestNewRejects(t *testing.T) {
	db := sql.OpenDB(connector{})
	defer db.Close()
	tests := []struct {
		name  string
		db    *sql.DB
		d     sqlstore.Dialect
		table string
		want  string
	}{
		{"no database", nil, sqlstore.SQLite, "t", "nil"},
		{"no dialect", db, 0, "t", "Dialect(0)"},
		{"unknown dialect", db, 4, "t", "Dialect(4)"},
		{"no table", db, sqlstore.SQLite, "", `""`},
		{"quote", db, sqlstore.SQLite, `t" (x); --`, "letters, digits and _"},
		{"backquote", db, sqlstore.MariaDB, "t`", "letters, digits and _"},
		{"digit first", db, sqlstore.MariaDB, "1t", "letters, digits and _"},
		{"two dots", db, sqlstore.PostgreSQL, "a.b.c", "letters, digits and _"},
		{"line", db, sqlstore.PostgreSQL, "t\n", "letters, digits and _"},
		{"too long", db, sqlstore.PostgreSQL, strings.Repeat("t", 64), "letters, digits and _"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := sqlstore.New(tt.db, tt.d, tt.table)
			if err == nil || !strings.HasPrefix(err.Error(), "sqlstore: ") || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("New returns %v, want an error with %q", err, tt.want)
			}
			if tt.db == nil {
				return
			}
			if _, schemaErr := sqlstore.Schema(tt.d, tt.table); schemaErr == nil || schemaErr.Error() != err.Error() {
				t.Errorf("Schema returns %v, want %v", schemaErr, err)
			}
		})
	}
	db.SetMaxOpenConns(1)
	if _, err := sqlstore.NewLeaseStore(db, "t"); err == nil || !strings.Contains(err.Error(), "two connections") {
		t.Errorf("NewLeaseStore with one connection returns %v", err)
	}
	if _, err := sqlstore.NewLeaseStore(nil, "t"); err == nil {
		t.Error("NewLeaseStore accepts a nil database")
	}
}

func TestSchema(t *testing.T) {
	want := map[sqlstore.Dialect]string{
		sqlstore.PostgreSQL: "CREATE TABLE \"app\".\"ringcx_session\" (\n\tid text NOT NULL PRIMARY KEY,\n\tversion text NOT NULL,\n\tdata bytea NOT NULL\n)",
		sqlstore.MariaDB:    "CREATE TABLE `app`.`ringcx_session` (\n\tid varbinary(255) NOT NULL PRIMARY KEY,\n\tversion varbinary(64) NOT NULL,\n\tdata longblob NOT NULL\n) ENGINE=InnoDB",
		sqlstore.SQLite:     "CREATE TABLE \"app\".\"ringcx_session\" (\n\tid text NOT NULL PRIMARY KEY,\n\tversion text NOT NULL,\n\tdata blob NOT NULL\n)",
	}
	for d, text := range want {
		got, err := sqlstore.Schema(d, "app.ringcx_session")
		if diff := cmp.Diff(text, got); diff != "" || err != nil {
			t.Errorf("%v: %v (-want +got):\n%s", d, err, diff)
		}
	}
}

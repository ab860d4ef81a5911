package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// retryEvery is the wait before a statement that was rolled back is sent again.
const retryEvery = 20 * time.Millisecond

// retry calls f again while the database has rolled its statement back because of another
// one, until ctx ends.
func retry(ctx context.Context, f func() error) error {
	var last error // why the last statement was rolled back
	for {
		err := f()
		if err == nil {
			return nil
		}
		if !rolledBack(err) {
			return after(err, last)
		}
		last = err
		timer := time.NewTimer(retryEvery)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return after(ctx.Err(), last)
		}
	}
}

// after returns err and the error before it, if there is one.
func after(err, before error) error {
	if before == nil {
		return err
	}
	return fmt.Errorf("%w, after %w", err, before)
}

// rolledBack reports whether err says that a statement had no effect because another one was
// running. PostgreSQL drivers have the SQLSTATE in a method; the drivers of MariaDB and
// SQLite are recognized by their texts.
//
// Source: PostgreSQL documentation, appendix A: 40001 serialization_failure, 40P01
// deadlock_detected; MariaDB documentation: 1205 lock wait timeout, 1213 deadlock; SQLite
// documentation, result codes 5 SQLITE_BUSY and 6 SQLITE_LOCKED.
func rolledBack(err error) bool {
	if state, ok := sqlState(err); ok {
		return state == "40001" || state == "40P01"
	}
	return containsAny(err, "Error 1205", "Error 1213", "database is locked", "database table is locked", "SQLITE_BUSY", "SQLITE_LOCKED")
}

// advice returns what to do about err, or "".
//
// Source: PostgreSQL documentation, appendix A: 42P01 undefined_table, 25006
// read_only_sql_transaction; MariaDB documentation: 1146 no such table, 1290 --read-only;
// SQLite documentation, result code 8 SQLITE_READONLY.
func advice(err error) string {
	state, _ := sqlState(err)
	switch {
	case state == "42P01" || containsAny(err, "Error 1146", "no such table"):
		return ": create the table with the statement of sqlstore.Schema"
	case state == "25006" || containsAny(err, "Error 1290", "SQLITE_READONLY", "attempt to write a readonly database"):
		return ": connect to the primary, with a user that may write"
	}
	return ""
}

// sqlState returns the SQLSTATE of an error of a PostgreSQL driver.
func sqlState(err error) (state string, ok bool) {
	s, ok := errors.AsType[interface {
		error
		SQLState() string
	}](err)
	if !ok {
		return "", false
	}
	return s.SQLState(), true
}

func containsAny(err error, texts ...string) bool {
	return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(err.Error(), text) })
}

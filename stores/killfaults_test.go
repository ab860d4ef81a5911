package stores_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"

	goredis "github.com/redis/go-redis/v9"

	"github.com/ringcx-go/ringcx-go/ringcx/sqlstore"
	"github.com/ringcx-go/ringcx-go/stores/internal/servers"
)

// serverFaults changes the data and the mode of a server as an administrator does.
type serverFaults struct {
	childURL string // with which the processes of the test connect
	empty    func() error
	backup   func() (record []byte, err error) // the record is nil if there is none
	restore  func() error
	readOnly func(on bool) error
}

func newServerFaults(t *testing.T, kind servers.Kind, url string) serverFaults {
	t.Helper()
	switch kind {
	case servers.PostgreSQL:
		// The processes get the default of the server, and the administrator does not.
		db := createSession(t, sqlstore.PostgreSQL, "pgx", url+"&default_transaction_read_only=off")
		return sqlFaults(db, url, func(on bool) error {
			return executeAll(db, fmt.Sprintf("ALTER SYSTEM SET default_transaction_read_only = %t", on), "SELECT pg_reload_conf()")
		})
	case servers.MariaDB:
		db := createSession(t, sqlstore.MariaDB, "mysql", url)
		// An administrator may write to a server that is read-only, so the processes are not one.
		if err := executeAll(db, "CREATE USER 'app'@'%' IDENTIFIED BY 'app'",
			"GRANT SELECT, INSERT, UPDATE, DELETE ON "+servers.User+".* TO 'app'@'%'"); err != nil {
			t.Fatal(err)
		}
		return sqlFaults(db, strings.Replace(url, servers.User+":"+servers.Password, "app:app", 1), func(on bool) error {
			return executeAll(db, fmt.Sprintf("SET GLOBAL read_only = %t", on))
		})
	}
	return redisFaults(t, url)
}

func createSession(t *testing.T, d sqlstore.Dialect, driver, url string) *sql.DB {
	t.Helper()
	db := open(t, driver, url)
	createTable(t, db, d, table)
	return db
}

// sqlFaults restores the rows of a table, as the tools for backups do.
func sqlFaults(db *sql.DB, url string, readOnly func(on bool) error) serverFaults {
	return serverFaults{
		childURL: url,
		empty:    func() error { return executeAll(db, "DELETE FROM "+table) },
		backup: func() (record []byte, err error) {
			err = executeAll(db, "DROP TABLE IF EXISTS backup", "CREATE TABLE backup AS SELECT * FROM "+table)
			if err == nil {
				err = db.QueryRow("SELECT data FROM backup").Scan(&record)
			}
			if errors.Is(err, sql.ErrNoRows) {
				return nil, nil
			}
			return record, err
		},
		restore: func() error {
			tx, err := db.Begin()
			if err != nil {
				return err
			}
			defer tx.Rollback() //nolint:errcheck // after a commit it has no effect
			for _, statement := range []string{"DELETE FROM " + table, "INSERT INTO " + table + " SELECT * FROM backup"} {
				if _, err := tx.Exec(statement); err != nil {
					return err
				}
			}
			return tx.Commit()
		},
		readOnly: readOnly,
	}
}

// executeAll executes statements. After a restart of the server the first attempt may find a
// broken connection.
func executeAll(db *sql.DB, statements ...string) error {
	for _, statement := range statements {
		_, err := db.Exec(statement)
		for range 2 {
			if err != nil {
				_, err = db.Exec(statement)
			}
		}
		if err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

func redisFaults(t *testing.T, url string) serverFaults {
	client, ctx := goRedisClient(t, url), context.Background()
	key, backup := "", map[string]string{}
	return serverFaults{
		childURL: url,
		empty:    func() error { return client.FlushAll(ctx).Err() },
		backup: func() (record []byte, err error) {
			key, err = client.RandomKey(ctx).Result()
			if errors.Is(err, goredis.Nil) {
				return nil, nil
			}
			if err != nil {
				return nil, err
			}
			backup, err = client.HGetAll(ctx, key).Result()
			return []byte(backup["data"]), err
		},
		restore: func() error {
			_, err := client.TxPipelined(ctx, func(p goredis.Pipeliner) error {
				p.FlushAll(ctx)
				p.HSet(ctx, key, backup)
				return nil
			})
			return err
		},
		// A replica of a server that is not there has the data, and rejects writes.
		readOnly: func(on bool) error {
			if on {
				return client.Do(ctx, "REPLICAOF", "127.0.0.1", "1").Err()
			}
			return client.Do(ctx, "REPLICAOF", "NO", "ONE").Err()
		},
	}
}

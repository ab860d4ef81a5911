package stores_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomodule/redigo/redis"
	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/rueidis"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/sqlstore"
	"github.com/ringcx-go/ringcx-go/stores/internal/servers"
)

func TestMain(m *testing.M) {
	runChild()
	goredis.SetLogger(noLogger{})
	os.Exit(servers.Main(m))
}

// noLogger drops what go-redis logs about servers that tests stop.
type noLogger struct{}

func (noLogger) Printf(context.Context, string, ...any) {}

// table is the name of the table in each test.
const table = "ringcx_session"

// open opens a database. The test closes it.
func open(t *testing.T, driver, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return db
}

// createTable creates the table if it does not exist.
func createTable(t *testing.T, db *sql.DB, d sqlstore.Dialect, name string) {
	t.Helper()
	schema, err := sqlstore.Schema(d, name)
	if err != nil {
		t.Fatal(err)
	}
	execute(t, db, strings.Replace(schema, "CREATE TABLE ", "CREATE TABLE IF NOT EXISTS ", 1))
}

func execute(t *testing.T, db *sql.DB, statement string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// newStore returns a Store of sqlstore and the database.
func newStore(t *testing.T, d sqlstore.Dialect, driver, url string) (*sqlstore.Store, *sql.DB) {
	t.Helper()
	db := open(t, driver, url)
	createTable(t, db, d, table)
	store, err := sqlstore.New(db, d, table)
	if err != nil {
		t.Fatal(err)
	}
	return store, db
}

func newLeaseStore(t *testing.T, url string) *sqlstore.LeaseStore {
	t.Helper()
	db := open(t, "pgx", url)
	createTable(t, db, sqlstore.PostgreSQL, table)
	store, err := sqlstore.NewLeaseStore(db, table)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// sqliteFile returns the name of a new database file.
func sqliteFile(t *testing.T) string { return filepath.Join(t.TempDir(), "ringcx.db") }

// goRedisClient returns a client of go-redis. The test closes it.
func goRedisClient(t *testing.T, url string) *goredis.Client {
	t.Helper()
	options, err := goredis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	client := goredis.NewClient(options)
	t.Cleanup(func() {
		if err := client.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return client
}

// redisStores are the Stores of the Redis clients.
var redisStores = map[string]func(t *testing.T, url string) ringcx.Store{
	"go-redis": func(t *testing.T, url string) ringcx.Store { return goRedis(goRedisClient(t, url)) },
	"rueidis": func(t *testing.T, url string) ringcx.Store {
		options, err := rueidis.ParseURL(url)
		if err != nil {
			t.Fatal(err)
		}
		client, err := rueidis.NewClient(options)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(client.Close)
		return viaRueidis(client)
	},
	"redigo": func(t *testing.T, url string) ringcx.Store {
		pool := &redis.Pool{
			MaxIdle:     4,
			DialContext: func(ctx context.Context) (redis.Conn, error) { return redis.DialURLContext(ctx, url) },
		}
		t.Cleanup(func() {
			if err := pool.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		})
		return viaRedigo(pool)
	},
}

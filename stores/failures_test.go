package stores_test

import (
	"context"
	"errors"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	goredis "github.com/redis/go-redis/v9"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/sqlstore"
	"github.com/ringcx-go/ringcx-go/stores/internal/servers"
)

// wantError checks that an error has all texts, and that it is one line without the password.
func wantError(t *testing.T, err error, texts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("the error is nil, want one with %q", texts)
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("the error %q does not contain %q", err, text)
		}
	}
	if strings.Contains(err.Error(), servers.Password) {
		t.Errorf("the error %q contains the password", err)
	}
	if errors.Is(err, ringcx.ErrConflict) {
		t.Errorf("the error %q is a conflict", err)
	}
}

// callStore calls Load and CompareAndSwap as a TokenSource does, for 3 s each.
func callStore(t *testing.T, store ringcx.Store) (loadErr, writeErr error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	_, _, loadErr = store.Load(ctx, "key")
	ctx, cancel = context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	_, writeErr = store.CompareAndSwap(ctx, "key", "some version", []byte("data"))
	return loadErr, writeErr
}

// ownStore is a Store on a server of the test.
type ownStore struct {
	name  string
	kind  servers.Kind
	start func(t *testing.T, url string) ringcx.Store // creates the table
	label string                                      // in each error
}

func ownStores() []ownStore {
	sqlStore := func(d sqlstore.Dialect, driver string) func(t *testing.T, url string) ringcx.Store {
		return func(t *testing.T, url string) ringcx.Store {
			store, _ := newStore(t, d, driver, url)
			return store
		}
	}
	stores := []ownStore{
		{"PostgreSQL", servers.PostgreSQL, sqlStore(sqlstore.PostgreSQL, "pgx"), "sqlstore: PostgreSQL table ringcx_session: "},
		{"LeaseStore", servers.PostgreSQL, func(t *testing.T, url string) ringcx.Store { return newLeaseStore(t, url) }, "sqlstore: PostgreSQL table ringcx_session: "},
		{"MariaDB", servers.MariaDB, sqlStore(sqlstore.MariaDB, "mysql"), "sqlstore: MariaDB table ringcx_session: "},
	}
	for name, start := range redisStores {
		stores = append(stores, ownStore{name, servers.Redis, start, `redisstore: key "ringcx:key": `})
	}
	return stores
}

// TestServerDown stops and kills the server of a Store that works, and starts it again. The
// record is still there.
func TestServerDown(t *testing.T) {
	if err := mysql.SetLogger(&mysql.NopLogger{}); err != nil {
		t.Fatal(err)
	}
	for _, tt := range ownStores() {
		t.Run(tt.name, func(t *testing.T) {
			s := servers.Start(t, tt.kind)
			store := tt.start(t, s.URL)
			version, err := store.CompareAndSwap(t.Context(), "key", "", []byte("kept"))
			if err != nil {
				t.Fatal(err)
			}
			for _, end := range []func(){s.Stop, s.Kill} {
				end()
				loadErr, writeErr := callStore(t, store)
				wantError(t, loadErr, tt.label+"load: ")
				wantError(t, writeErr, tt.label)
				if err := s.Start(); err != nil {
					t.Fatal(err)
				}
				version = wantWorks(t, store, version)
			}
		})
	}
}

// wantWorks reads and writes the record within 10 s, because a client may still have broken
// connections. A write whose result is not known may have taken effect.
func wantWorks(t *testing.T, store ringcx.Store, version string) (newVersion string) {
	t.Helper()
	var data []byte
	var found string
	var err error
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if data, found, err = store.Load(t.Context(), "key"); err == nil {
			break
		}
	}
	if err != nil || string(data) != "kept" || found != version {
		t.Fatalf("after the restart Load returns %q, version %q, %v, want the record of version %q", data, found, err, version)
	}
	newVersion, err = store.CompareAndSwap(t.Context(), "key", version, []byte("kept"))
	if err != nil {
		t.Fatalf("after the restart CompareAndSwap returns %v", err)
	}
	return newVersion
}

// TestWrongPassword uses each client with a password that the server rejects.
func TestWrongPassword(t *testing.T) {
	wrong := func(url string) string { return strings.Replace(url, servers.Password, "wrong", 1) }
	pg := servers.Start(t, servers.PostgreSQL) // a URL of the environment has another password
	store, err := sqlstore.New(open(t, "pgx", wrong(pg.URL)), sqlstore.PostgreSQL, table)
	if err != nil {
		t.Fatal(err)
	}
	loadErr, writeErr := callStore(t, store)
	wantError(t, loadErr, "sqlstore: PostgreSQL table ringcx_session: load: ", "password authentication failed")
	wantError(t, writeErr, "sqlstore: PostgreSQL table ringcx_session: replace: ", "password authentication failed")

	maria := servers.Start(t, servers.MariaDB)
	store, err = sqlstore.New(open(t, "mysql", wrong(maria.URL)), sqlstore.MariaDB, table)
	if err != nil {
		t.Fatal(err)
	}
	loadErr, writeErr = callStore(t, store)
	wantError(t, loadErr, "sqlstore: MariaDB table ringcx_session: load: ", "Access denied")
	wantError(t, writeErr, "sqlstore: MariaDB table ringcx_session: replace: ", "Access denied")

	redis := servers.Start(t, servers.Redis)
	for _, name := range []string{"go-redis", "redigo"} { // rueidis connects at once
		loadErr, writeErr := callStore(t, redisStores[name](t, wrong(redis.URL)))
		wantError(t, loadErr, `redisstore: key "ringcx:key": load: `, "WRONGPASS")
		wantError(t, writeErr, `redisstore: key "ringcx:key": write: `, "WRONGPASS")
	}
}

// TestWrongTable uses tables that do not exist, or that have other columns.
func TestWrongTable(t *testing.T) {
	for _, tt := range []struct {
		d       sqlstore.Dialect
		driver  string
		url     string
		missing string
	}{
		{sqlstore.PostgreSQL, "pgx", servers.Shared(t, servers.PostgreSQL).URL, "does not exist"},
		{sqlstore.MariaDB, "mysql", servers.Shared(t, servers.MariaDB).URL, "doesn't exist"},
		{sqlstore.SQLite, "sqlite", sqliteFile(t), "no such table"},
	} {
		t.Run(tt.d.String(), func(t *testing.T) {
			db := open(t, tt.driver, tt.url)
			missing, err := sqlstore.New(db, tt.d, "missing")
			if err != nil {
				t.Fatal(err)
			}
			loadErr, writeErr := callStore(t, missing)
			wantError(t, loadErr, "table missing: load: ", tt.missing, "sqlstore.Schema")
			wantError(t, writeErr, "table missing: replace: ", tt.missing, "sqlstore.Schema")
			execute(t, db, "CREATE TABLE IF NOT EXISTS other_columns (id integer)")
			other, err := sqlstore.New(db, tt.d, "other_columns")
			if err != nil {
				t.Fatal(err)
			}
			loadErr, writeErr = callStore(t, other)
			wantError(t, loadErr, "table other_columns: load: ", "version")
			wantError(t, writeErr, "table other_columns: replace: ", "version")
		})
	}
}

// TestReadOnly writes to servers that only allow reads. A Load works.
func TestReadOnly(t *testing.T) {
	check := func(t *testing.T, store ringcx.Store, texts ...string) {
		t.Helper()
		loadErr, writeErr := callStore(t, store)
		if loadErr != nil {
			t.Errorf("Load: %v", loadErr)
		}
		wantError(t, writeErr, texts...)
		_, err := store.CompareAndSwap(t.Context(), "new", "", []byte("x"))
		wantError(t, err, texts...)
	}
	t.Run("PostgreSQL", func(t *testing.T) {
		s := servers.Shared(t, servers.PostgreSQL)
		newStore(t, sqlstore.PostgreSQL, "pgx", s.URL)
		store, _ := sqlstore.New(open(t, "pgx", withSetting(t, s, "default_transaction_read_only", "on")), sqlstore.PostgreSQL, table)
		check(t, store, "sqlstore: PostgreSQL", "read-only transaction", "connect to the primary")
	})
	t.Run("MariaDB", func(t *testing.T) {
		s := servers.Start(t, servers.MariaDB)
		_, db := newStore(t, sqlstore.MariaDB, "mysql", s.URL)
		execute(t, db, "CREATE USER 'reader'@'%' IDENTIFIED BY 'reader'")
		execute(t, db, "GRANT SELECT, INSERT, UPDATE, DELETE ON "+servers.User+".* TO 'reader'@'%'")
		execute(t, db, "SET GLOBAL read_only = 1")
		url := strings.Replace(s.URL, servers.User+":"+servers.Password, "reader:reader", 1)
		store, _ := sqlstore.New(open(t, "mysql", url), sqlstore.MariaDB, table)
		check(t, store, "sqlstore: MariaDB", "--read-only", "connect to the primary")
	})
	t.Run("SQLite", func(t *testing.T) {
		file := sqliteFile(t)
		newStore(t, sqlstore.SQLite, "sqlite", file)
		store, _ := sqlstore.New(open(t, "sqlite", "file:"+file+"?mode=ro"), sqlstore.SQLite, table)
		check(t, store, "sqlstore: SQLite", "readonly", "connect to the primary")
	})
	t.Run("Redis", func(t *testing.T) {
		primary := servers.Start(t, servers.Redis)
		replica := servers.Start(t, servers.Redis, "--masterauth", servers.Password,
			"--replicaof", "127.0.0.1 "+strings.TrimPrefix(primary.Addr, "127.0.0.1:"))
		check(t, goRedis(goRedisClient(t, replica.URL)), `redisstore: key "ringcx:`, "write", "READONLY")
	})
}

// TestRedisWrongType uses a key that another program has as a list.
func TestRedisWrongType(t *testing.T) {
	client := goRedisClient(t, servers.Shared(t, servers.Redis).URL)
	key := "ringcx:wrong type"
	if err := client.LPush(t.Context(), key, "x").Err(); err != nil {
		t.Fatal(err)
	}
	defer client.Del(context.Background(), key)
	store := goRedis(client)
	_, _, err := store.Load(t.Context(), "wrong type")
	wantError(t, err, `redisstore: key "ringcx:wrong type": load: `, "WRONGTYPE", "another Config.Key")
	_, err = store.CompareAndSwap(t.Context(), "wrong type", "", []byte("x"))
	wantError(t, err, `redisstore: key "ringcx:wrong type": write: `, "WRONGTYPE", "another Config.Key")
}

// TestRedisFull writes to a server that has no more memory and may not evict records.
func TestRedisFull(t *testing.T) {
	s := servers.Start(t, servers.Redis, "--maxmemory", "1", "--maxmemory-policy", "noeviction")
	_, err := goRedis(goRedisClient(t, s.URL)).CompareAndSwap(t.Context(), "key", "", []byte("x"))
	wantError(t, err, `redisstore: key "ringcx:key": write: `, "OOM")
}

// TestRedisExpiry lets a record expire. It is a record that does not exist: its version
// conflicts, and it can be created again. Each write sets the time to live again.
func TestRedisExpiry(t *testing.T) {
	client := goRedisClient(t, servers.Shared(t, servers.Redis).URL)
	store, ctx := goRedis(client), t.Context()
	version := ""
	for _, text := range []string{"first", "second"} {
		var err error
		if version, err = store.CompareAndSwap(ctx, "expiry", version, []byte(text)); err != nil {
			t.Fatal(err)
		}
		ttl, err := client.TTL(ctx, "ringcx:expiry").Result()
		if err != nil || ttl < 30*24*time.Hour-time.Minute || ttl > 30*24*time.Hour {
			t.Errorf("time to live %v, %v, want 30 days", ttl, err)
		}
		client.PExpire(ctx, "ringcx:expiry", time.Hour)
	}
	client.PExpire(ctx, "ringcx:expiry", time.Millisecond)
	time.Sleep(50 * time.Millisecond)
	if data, v, err := store.Load(ctx, "expiry"); data != nil || v != "" || err != nil {
		t.Errorf("Load of an expired record returns %q, %q, %v", data, v, err)
	}
	if _, err := store.CompareAndSwap(ctx, "expiry", version, []byte("x")); !errors.Is(err, ringcx.ErrConflict) {
		t.Errorf("a swap of an expired record returns %v, want a conflict", err)
	}
	version, err := store.CompareAndSwap(ctx, "expiry", "", []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.CompareAndSwap(ctx, "expiry", version, nil); err != nil {
		t.Fatal(err)
	}
}

// TestRedisScriptSentTwice runs each script twice, as a client does that lost the result of
// the first one. The write succeeds.
func TestRedisScriptSentTwice(t *testing.T) {
	client := goRedisClient(t, servers.Shared(t, servers.Redis).URL)
	twice := twiceClient{client}
	store, ctx := goRedis(twice), t.Context()
	version, err := store.CompareAndSwap(ctx, "twice", "", []byte("first"))
	if err != nil {
		t.Fatal(err)
	}
	version, err = store.CompareAndSwap(ctx, "twice", version, []byte("second"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := goRedis(client).CompareAndSwap(ctx, "twice", version, nil); err != nil {
		t.Fatal(err)
	}
}

// twiceClient runs each script twice.
type twiceClient struct{ goredis.UniversalClient }

func (c twiceClient) Eval(ctx context.Context, script string, keys []string, args ...any) *goredis.Cmd {
	c.UniversalClient.Eval(ctx, script, keys, args...)
	return c.UniversalClient.Eval(ctx, script, keys, args...)
}

// TestSQLiteFull writes a record that does not fit into the database.
func TestSQLiteFull(t *testing.T) {
	store, db := newStore(t, sqlstore.SQLite, "sqlite", sqliteFile(t))
	db.SetMaxOpenConns(1) // the limit belongs to a connection
	execute(t, db, "PRAGMA max_page_count = 5")
	_, err := store.CompareAndSwap(t.Context(), "key", "", make([]byte, 1<<16))
	wantError(t, err, "sqlstore: SQLite table ringcx_session: create: ", "full")
}

// TestNoDatabase opens an SQLite file that is not a database.
func TestNoDatabase(t *testing.T) {
	file := sqliteFile(t)
	if err := os.WriteFile(file, []byte(strings.Repeat("not a database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	store, _ := sqlstore.New(open(t, "sqlite", file), sqlstore.SQLite, table)
	loadErr, writeErr := callStore(t, store)
	wantError(t, loadErr, "sqlstore: SQLite table ringcx_session: load: ", "not a database")
	wantError(t, writeErr, "sqlstore: SQLite table ringcx_session: replace: ", "not a database")
}

// withSetting returns the URL of PostgreSQL with a setting for its sessions.
func withSetting(t *testing.T, s *servers.Server, name, value string) string {
	t.Helper()
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set(name, value)
	u.RawQuery = q.Encode()
	return u.String()
}

package stores_test

import (
	"database/sql"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
	"github.com/ringcx-go/ringcx-go/ringcx/sqlstore"
	"github.com/ringcx-go/ringcx-go/stores/internal/servers"
)

// rawStore is a Store, and access to its records without it.
type rawStore struct {
	store ringcx.Store
	read  func(t *testing.T, key string) string // all that the server has of a record
	edit  func(t *testing.T, key, data string)  // changes the data, and not the version
}

func rawStores() map[string]func(t *testing.T) rawStore {
	return map[string]func(t *testing.T) rawStore{
		"PostgreSQL": func(t *testing.T) rawStore {
			store, db := newStore(t, sqlstore.PostgreSQL, "pgx", servers.Shared(t, servers.PostgreSQL).URL)
			return rawSQL(store, db, "$1", "$2")
		},
		"MariaDB": func(t *testing.T) rawStore {
			store, db := newStore(t, sqlstore.MariaDB, "mysql", servers.Shared(t, servers.MariaDB).URL)
			return rawSQL(store, db, "?", "?")
		},
		"SQLite": func(t *testing.T) rawStore {
			store, db := newStore(t, sqlstore.SQLite, "sqlite", sqliteFile(t))
			return rawSQL(store, db, "?", "?")
		},
		"Redis": func(t *testing.T) rawStore {
			client := goRedisClient(t, servers.Shared(t, servers.Redis).URL)
			return rawStore{
				store: goRedis(client),
				read: func(t *testing.T, key string) string {
					fields, err := client.HGetAll(t.Context(), "ringcx:"+key).Result()
					if err != nil {
						t.Fatal(err)
					}
					return fields["version"] + fields["data"]
				},
				edit: func(t *testing.T, key, data string) {
					if err := client.HSet(t.Context(), "ringcx:"+key, "data", data).Err(); err != nil {
						t.Fatal(err)
					}
				},
			}
		},
	}
}

func rawSQL(store ringcx.Store, db *sql.DB, p1, p2 string) rawStore {
	return rawStore{
		store: store,
		read: func(t *testing.T, key string) string {
			var id, version string
			var data []byte
			if err := db.QueryRow("SELECT * FROM ringcx_session WHERE id = "+p1, key).Scan(&id, &version, &data); err != nil {
				t.Fatal(err)
			}
			return id + version + string(data)
		},
		edit: func(t *testing.T, key, data string) {
			execute(t, db, "UPDATE ringcx_session SET data = "+p1+" WHERE id = "+p2, []byte(data), key)
		},
	}
}

// session starts a process that shares a session with the other ones of the test. Its events
// with an error are appended to failed.
func session(t *testing.T, fake *ringcxtest.Server, store ringcx.Store, failed *[]string) *ringcx.TokenSource {
	t.Helper()
	cfg := fake.Config()
	cfg.Store, cfg.Key = store, t.Name()
	var mu sync.Mutex
	cfg.OnEvent = func(e ringcx.Event) {
		mu.Lock()
		defer mu.Unlock()
		if e.Err != nil {
			*failed = append(*failed, string(e.Stage)+": "+e.Err.Error())
		}
	}
	tokens, err := ringcx.NewTokenSource(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

// recordKey is the key of the record of a test: Config.Key and the format.
func recordKey(t *testing.T) string { return t.Name() + "/2" }

// TestSealedRecordHasNoToken looks at what the server has of a record, with and without Seal.
func TestSealedRecordHasNoToken(t *testing.T) {
	for name, start := range rawStores() {
		t.Run(name, func(t *testing.T) {
			raw := start(t)
			fake := ringcxtest.NewServer(t)
			for _, sealed := range []bool{false, true} {
				store := raw.store
				if sealed {
					store = seal(t, store)
				}
				var failed []string
				tokens := session(t, fake, store, &failed)
				token, err := tokens.Token()
				if err != nil {
					t.Fatal(err)
				}
				if err := tokens.Close(); err != nil {
					t.Fatal(err)
				}
				text := raw.read(t, recordKey(t))
				contains := strings.Contains(text, token.AccessToken) || strings.Contains(text, "refresh")
				if contains == sealed || len(failed) > 0 {
					t.Errorf("sealed is %v: the record contains a token: %v; events with an error: %q", sealed, contains, failed)
				}
				removeRecord(t, raw.store)
			}
		})
	}
}

func removeRecord(t *testing.T, store ringcx.Store) {
	t.Helper()
	_, version, err := store.Load(t.Context(), recordKey(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.CompareAndSwap(t.Context(), recordKey(t), version, nil); err != nil {
		t.Fatal(err)
	}
}

// TestEditedRecord edits the record of a session. The next process reports it with an event,
// obtains tokens, and replaces the record. A third process adopts these.
func TestEditedRecord(t *testing.T) {
	for name, start := range rawStores() {
		t.Run(name, func(t *testing.T) {
			raw := start(t)
			fake := ringcxtest.NewServer(t)
			var failed []string
			use := func() string {
				tokens := session(t, fake, raw.store, &failed)
				token, err := tokens.Token()
				if err != nil {
					t.Fatal(err)
				}
				if err := tokens.Close(); err != nil {
					t.Fatal(err)
				}
				return token.AccessToken
			}
			first := use()
			raw.edit(t, recordKey(t), `{"gen": 1, "access": "x`)
			second := use()
			third := use()
			if second == first || third != second {
				t.Errorf("tokens …%s, …%s, …%s: want a new one after the edit, and then the same", first[len(first)-6:], second[len(second)-6:], third[len(third)-6:])
			}
			if len(failed) != 1 || !strings.HasPrefix(failed[0], "store: ") {
				t.Errorf("events with an error are %q, want one of stage store", failed)
			}
			removeRecord(t, raw.store)
		})
	}
}

// TestEditedVersion empties the version of a record. In SQL that is an error that says what
// to do. In Redis the record counts as missing.
func TestEditedVersion(t *testing.T) {
	store, db := newStore(t, sqlstore.SQLite, "sqlite", sqliteFile(t))
	if _, err := store.CompareAndSwap(t.Context(), "key", "", []byte("x")); err != nil {
		t.Fatal(err)
	}
	execute(t, db, "UPDATE ringcx_session SET version = ''")
	_, _, err := store.Load(t.Context(), "key")
	wantError(t, err, "sqlstore: SQLite table ringcx_session: load: ", "edited", "delete the record")

	client := goRedisClient(t, servers.Shared(t, servers.Redis).URL)
	if err := client.HSet(t.Context(), "ringcx:edited", "version", "", "data", "x").Err(); err != nil {
		t.Fatal(err)
	}
	data, version, err := goRedis(client).Load(t.Context(), "edited")
	if diff := cmp.Diff([]any{[]byte(nil), "", nil}, []any{data, version, err}); diff != "" {
		t.Errorf("Load (-want +got):\n%s", diff)
	}
	version, err = goRedis(client).CompareAndSwap(t.Context(), "edited", "", []byte("y"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := goRedis(client).CompareAndSwap(t.Context(), "edited", version, nil); err != nil {
		t.Fatal(err)
	}
}

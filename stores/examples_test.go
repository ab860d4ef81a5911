package stores_test

import (
	"context"
	"crypto/tls"
	"database/sql"
	"encoding/base64"
	"fmt"
	"os"

	_ "github.com/go-sql-driver/mysql" // driver "mysql"
	redigo "github.com/gomodule/redigo/redis"
	_ "github.com/jackc/pgx/v5/stdlib" // driver "pgx"
	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/rueidis"
	_ "modernc.org/sqlite" // driver "sqlite"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/redisstore"
	"github.com/ringcx-go/ringcx-go/ringcx/sqlstore"
)

// connect is the rest of a program: a client with a Store. The records are encrypted, so that
// the server never has a token. RINGCX_SEAL_KEY is the base64 text of 32 random bytes.
func connect(store ringcx.Store) {
	key, err := base64.StdEncoding.DecodeString(os.Getenv("RINGCX_SEAL_KEY"))
	if err != nil {
		fmt.Println(err)
		return
	}
	sealed, err := ringcx.Seal(store, key)
	if err != nil {
		fmt.Println(err)
		return
	}
	cfg, err := ringcx.ConfigFromEnv()
	if err != nil {
		fmt.Println(err)
		return
	}
	cfg.Store = sealed
	client, err := ringcx.New(cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Tokens.Close() //nolint:errcheck // the program ends here
	accounts, err := client.Accounts.List(context.Background())
	fmt.Println(len(accounts), err)
}

// PostgreSQL with pgx. With target_session_attrs=read-write pgx connects to the primary of
// the hosts in the URL, also after a failover. The LeaseStore notices a process that was
// killed; behind a transaction pooler use sqlstore.New with sqlstore.PostgreSQL.
func Example_postgreSQL() {
	db, err := sql.Open("pgx", "postgres://app@db1,db2/app?sslmode=verify-full&target_session_attrs=read-write")
	if err != nil {
		fmt.Println(err)
		return
	}
	store, err := sqlstore.NewLeaseStore(db, "ringcx_session")
	if err != nil {
		fmt.Println(err)
		return
	}
	connect(store)
}

// MariaDB with github.com/go-sql-driver/mysql. With rejectReadOnly=true the driver leaves a
// server that a failover has made a replica.
func Example_mariaDB() {
	db, err := sql.Open("mysql", "app:"+os.Getenv("DB_PASSWORD")+"@tcp(db:3306)/app?tls=true&rejectReadOnly=true")
	if err != nil {
		fmt.Println(err)
		return
	}
	store, err := sqlstore.New(db, sqlstore.MariaDB, "ringcx_session")
	if err != nil {
		fmt.Println(err)
		return
	}
	connect(store)
}

// SQLite with modernc.org/sqlite, with its default settings. The file must be on a local disk.
func Example_sqlite() {
	db, err := sql.Open("sqlite", "/var/lib/app/ringcx.db")
	if err != nil {
		fmt.Println(err)
		return
	}
	store, err := sqlstore.New(db, sqlstore.SQLite, "ringcx_session")
	if err != nil {
		fmt.Println(err)
		return
	}
	connect(store)
}

// goRedis runs the scripts of a Store with a client of go-redis: a *redis.Client, also of
// NewFailoverClient, or a *redis.ClusterClient.
func goRedis(client goredis.UniversalClient) *redisstore.Store {
	return redisstore.New(func(ctx context.Context, script string, keys []string, args ...any) (any, error) {
		return client.Eval(ctx, script, keys, args...).Result()
	})
}

// Redis with go-redis, TLS, and a user of the ACL.
func Example_goRedis() {
	connect(goRedis(goredis.NewClient(&goredis.Options{
		Addr:      "redis.example.com:6380",
		Username:  "app",
		Password:  os.Getenv("REDIS_PASSWORD"),
		TLSConfig: &tls.Config{MinVersion: tls.VersionTLS12},
	})))
}

// Redis with go-redis and Sentinel: the client asks the sentinels for the primary.
func Example_goRedisSentinel() {
	connect(goRedis(goredis.NewFailoverClient(&goredis.FailoverOptions{
		MasterName:       "mymaster",
		SentinelAddrs:    []string{"sentinel1:26379", "sentinel2:26379", "sentinel3:26379"},
		SentinelPassword: os.Getenv("SENTINEL_PASSWORD"),
		Password:         os.Getenv("REDIS_PASSWORD"),
	})))
}

// Redis Cluster with go-redis: each script uses one key, so that the client finds its node.
func Example_goRedisCluster() {
	connect(goRedis(goredis.NewClusterClient(&goredis.ClusterOptions{
		Addrs:     []string{"node1:6379", "node2:6379", "node3:6379"},
		Password:  os.Getenv("REDIS_PASSWORD"),
		TLSConfig: &tls.Config{MinVersion: tls.VersionTLS12},
	})))
}

// viaRueidis runs the scripts of a Store with a client of rueidis, whose arguments are
// strings.
func viaRueidis(client rueidis.Client) *redisstore.Store {
	return redisstore.New(func(ctx context.Context, script string, keys []string, args ...any) (any, error) {
		texts := make([]string, len(args))
		for i, arg := range args {
			texts[i] = fmt.Sprint(arg)
		}
		eval := client.B().Eval().Script(script).Numkeys(int64(len(keys))).Key(keys...).Arg(texts...).Build()
		return client.Do(ctx, eval).ToAny()
	})
}

// Redis with rueidis.
func Example_rueidis() {
	client, err := rueidis.NewClient(rueidis.ClientOption{
		InitAddress: []string{"redis.example.com:6379"},
		Password:    os.Getenv("REDIS_PASSWORD"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	connect(viaRueidis(client))
}

// viaRedigo runs the scripts of a Store with the connections of a pool of redigo.
func viaRedigo(pool *redigo.Pool) *redisstore.Store {
	return redisstore.New(func(ctx context.Context, script string, keys []string, args ...any) (any, error) {
		conn, err := pool.GetContext(ctx)
		if err != nil {
			return nil, err
		}
		defer conn.Close() //nolint:errcheck // it returns the connection to the pool
		params := []any{script, len(keys)}
		for _, key := range keys {
			params = append(params, key)
		}
		return redigo.DoContext(conn, ctx, "EVAL", append(params, args...)...)
	})
}

// Redis with redigo.
func Example_redigo() {
	connect(viaRedigo(&redigo.Pool{
		MaxIdle: 4,
		DialContext: func(ctx context.Context) (redigo.Conn, error) {
			return redigo.DialContext(ctx, "tcp", "redis.example.com:6379", redigo.DialPassword(os.Getenv("REDIS_PASSWORD")))
		},
	}))
}

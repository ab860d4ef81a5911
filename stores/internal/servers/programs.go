package servers

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	_ "github.com/go-sql-driver/mysql" // driver "mysql"
	_ "github.com/jackc/pgx/v5/stdlib" // driver "pgx"
	"github.com/redis/go-redis/v9"
)

var programs = map[Kind]program{
	PostgreSQL: {
		kind: PostgreSQL, env: "RINGCX_TEST_POSTGRES_URL", user: "postgres", server: "postgres",
		stop: syscall.SIGINT, // fast shutdown: it does not wait for the clients
		url: func(addr string) string {
			return "postgres://" + User + ":" + Password + "@" + addr + "/postgres?sslmode=disable"
		},
		init: initPostgreSQL,
		args: func(s *Server) []string {
			return []string{"-D", s.data(), "-p", strconv.Itoa(s.port), "-c", "listen_addresses=127.0.0.1",
				"-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "max_connections=200"}
		},
		ping: func(ctx context.Context, url string) error { return pingSQL(ctx, "pgx", url) },
	},
	MariaDB: {
		kind: MariaDB, env: "RINGCX_TEST_MARIADB_URL", user: "mysql", server: "mariadbd",
		stop: syscall.SIGTERM,
		url:  func(addr string) string { return User + ":" + Password + "@tcp(" + addr + ")/" + User },
		init: initMariaDB,
		args: func(s *Server) []string {
			return []string{"--no-defaults", "--datadir=" + s.data(), "--port=" + strconv.Itoa(s.port),
				"--bind-address=127.0.0.1", "--socket=" + filepath.Join(s.dir, "socket"), "--pid-file=" + filepath.Join(s.dir, "pid"),
				"--skip-name-resolve", "--init-file=" + s.initFile(), "--innodb-flush-log-at-trx-commit=2",
				"--innodb-buffer-pool-size=32M", "--max-connections=500"}
		},
		ping: func(ctx context.Context, url string) error { return pingSQL(ctx, "mysql", url) },
	},
	Redis: {
		kind: Redis, env: "RINGCX_TEST_REDIS_URL", user: "redis", server: "redis-server",
		stop: syscall.SIGTERM,
		url:  func(addr string) string { return "redis://:" + Password + "@" + addr + "/0" },
		args: func(s *Server) []string {
			return []string{"--port", strconv.Itoa(s.port), "--bind", "127.0.0.1", "--dir", s.dir,
				"--requirepass", Password, "--appendonly", "yes", "--save", ""}
		},
		ping: pingRedis,
	},
}

// data is the directory of the data, which the server must be able to create.
func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// initFile has the statements that MariaDB executes when it starts.
func (s *Server) initFile() string { return filepath.Join(s.dir, "init.sql") }

func initPostgreSQL(s *Server) error {
	password := filepath.Join(s.dir, "password")
	if err := os.WriteFile(password, []byte(Password), 0o644); err != nil {
		return err
	}
	return s.run("initdb", "-D", s.data(), "-U", User, "--pwfile", password, "-A", "scram-sha-256",
		"-E", "UTF8", "--no-locale", "--no-sync")
}

func initMariaDB(s *Server) error {
	const statements = "CREATE DATABASE IF NOT EXISTS " + User + ";\n" +
		"CREATE USER IF NOT EXISTS '" + User + "'@'%' IDENTIFIED BY '" + Password + "';\n" +
		"GRANT ALL ON *.* TO '" + User + "'@'%' WITH GRANT OPTION;\n"
	if err := os.WriteFile(s.initFile(), []byte(statements), 0o644); err != nil {
		return err
	}
	return s.run("mariadb-install-db", "--no-defaults", "--datadir="+s.data(),
		"--auth-root-authentication-method=normal", "--skip-test-db")
}

func pingSQL(ctx context.Context, driver, url string) error {
	db, err := sql.Open(driver, url)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // the result is that of the ping
	return db.PingContext(ctx)
}

func pingRedis(ctx context.Context, url string) error {
	options, err := redis.ParseURL(url)
	if err != nil {
		return err
	}
	client := redis.NewClient(options)
	defer client.Close() //nolint:errcheck // the result is that of the ping
	return client.Ping(ctx).Err()
}

package sqlstore_test

import (
	"database/sql"
	"fmt"
	"log"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/sqlstore"
)

// The processes share a session in a table of PostgreSQL. Import the driver in your program,
// here _ "github.com/jackc/pgx/v5/stdlib".
func Example() {
	db, err := sql.Open("pgx", "postgres://app@db/app?sslmode=verify-full&target_session_attrs=read-write")
	if err != nil {
		fmt.Println("the program must import the driver")
		return
	}
	store, err := sqlstore.New(db, sqlstore.PostgreSQL, "ringcx_session")
	if err != nil {
		log.Fatal(err)
	}
	cfg, err := ringcx.ConfigFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	cfg.Store = store
	// Output: the program must import the driver
}

// Put the statement into your migrations.
func ExampleSchema() {
	schema, err := sqlstore.Schema(sqlstore.PostgreSQL, "ringcx_session")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(schema)
	// Output:
	// CREATE TABLE "ringcx_session" (
	// 	id text NOT NULL PRIMARY KEY,
	// 	version text NOT NULL,
	// 	data bytea NOT NULL
	// )
}

// New checks the name of the table, and does not connect.
func ExampleNew() {
	_, err := sqlstore.New(new(sql.DB), sqlstore.SQLite, "sessions; --")
	fmt.Println(err)
	// Output:
	// sqlstore: "sessions; --" is not a name of a table: use letters, digits and _, after a schema and a dot if needed
}

// A LeaseStore keeps one connection during a renewal, so the pool needs two.
func ExampleNewLeaseStore() {
	db := new(sql.DB) // sql.Open("pgx", …)
	db.SetMaxOpenConns(1)
	_, err := sqlstore.NewLeaseStore(db, "ringcx_session")
	fmt.Println(err)
	// Output:
	// sqlstore: a LeaseStore needs two connections: call SetMaxOpenConns with 2 or more
}

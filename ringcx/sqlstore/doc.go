// Package sqlstore keeps the sessions of package ringcx in a table of an SQL database:
// PostgreSQL, MariaDB or SQLite. It uses database/sql alone; the program chooses the driver.
//
//	db, err := sql.Open("pgx", os.Getenv("DATABASE_URL"))
//	if err != nil {
//		return err
//	}
//	store, err := sqlstore.New(db, sqlstore.PostgreSQL, "ringcx_session")
//	if err != nil {
//		return err
//	}
//	client, err := ringcx.New(ringcx.Config{RingCentral: login, Store: store})
//
// The package creates no table. [Schema] returns the statement for your migrations.
//
// A record contains tokens. Seal the Store (see [ringcx.Seal]) if the database, its replicas
// or its backups are read by others.
//
// # What it survives
//
// Each write is one statement, so that it takes effect in full or not at all. A statement
// that the database rolled back because another one was running (SQLITE_BUSY, a
// serialization failure, a deadlock) is sent again until the context ends. After any other
// error, for example a connection that was lost during a failover, package ringcx reads
// the record to find out whether the write took effect. Use the primary: on a read-only
// replica every write is an error, and a replica that lags returns old records. After a
// failover the driver must leave a server that has become a replica: use
// target_session_attrs=read-write with pgx, and rejectReadOnly=true with
// github.com/go-sql-driver/mysql.
//
// No statement uses the clock of the database. Keys of more than 200 bytes are stored as
// their SHA-256.
//
// On PostgreSQL, [NewLeaseStore] also notices the end of a process. MySQL 8 accepts the
// same statements as MariaDB, and is not tested.
//
// Examples with the drivers, which are tested on real servers, are in
// https://github.com/ringcx-go/ringcx-go/tree/main/stores.
package sqlstore

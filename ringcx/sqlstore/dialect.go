package sqlstore

import (
	"fmt"
	"regexp"
	"strings"
)

// A Dialect is a kind of SQL database.
type Dialect int

// The dialects.
const (
	PostgreSQL Dialect = iota + 1 // 12 or newer
	MariaDB                       // 10.5 or newer; MySQL 8 is not tested
	SQLite                        // 3.24 or newer
)

// String returns the name of the database.
func (d Dialect) String() string {
	switch d {
	case PostgreSQL:
		return "PostgreSQL"
	case MariaDB:
		return "MariaDB"
	case SQLite:
		return "SQLite"
	}
	return fmt.Sprintf("Dialect(%d)", int(d))
}

// tableName matches the name of a table, with or without that of its schema.
var tableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,62}(\.[A-Za-z_][A-Za-z0-9_]{0,62})?$`)

// quote returns the name of a table as the dialect quotes it.
func (d Dialect) quote(table string) (string, error) {
	if d < PostgreSQL || d > SQLite {
		return "", fmt.Errorf("sqlstore: %v is not a dialect of this package", d)
	}
	if !tableName.MatchString(table) {
		return "", fmt.Errorf("sqlstore: %q is not a name of a table: use letters, digits and _, after a schema and a dot if needed", table)
	}
	mark := `"`
	if d == MariaDB {
		mark = "`"
	}
	return mark + strings.ReplaceAll(table, ".", mark+"."+mark) + mark, nil
}

// bind replaces each ? of a statement with the parameters of the dialect.
func (d Dialect) bind(statement string) string {
	if d != PostgreSQL {
		return statement
	}
	parts := strings.Split(statement, "?")
	var b strings.Builder
	for i, part := range parts[:len(parts)-1] {
		fmt.Fprintf(&b, "%s$%d", part, i+1)
	}
	return b.String() + parts[len(parts)-1]
}

// Schema returns the statement that creates the table. The name of the table may have that
// of its schema before it ("app.ringcx_session"). Schema returns an error for an unknown
// dialect, and for a name with other characters than letters, digits and underscores.
func Schema(d Dialect, table string) (string, error) {
	quoted, err := d.quote(table)
	if err != nil {
		return "", err
	}
	key, version, data, options := "text", "text", "bytea", ""
	switch d {
	case MariaDB:
		key, version, data = "varbinary(255)", "varbinary(64)", "longblob"
		options = " ENGINE=InnoDB"
	case SQLite:
		data = "blob"
	}
	return fmt.Sprintf("CREATE TABLE %s (\n\tid %s NOT NULL PRIMARY KEY,\n\tversion %s NOT NULL,\n\tdata %s NOT NULL\n)%s",
		quoted, key, version, data, options), nil
}

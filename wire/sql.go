package wire

import (
	"database/sql/driver"
	"fmt"
	"strconv"
	"strings"
	"time"
)

var (
	_ driver.Valuer = Time{}
	_ driver.Valuer = ID("")
)

// Value implements [driver.Valuer]. It returns a [time.Time] in UTC, and nil (NULL) for
// the zero Time. For a Time that could not be read it returns the error of [Time.Err], so
// that it does not become NULL silently. To store it as NULL, set its field Text to "". (Its
// field Time alone is stored as the year 1, because a zero [time.Time] is not NULL.)
func (t Time) Value() (driver.Value, error) {
	if err := t.Err(); err != nil {
		return nil, err
	}
	if t.IsZero() {
		return nil, nil //nolint:nilnil // NULL
	}
	return t.UTC(), nil
}

// Scan implements [database/sql.Scanner]. It reads a [time.Time]; an integer (milliseconds
// since 1970); the strings that [Time] reads from JSON, also with a space instead of the T;
// and the text of [time.Time.String], which some drivers store. NULL is the zero Time. Scan
// returns an error for anything else, and t is unchanged then.
func (t *Time) Scan(src any) error {
	var v time.Time
	switch src := src.(type) {
	case nil:
	case time.Time:
		v = src
	case int64:
		v = time.UnixMilli(src).UTC()
	case []byte:
		return t.Scan(string(src))
	case string:
		var ok bool
		if v, ok = scanTimeText(src); !ok {
			return errNotTime(src)
		}
	default:
		return fmt.Errorf("wire: cannot read a %T as a time", src)
	}
	*t = Time{Time: v.Truncate(time.Millisecond)}
	return nil
}

// scanTimeText reads the forms with and without spaces, for example
// "2020-05-15 20:38:13.686 +0000 UTC".
func scanTimeText(s string) (time.Time, bool) {
	parts := strings.Fields(s)
	switch len(parts) {
	case 2:
		s = parts[0] + "T" + parts[1]
	case 3, 4: // the last one is the name of the zone
		s = parts[0] + "T" + parts[1] + parts[2]
	}
	return parseTimeText(s)
}

// Value implements [driver.Valuer]. It returns a string, and nil (NULL) for the empty ID.
func (id ID) Value() (driver.Value, error) {
	if id == "" {
		return nil, nil //nolint:nilnil // NULL
	}
	return string(id), nil
}

// Scan implements [database/sql.Scanner]. It reads a string unchanged and an integer as its
// digits. NULL is the empty ID. Scan returns an error for anything else, and id is
// unchanged then.
func (id *ID) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*id = ""
	case string:
		*id = ID(v)
	case []byte:
		*id = ID(v)
	case int64:
		*id = ID(strconv.FormatInt(v, 10))
	default:
		return fmt.Errorf("wire: cannot read a %T as an ID", src)
	}
	return nil
}

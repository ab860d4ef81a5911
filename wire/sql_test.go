package wire_test

import (
	"database/sql"
	"database/sql/driver"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/wire"
)

var (
	_ sql.Scanner = (*wire.Time)(nil)
	_ sql.Scanner = (*wire.ID)(nil)
)

// TestValue checks what a database gets, also for the nil pointer of an optional field.
func TestValue(t *testing.T) {
	tests := []struct {
		name string
		in   driver.Valuer
		want driver.Value
		err  string
	}{
		{"time", at(2 * 3600), at(0).Time, ""},
		{"zero time", wire.Time{}, nil, ""},
		{"unread time", wire.Time{Text: "soon"}, nil, `wire: cannot read "soon" as a time`},
		{"unread time without its text", cleared(wire.Time{Text: "soon"}), nil, ""},
		{"pointer to a time", new(at(0)), at(0).Time, ""},
		{"nil time", (*wire.Time)(nil), nil, ""},
		{"ID", wire.ID("7"), "7", ""},
		{"empty ID", wire.ID(""), nil, ""},
		{"nil ID", (*wire.ID)(nil), nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := driver.DefaultParameterConverter.ConvertValue(tt.in)
			if (err == nil) != (tt.err == "") || err != nil && err.Error() != tt.err {
				t.Errorf("error is %v, want %q", err, tt.err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("value (-want +got):\n%s", diff)
			}
			if at, ok := got.(time.Time); ok && at.Location() != time.UTC {
				t.Errorf("the time is in %v, want UTC", at.Location())
			}
		})
	}
}

// TestTimeScan checks what Scan reads over an old value, and that an error leaves it
// unchanged.
func TestTimeScan(t *testing.T) {
	old := wire.Time{Text: "old"}
	tests := []struct {
		name string
		src  any
		want wire.Time
		err  string
	}{
		{"NULL", nil, wire.Time{}, ""},
		{"time", at(3600).Add(999), at(3600), ""},
		{"milliseconds", int64(1589575093686), at(0), ""},
		{"JSON text", "2020-05-15T20:38:13.686+0000", at(0), ""},
		{"bytes", []byte("2020-05-15T20:38:13.686Z"), at(0), ""},
		{"space and no offset", "2020-05-15 20:38:13.686", at(0), ""},
		{"space and an offset", "2020-05-15 22:38:13.686999+02:00", at(2 * 3600), ""},
		{"text of time.Time", at(0).String(), at(0), ""},
		{"text of time.Time in a zone", at(-6 * 3600).String(), at(-6 * 3600), ""},
		{"date", "2020-05-15", wire.Time{Time: time.Date(2020, 5, 15, 0, 0, 0, 0, time.UTC)}, ""},
		{"empty", "", wire.Time{}, ""},
		{"words", "soon", old, `wire: cannot read "soon" as a time`},
		{"many words", []byte("a b c d e"), old, `wire: cannot read "a b c d e" as a time`},
		{"bool", true, old, "wire: cannot read a bool as a time"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := old
			checkScan(t, got.Scan(tt.src), tt.err)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("time (-want +got):\n%s", diff)
			}
		})
	}
}

// TestIDScan checks what Scan reads over an old value, and that an error leaves it
// unchanged.
func TestIDScan(t *testing.T) {
	tests := []struct {
		name string
		src  any
		want wire.ID
		err  string
	}{
		{"NULL", nil, "", ""},
		{"text", "007", "007", ""},
		{"bytes", []byte("x"), "x", ""},
		{"integer", int64(-8999999999999999), "-8999999999999999", ""},
		{"float", 1.5, "old", "wire: cannot read a float64 as an ID"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := wire.ID("old")
			checkScan(t, got.Scan(tt.src), tt.err)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("ID (-want +got):\n%s", diff)
			}
		})
	}
}

// TestTimeFieldIsNotNull checks that database/sql does not store a zero time.Time, the field
// of an unread Time, as NULL.
func TestTimeFieldIsNotNull(t *testing.T) {
	got, err := driver.DefaultParameterConverter.ConvertValue(wire.Time{Text: "soon"}.Time)
	if diff := cmp.Diff(driver.Value(time.Time{}), got); err != nil || diff != "" {
		t.Errorf("error is %v, value (-want +got):\n%s", err, diff)
	}
}

// cleared returns t as the documentation of Value says to store it as NULL.
func cleared(t wire.Time) wire.Time {
	t.Text = ""
	return t
}

func checkScan(t *testing.T, err error, want string) {
	t.Helper()
	got := ""
	if err != nil {
		got = err.Error()
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
}

// FuzzTimeScan checks that Scan does not panic, and that it reads what Value returns for
// the time that it read.
func FuzzTimeScan(f *testing.F) {
	for _, s := range []string{"2020-05-15 20:38:13.686 +0000 UTC", "2020-05-15T20:38:13+0000", "", "   ", "a b c", "2020-05-15"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var first, second wire.Time
		if first.Scan(s) != nil {
			return
		}
		v, err := first.Value()
		if err != nil {
			t.Fatal(err)
		}
		if err := second.Scan(v); err != nil || !second.Equal(first.Time) {
			t.Errorf("Scan(%q) = %v; Scan(%v) = %v, %v", s, first, v, second, err)
		}
	})
}

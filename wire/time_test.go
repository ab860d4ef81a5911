package wire_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/wire"
)

// at returns the instant of most tests in a zone with the given offset in seconds.
func at(offset int) wire.Time {
	zone := time.UTC
	if offset != 0 {
		zone = time.FixedZone("", offset)
	}
	return wire.Time{Time: time.Date(2020, 5, 15, 20, 38, 13, 686e6, time.UTC).In(zone)}
}

func TestTimeReads(t *testing.T) {
	noFraction := wire.Time{Time: time.Date(2020, 5, 15, 20, 38, 13, 0, time.UTC)}
	testReads(t, at(60), []read[wire.Time]{
		{"RingCX", `"2020-05-15T20:38:13.686+0000"`, at(0)},
		{"RingCX, another offset", `"2020-05-15T14:38:13.686-0600"`, at(-6 * 3600)},
		{"RFC 3339", `"2020-05-15T20:38:13.686Z"`, at(0)},
		{"RFC 3339 with an offset", `"2020-05-15T22:38:13.686+02:00"`, at(2 * 3600)},
		{"RFC 3339 without a fraction", `"2020-05-15T20:38:13Z"`, noFraction},
		{"RFC 3339 with nanoseconds", `"2020-05-15T20:38:13.686999999Z"`, at(0)},
		{"RFC 3339 with a comma", `"2020-05-15T20:38:13,686Z"`, at(0)},
		{"largest offset", `"2020-05-16T20:37:13.686+23:59"`, at(23*3600 + 59*60)},
		{"RingCX without a fraction", `"2020-05-15T20:38:13+0000"`, noFraction},
		{"without an offset", `"2020-05-15T20:38:13"`, noFraction},
		{"without an offset, with a fraction", `"2020-05-15T20:38:13.686"`, at(0)},
		{"date", `"2020-02-29"`, wire.Time{Time: time.Date(2020, 2, 29, 0, 0, 0, 0, time.UTC)}},
		{"milliseconds", `1589575093686`, at(0)},
		{"milliseconds of 1970", `0`, wire.Time{Time: time.Unix(0, 0)}},
		{"milliseconds before 1970", `-1`, wire.Time{Time: time.Unix(0, -1e6)}},
		{"largest milliseconds", `9223372036854775807`, wire.Time{Time: time.UnixMilli(math.MaxInt64)}},
		{"smallest milliseconds", `-9223372036854775808`, wire.Time{Time: time.UnixMilli(math.MinInt64)}},
		{"object", `{"afterNow":false,"millis":1589575093686,"zone":{"id":"UTC"}}`, at(0)},
		{"object with time", `{"year":120,"nanos":686000000,"time":1589575093686}`, at(0)},
		{"object with both", `{"millis":1589575093686,"time":1}`, at(0)},
		{"object, extreme", `{"millis":9000000000000000}`, wire.Time{Time: time.UnixMilli(9e15)}},
		{"object, millis null", `{"millis":null}`, wire.Time{}},
		{"object, millis missing", `{}`, wire.Time{}},
		{"null", `null`, wire.Time{}},
		{"empty", `""`, wire.Time{}},
		{"string null", `"null"`, wire.Time{}},
		{"year 0", `"0000-01-01T00:00:00.000+0000"`, wire.Time{Time: time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)}},
		{"zero", `"0001-01-01T01:00:00+01:00"`, wire.Time{}},
	})
}

// TestTimeKeepsText decodes values that are not times. The time must be zero, and Text
// what came.
func TestTimeKeepsText(t *testing.T) {
	tests := []read[wire.Time]{
		{"words", `"to\u0020morrow"`, wire.Time{Text: "to morrow"}},
		{"month 13", `"2020-13-15T20:38:13.686+0000"`, wire.Time{Text: "2020-13-15T20:38:13.686+0000"}},
		{"February 30", `"2020-02-30"`, wire.Time{Text: "2020-02-30"}},
		{"offset of hours", `"2020-05-15T20:38:13+00"`, wire.Time{Text: "2020-05-15T20:38:13+00"}},
		{"offset of a day", `"2020-05-15T20:38:13+2400"`, wire.Time{Text: "2020-05-15T20:38:13+2400"}},
		{"offset with 60 minutes", `"2020-05-15T20:38:13+01:60"`, wire.Time{Text: "2020-05-15T20:38:13+01:60"}},
		{"hour of one digit", `"2020-05-15T2:38:13.5Z"`, wire.Time{Text: "2020-05-15T2:38:13.5Z"}},
		{"space instead of T", `"2020-05-15 20:38:13Z"`, wire.Time{Text: "2020-05-15 20:38:13Z"}},
		{"digits", `"1589575093686"`, wire.Time{Text: "1589575093686"}},
		{"boolean", ` true `, wire.Time{Text: "true"}},
		{"array", `[1, 2]`, wire.Time{Text: "[1, 2]"}},
		{"fraction", `1.5`, wire.Time{Text: "1.5"}},
		{"exponent", `1e3`, wire.Time{Text: "1e3"}},
		{"too large", `9223372036854775808`, wire.Time{Text: "9223372036854775808"}},
		{"object with a fraction", `{"millis":1.5}`, wire.Time{Text: `{"millis":1.5}`}},
		{"object, time is a string", `{"time":"1"}`, wire.Time{Text: `{"time":"1"}`}},
		{"object with a string", `{"millis":"1"}`, wire.Time{Text: `{"millis":"1"}`}},
	}
	testReads(t, at(0), tests)
	for _, tt := range tests {
		if err := tt.want.Err(); !tt.want.IsZero() || err == nil {
			t.Errorf("%s: the time is %v and its error %v, want zero and an error", tt.name, tt.want, err)
		}
	}
}

// TestTimeKeepsTheList decodes a list in which one time cannot be read.
func TestTimeKeepsTheList(t *testing.T) {
	var got []struct{ At *wire.Time }
	err := json.Unmarshal([]byte(`[{"at":"soon"},{"at":"2020-05-15T20:38:13.686+0000"},{"at":null}]`), &got)
	want := []struct{ At *wire.Time }{{&wire.Time{Text: "soon"}}, {new(at(0))}, {nil}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("error is %v, list (-want +got):\n%s", err, diff)
	}
}

// TestTimeErr checks the text of the error, and which times have one.
func TestTimeErr(t *testing.T) {
	tests := []struct {
		name string
		in   wire.Time
		want string
	}{
		{"unread", wire.Time{Text: "soon"}, `wire: cannot read "soon" as a time`},
		{"long", wire.Time{Text: strings.Repeat("x", 39) + "äb"}, `wire: cannot read "` + strings.Repeat("x", 39) + `..." as a time`},
		{"zero", wire.Time{}, ""},
		{"time", at(0), ""},
		{"set since", wire.Time{Time: at(0).Time, Text: "soon"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			if err := tt.in.Err(); err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Err (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTimeWrites(t *testing.T) {
	tests := []struct {
		name string
		in   wire.Time
		want string
	}{
		{"UTC", at(0), `"2020-05-15T20:38:13.686+0000"`},
		{"offset of hours", at(-6 * 3600), `"2020-05-15T14:38:13.686-0600"`},
		{"offset with seconds", at(90), `"2020-05-15T20:38:13.686+0000"`},
		{"offset of a day", at(24 * 3600), `"2020-05-15T20:38:13.686+0000"`},
		{"offset of minus a day", at(-24 * 3600), `"2020-05-15T20:38:13.686+0000"`},
		{"finer than a millisecond", wire.Time{Time: at(0).Add(999999)}, `"2020-05-15T20:38:13.686+0000"`},
		{"zero", wire.Time{}, `null`},
		{"unread", wire.Time{Text: `"soon" <&>`}, `"\"soon\" \u003c\u0026\u003e"`},
		{"set since", wire.Time{Time: at(0).Time, Text: "soon"}, `"2020-05-15T20:38:13.686+0000"`},
		{"last year of four digits", wire.Time{Time: time.Date(9999, 12, 31, 23, 59, 59, 999e6, time.UTC)}, `"9999-12-31T23:59:59.999+0000"`},
		{"first year of five digits", wire.Time{Time: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}, `253402300800000`},
		{"year -1", wire.Time{Time: time.Date(-1, 12, 31, 23, 59, 59, 0, time.UTC)}, `-62167219201000`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := json.Marshal(tt.in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(got)); diff != "" {
				t.Errorf("Marshal (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTimeOutOfRange(t *testing.T) {
	for _, year := range []int{300e6, -300e6} {
		got, err := json.Marshal(wire.Time{Time: time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)})
		if err == nil {
			t.Errorf("Marshal of year %d = %s, want an error", year, got)
		}
	}
}

// TestTimeIgnoresLocalZone checks that the result does not depend on the local time
// zone.
func TestTimeIgnoresLocalZone(t *testing.T) {
	old := time.Local
	t.Cleanup(func() { time.Local = old })
	time.Local = time.FixedZone("here", 3600)

	var got wire.Time
	if err := json.Unmarshal([]byte(`"2020-05-15T21:38:13.686+0100"`), &got); err != nil {
		t.Fatal(err)
	}
	if got.Location() == time.Local {
		t.Error("the time is in the local zone, want the zone of its offset")
	}
	for _, in := range []string{`1589575093686`, `{"millis":1589575093686}`, `"2020-05-15"`, `"2020-05-15T20:38:13"`} {
		if err := json.Unmarshal([]byte(in), &got); err != nil || got.Location() != time.UTC {
			t.Errorf("zone of %s is %v (%v), want UTC", in, got.Location(), err)
		}
	}
}

func TestTimeOmitZero(t *testing.T) {
	type account struct {
		Start wire.Time `json:"start,omitzero"`
		End   wire.Time `json:"end"`
	}
	got, err := json.Marshal(account{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(`{"end":null}`, string(got)); diff != "" {
		t.Errorf("Marshal (-want +got):\n%s", diff)
	}
}

func FuzzTime(f *testing.F) {
	fuzzReads[wire.Time](f, `"2020-05-15T20:38:13.686+0000"`, `"2020-05-15T20:38:13.999999999+02:00"`, `"2020-05-15T20:38:13Z"`,
		`1589575093686`, `-1`, `9223372036854775807`, `-9223372036854775808`, `{"millis":1589575093686}`, `{"millis":null}`,
		`"9999-12-31T23:59:59.999-2400"`, `"0000-01-01T00:00:00+2400"`, `"2020-05-15T2:38:13,5+0000"`)
}

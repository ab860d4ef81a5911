package wire

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

var (
	_ json.Marshaler   = Time{}
	_ json.Unmarshaler = (*Time)(nil)
)

// timeLayout is the format of RingCX: milliseconds, and no colon in the offset.
const timeLayout = "2006-01-02T15:04:05.000-0700"

// Time is an instant in the format of RingCX: "2020-05-15T20:38:13.686+0000". This is
// not RFC 3339, because the offset has no colon, so a [time.Time] cannot read it.
//
// It reads this format and RFC 3339, both with or without a fraction; a time without an
// offset and a date without a time, which it takes as UTC; an integer (milliseconds since
// 1970 in UTC); and an object whose field millis, or time, is such an integer. A null, an empty
// string, the string "null", and an object without either are the zero Time. A time read
// from a string keeps its offset; a time read from an integer is in UTC. RingCX uses
// milliseconds: reading and writing truncate finer fractions.
//
// Any other JSON value is no error, so that one such time does not lose the whole list: the
// time is zero, [Time.Text] is what came, and [Time.Err] returns an error.
//
// It writes the format of RingCX, the zero Time as null, and one that was not read as the
// string Text. If the year does not have four digits, it writes an integer of milliseconds.
// The JSON option omitzero omits a Time that is zero, also if it has a Text.
//
// JSON and databases (see [Time.Value]) use these rules. The other methods are those of
// [time.Time], so MarshalText returns RFC 3339.
//
// Source: RingCX documentation, active calls sample (the format) and API reference (the
// objects: one type has millis, the other time). The other forms are assumptions.
type Time struct {
	time.Time

	// Text is the JSON value that could not be read as a time: the contents of a string,
	// or the JSON of any other value. It is empty for every other Time.
	Text string
}

// Err returns an error with the Text of a time that could not be read, and nil for every
// other Time, including the zero Time.
func (t Time) Err() error {
	if !t.isUnread() {
		return nil
	}
	return errNotTime(t.Text)
}

func errNotTime(text string) error {
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "") + "..."
	}
	return fmt.Errorf("wire: cannot read %q as a time", text)
}

// isUnread reports whether t was read from a value that is not a time, and was not set
// since.
func (t Time) isUnread() bool { return t.Text != "" && t.IsZero() }

// MarshalJSON returns the format of RingCX. It returns an error only if the time is
// more than 292 million years from 1970.
func (t Time) MarshalJSON() ([]byte, error) {
	switch {
	case t.isUnread():
		return json.Marshal(t.Text)
	case t.IsZero():
		return []byte("null"), nil
	}
	v := writable(t.Time)
	if y := v.Year(); y < 0 || y > 9999 {
		return marshalMillis(v)
	}
	return v.AppendFormat(nil, `"`+timeLayout+`"`), nil
}

// writable returns t in its own zone, or in UTC if timeLayout cannot represent the
// offset. It can represent offsets of whole minutes and less than a day.
func writable(t time.Time) time.Time {
	const day = 24 * 60 * 60
	_, offset := t.Zone()
	inRange := -day < offset && offset < day
	if offset%60 == 0 && inRange {
		return t
	}
	return t.UTC()
}

// marshalMillis returns t as milliseconds since 1970.
func marshalMillis(t time.Time) ([]byte, error) {
	ms := t.UnixMilli()
	if back := time.UnixMilli(ms); !back.Equal(t.Truncate(time.Millisecond)) {
		return nil, fmt.Errorf("wire: the year %d is out of range for milliseconds", t.Year())
	}
	return strconv.AppendInt(nil, ms, 10), nil
}

// UnmarshalJSON reads any JSON value: see [Time]. It returns an error only if data is not
// valid JSON, which encoding/json never passes to it.
func (t *Time) UnmarshalJSON(data []byte) error {
	if v, ok := parseTime(data); ok {
		*t = Time{Time: v}
		return nil
	}
	if !json.Valid(data) {
		return typeError[Time](data)
	}
	unread, isText := text(data)
	if !isText {
		unread = string(bytes.TrimSpace(data))
	}
	*t = Time{Text: unread}
	return nil
}

// parseTime reads any of the forms that Time documents. It returns false for any other.
func parseTime(data []byte) (time.Time, bool) {
	switch kind(data) {
	case "null":
		return time.Time{}, true
	case "object":
		return parseTimeObject(data)
	case "string":
		s, ok := text(data)
		if !ok {
			return time.Time{}, false
		}
		return parseTimeText(s)
	}
	ms, err := strconv.ParseInt(string(data), 10, 64)
	if err != nil {
		return time.Time{}, false
	}
	return time.UnixMilli(ms).UTC(), true
}

// parseTimeObject reads {"millis": 1589575093686} and {"time": 1589575093686}. It ignores
// other fields.
func parseTimeObject(data []byte) (time.Time, bool) {
	var v struct {
		Millis *int64 `json:"millis"`
		Time   *int64 `json:"time"`
	}
	if err := json.Unmarshal(data, &v); err != nil {
		return time.Time{}, false
	}
	ms := cmp.Or(v.Millis, v.Time)
	if ms == nil {
		return time.Time{}, true
	}
	return time.UnixMilli(*ms).UTC(), true
}

// parseTimeText reads the strings that match the pattern of Time in openapi.yaml.
func parseTimeText(s string) (time.Time, bool) {
	if s == "" || s == "null" {
		return time.Time{}, true
	}
	layout := layoutOf(s)
	if layout == "" {
		return time.Time{}, false
	}
	// With ParseInLocation the result does not depend on the local time zone.
	v, err := time.ParseInLocation(layout, s, time.UTC)
	return v.Truncate(time.Millisecond), err == nil
}

// layoutOf returns the layout with which to parse s, or "". It excludes two forms that
// package time reads although no standard has them: an hour of one digit, and an offset
// of a day or more.
func layoutOf(s string) string {
	const date, clock = "2006-01-02", "T15:04:05"
	if len(s) == len(date) {
		return date
	}
	if len(s) < len(date+clock) || s[len(date+"T15")] != ':' {
		return ""
	}
	zone := strings.TrimLeft(s[len(date+clock):], ".,0123456789") // package time allows any fraction
	switch {
	case zone == "":
		return date + clock
	case zone == "Z":
		return date + clock + "Z"
	case len(zone) < len("+0000") || zone[1:3] > "23" || zone[len(zone)-2:] > "59":
		return ""
	case len(zone) == len("+0000"):
		return date + clock + "-0700"
	}
	return date + clock + "-07:00"
}

package wire

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

var (
	_ json.Marshaler   = Time{}
	_ json.Unmarshaler = (*Time)(nil)
)

const (
	// timeLayout is the format of RingCX: milliseconds, and no colon in the offset.
	timeLayout = "2006-01-02T15:04:05.000-0700"
	// timeReadLayout parses times of timeLayout with any number of fraction digits,
	// and with Z as the offset.
	timeReadLayout = "2006-01-02T15:04:05Z0700"
)

// Time is an instant in the format of RingCX: "2020-05-15T20:38:13.686+0000". This is
// not RFC 3339, because the offset has no colon, so a [time.Time] cannot read it.
//
// It reads this format, RFC 3339 with or without a fraction, an integer (milliseconds
// since 1970 in UTC), and an object whose field millis is such an integer. A null, an
// empty string, the string "null", and an object without millis are the zero Time. A
// time read from a string keeps its offset; a time read from an integer is in UTC.
// RingCX uses milliseconds: reading and writing truncate finer fractions.
//
// It writes the format of RingCX, and the zero Time as null. If the year does not have
// four digits, it writes an integer of milliseconds. The JSON option omitzero omits the
// zero Time.
//
// Only JSON uses the format of RingCX. The other methods are those of [time.Time], so
// MarshalText returns RFC 3339.
//
// Source: RingCX documentation, active calls sample (the format) and API reference (the
// object). RFC 3339 and the integer are assumptions.
type Time struct{ time.Time }

// MarshalJSON returns the format of RingCX. It returns an error only if the time is
// more than 292 million years from 1970.
func (t Time) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
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

// UnmarshalJSON reads a string, an integer, an object or null: see [Time]. Anything
// else is a [*json.UnmarshalTypeError].
func (t *Time) UnmarshalJSON(data []byte) error {
	v, err := parseTime(data)
	if err != nil {
		return err
	}
	*t = Time{v}
	return nil
}

// parseTime reads any of the forms that Time documents.
func parseTime(data []byte) (time.Time, error) {
	switch kind(data) {
	case "null":
		return time.Time{}, nil
	case "object":
		return parseTimeObject(data)
	case "string":
		return parseTimeString(data)
	}
	ms, err := strconv.ParseInt(string(data), 10, 64)
	if err != nil {
		return time.Time{}, typeError[Time](data)
	}
	return time.UnixMilli(ms).UTC(), nil
}

// parseTimeObject reads {"millis": 1589575093686}. It ignores other fields.
func parseTimeObject(data []byte) (time.Time, error) {
	var v struct {
		Millis *int64 `json:"millis"`
	}
	if err := json.Unmarshal(data, &v); err != nil || v.Millis == nil {
		return time.Time{}, err
	}
	return time.UnixMilli(*v.Millis).UTC(), nil
}

// parseTimeString reads a JSON string.
func parseTimeString(data []byte) (time.Time, error) {
	s, ok := text(data)
	if !ok {
		return time.Time{}, typeError[Time](data)
	}
	if s == "" || s == "null" {
		return time.Time{}, nil
	}
	for _, layout := range []string{timeReadLayout, time.RFC3339} {
		// With ParseInLocation the result does not depend on the local time zone.
		if v, err := time.ParseInLocation(layout, s, time.UTC); err == nil {
			return v.Truncate(time.Millisecond), nil
		}
	}
	return time.Time{}, typeError[Time](data)
}

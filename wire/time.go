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
	// timeLayout is how RingCX writes times: milliseconds, and no colon in the
	// offset.
	timeLayout = "2006-01-02T15:04:05.000-0700"
	// timeReadLayout reads the above with any number of fraction digits, and
	// also with a Z.
	timeReadLayout = "2006-01-02T15:04:05Z0700"
)

// Time is an instant as RingCX writes it: "2020-05-15T20:38:13.686+0000", which
// is not RFC 3339 (the offset has no colon), so that a [time.Time] cannot read
// it.
//
// It reads that form, RFC 3339 with or without a fraction, an integer
// (milliseconds since 1970 in UTC), and an object with such an integer in its
// member millis. A null, an empty string, the string "null", and an object
// without millis are the zero Time. The offset is kept; an integer gives UTC.
// RingCX counts milliseconds: a finer fraction is cut off, when reading and
// when writing.
//
// It writes the first form, and the zero Time as null. A year that does not fit
// into four digits is written as an integer of milliseconds instead. For fields
// with the option omitzero, IsZero decides.
//
// Only JSON has the form of RingCX; the other methods are those of
// [time.Time], so MarshalText gives RFC 3339.
//
// Source: RingCX documentation, active calls sample (the first form) and API
// reference (the object). RFC 3339 and the bare integer are inferred.
type Time struct{ time.Time }

// MarshalJSON writes the form of RingCX. It fails only for an instant more than
// 292 million years from 1970.
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

// writable returns t in its own zone, or in UTC where timeLayout cannot write
// the offset: it has room for whole minutes, less than a day.
func writable(t time.Time) time.Time {
	const day = 24 * 60 * 60
	_, offset := t.Zone()
	if offset%60 != 0 || offset <= -day || offset >= day {
		return t.UTC()
	}
	return t
}

// marshalMillis writes t as milliseconds since 1970.
func marshalMillis(t time.Time) ([]byte, error) {
	ms := t.UnixMilli()
	if back := time.UnixMilli(ms); !back.Equal(t.Truncate(time.Millisecond)) {
		return nil, fmt.Errorf("wire: the year %d is too far away to be written in milliseconds", t.Year())
	}
	return strconv.AppendInt(nil, ms, 10), nil
}

// UnmarshalJSON reads a string, an integer, an object or null, as told at
// [Time]. Anything else is a [*json.UnmarshalTypeError].
func (t *Time) UnmarshalJSON(data []byte) error {
	v, err := parseTime(data)
	if err != nil {
		return err
	}
	*t = Time{v}
	return nil
}

// parseTime reads any of the forms.
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

// parseTimeObject reads {"millis": 1589575093686}, which may have more members.
func parseTimeObject(data []byte) (time.Time, error) {
	var v struct {
		Millis *int64 `json:"millis"`
	}
	if err := json.Unmarshal(data, &v); err != nil || v.Millis == nil {
		return time.Time{}, err
	}
	return time.UnixMilli(*v.Millis).UTC(), nil
}

// parseTimeString reads a quoted time.
func parseTimeString(data []byte) (time.Time, error) {
	s, ok := text(data)
	if !ok {
		return time.Time{}, typeError[Time](data)
	}
	if s == "" || s == "null" {
		return time.Time{}, nil
	}
	for _, layout := range []string{timeReadLayout, time.RFC3339} {
		// In UTC, so that the result does not depend on the machine's zone.
		if v, err := time.ParseInLocation(layout, s, time.UTC); err == nil {
			return v.Truncate(time.Millisecond), nil
		}
	}
	return time.Time{}, typeError[Time](data)
}

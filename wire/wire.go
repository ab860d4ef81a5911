// Package wire contains Go types for values that RingCX sends in more than one form:
// times whose offset has no colon, ids that are a number or a string, flags that are
// a boolean or a number, roles that are an object or a string, and results of a search for
// leads that are a list or an object with a list.
//
// The types of package gen use them. Each type reads every form that the service is
// known to send and writes one form. Reading what it wrote gives the same value. For
// any other input UnmarshalJSON returns a [*encoding/json.UnmarshalTypeError], so that
// the error of encoding/json names the field. [Time] keeps any other input instead.
//
// The package also has [DecodeError], the error for responses that these types and the
// types of package gen cannot read, [Value], which reads optional fields, [Pages],
// which reads lists in pages, [File], which uploads files, and [Merge], which changes fields
// of an object and keeps those that a program does not know. [ErrFalse] and [ErrNotReady] are
// wrapped by errors of services.
//
// A JSON null sets the zero value. (The types of encoding/json keep the old value. If
// a program decodes two users into the same variable, the second one could then get
// the id of the first.) If UnmarshalJSON returns an error, the value is unchanged.
//
// All types are plain values: they can be copied, and multiple goroutines can read
// them concurrently.
package wire

import (
	"bytes"
	"encoding/json"
	"reflect"
)

const (
	maxNumber = 40 // characters of an invalid number that an error contains
	maxText   = 40 // bytes of an invalid time that an error contains
)

// typeError returns the error for data, a JSON value that cannot be read into a T.
func typeError[T any](data []byte) error {
	return &json.UnmarshalTypeError{Value: describe(data), Type: reflect.TypeFor[T]()}
}

// describe describes data like the errors of encoding/json: it includes the digits of
// a number, but not the text of a string.
func describe(data []byte) string {
	switch k := kind(data); {
	case k != "number":
		return k
	case len(data) > maxNumber:
		return "number " + string(data[:maxNumber]) + "..."
	default:
		return "number " + string(data)
	}
}

// kind returns the JSON type of data. It looks only at the first byte, except for
// null.
func kind(data []byte) string {
	if len(data) == 0 {
		return "nothing"
	}
	if string(data) == "null" {
		return "null"
	}
	switch data[0] {
	case '{':
		return "object"
	case '[':
		return "array"
	case '"':
		return "string"
	case 't', 'f':
		return "bool"
	default:
		return "number"
	}
}

// isInteger reports whether data is a JSON integer: an optional minus sign and
// digits, without a fraction or an exponent.
func isInteger(data []byte) bool {
	digits := bytes.TrimPrefix(data, []byte("-"))
	if len(digits) == 0 {
		return false
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// text returns the text of a JSON string or the digits of a JSON integer. It returns
// false for any other value.
func text(data []byte) (string, bool) {
	if isInteger(data) {
		return string(data), true
	}
	var s string
	if kind(data) != "string" || json.Unmarshal(data, &s) != nil {
		return "", false
	}
	return s, true
}

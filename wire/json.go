package wire

import (
	"bytes"
	"encoding/json"
	"reflect"
)

// maxNumber is how many characters of a refused number an error shows.
const maxNumber = 40

// typeError reports that data, a JSON value, cannot be read into a T.
func typeError[T any](data []byte) error {
	return &json.UnmarshalTypeError{Value: describe(data), Type: reflect.TypeFor[T]()}
}

// describe names data as encoding/json does in its own errors: a number with
// its digits, a string without its text.
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

// kind names the JSON type of data, judging by its first byte.
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

// isInteger reports whether data is a JSON integer: digits, perhaps with a
// minus in front, and no fraction or exponent.
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

// text reads a JSON string, or an integer as its digits. It reports false for
// anything else.
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

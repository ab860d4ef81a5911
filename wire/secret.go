package wire

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"reflect"
)

var (
	_ json.Unmarshaler = (*Secret)(nil)
	_ fmt.Formatter    = Secret("")
	_ fmt.Stringer     = Secret("")
	_ fmt.GoStringer   = Secret("")
	_ slog.LogValuer   = Secret("")
)

// mask replaces every secret that is not empty. It does not depend on the length.
const mask = "***"

// Secret is a password, token or PIN. Packages fmt and log/slog print it as ***, or as
// nothing if it is empty. Use string(s) to get the real value.
//
// JSON contains the real value, because a response that is decoded and encoded again
// must stay the same. Therefore do not log a struct that contains a Secret as JSON: the
// JSON handler of slog does so if it is given the struct. fmt prints the real value of
// a Secret in an unexported field, and of one printed with %p or %w, because it does
// not call the methods of the type then (go vet reports %w).
//
// A Secret must not be a field of a form body: the generated client encodes forms with
// fmt and would send ***. Path and query parameters contain the real value.
//
// It reads a JSON string unchanged and a JSON integer as its digits, because RingCX
// sends phoneRecordingPin as a number. A null is the empty Secret. It writes a JSON
// string.
//
// Source: RingCX documentation, response of the accounts operation (phoneRecordingPin
// as int32, the other secrets as strings).
type Secret string

// UnmarshalJSON reads a string, an integer or null. Anything else is a
// [*json.UnmarshalTypeError], which does not contain the value.
func (s *Secret) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*s = ""
		return nil
	}
	v, ok := text(data)
	if !ok { // typeError would include the digits of a number
		return &json.UnmarshalTypeError{Value: kind(data), Type: reflect.TypeFor[Secret]()}
	}
	*s = Secret(v)
	return nil
}

// String returns "***", or "" for an empty secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return mask
}

// GoString returns what String returns.
func (s Secret) GoString() string { return s.String() }

// Format writes what String returns, for every verb and flag.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue returns what String returns.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

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

// mask stands for every secret that is not empty, however long it is.
const mask = "***"

// Secret is a password, token or PIN. It shows as *** wherever fmt or slog
// prints it, and as nothing when it is empty. string(s) is the real value.
//
// JSON keeps the real value, because an answer that is read and sent back must
// stay the same. So encode no struct that holds a Secret into a log: the JSON
// handler of slog does that when it is given such a struct. fmt cannot mask a
// Secret in an unexported field, nor one printed with %p or %w, for which it
// asks no method (go vet reports %w).
//
// A Secret must not be a field of a form body either: the generated client
// writes forms with fmt, and would send ***. Path and query parameters send the
// real value.
//
// It reads a JSON string as it is and a JSON integer as its digits, because
// RingCX sends phoneRecordingPin as a number. A null is the empty Secret. It
// always writes a JSON string.
//
// Source: RingCX documentation, accounts answer (phoneRecordingPin as int32,
// the other secrets as strings).
type Secret string

// UnmarshalJSON reads a string, an integer or null. Anything else is a
// [*json.UnmarshalTypeError], which does not show the value.
func (s *Secret) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*s = ""
		return nil
	}
	v, ok := text(data)
	if !ok { // not typeError: it shows numbers
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

// Format writes what String returns, whatever the verb and its flags.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue returns what String returns.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

package wire

import (
	"bytes"
	"encoding/json"
)

var _ json.Unmarshaler = (*Flag)(nil)

// Flag is a yes or no that RingCX sends as a boolean in some answers and as a
// number in others. The isActive of a main account is one.
//
// It reads true and false, and integers: 0 is false, any other is true. A null
// is false. Strings, and numbers with a fraction or an exponent, are refused.
// It writes true or false.
//
// Source: RingCX documentation (isActive as int32); the boolean is seen in
// public clients.
type Flag bool

// UnmarshalJSON reads a boolean, an integer or null. Anything else is a
// [*json.UnmarshalTypeError].
func (f *Flag) UnmarshalJSON(data []byte) error {
	switch s := string(data); {
	case s == "true":
		*f = true
	case s == "false", s == "null":
		*f = false
	case isInteger(data):
		*f = Flag(bytes.ContainsAny(data, "123456789"))
	default:
		return typeError[Flag](data)
	}
	return nil
}

package wire

import (
	"bytes"
	"encoding/json"
)

var _ json.Unmarshaler = (*Flag)(nil)

// Flag is a boolean that RingCX sends as a boolean in some responses and as a number
// in others, for example the isActive of a main account.
//
// It reads true, false, and integers: 0 is false, any other integer is true. A null
// is false. Strings, and numbers with a fraction or an exponent, are an error. It
// writes true or false.
//
// Source: RingCX documentation (isActive as int32); public clients read the boolean.
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

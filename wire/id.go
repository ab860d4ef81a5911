package wire

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
)

var (
	_ json.Unmarshaler       = (*ID)(nil)
	_ encoding.TextMarshaler = PathID("")
)

// ID is an identifier that RingCX sends as a number in one response and as a string in
// another: of an account, and of a user or an account of RingCentral. It is text, even if it
// looks like a number. The ids that RingCX sends as numbers only, such as the userId of a
// user, are integers in package gen instead.
//
// It reads a JSON string unchanged, and a JSON integer of any size as its digits. A
// null, and the string "null", which RingCX also sends, are the empty ID. A number with
// a fraction or an exponent is an error. It writes a JSON string.
//
// Source: RingCX documentation (rcUserId as a number, accountId as a string); public
// clients read the other forms.
type ID string

// UnmarshalJSON reads a string, an integer or null. Anything else is a
// [*json.UnmarshalTypeError].
func (id *ID) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*id = ""
		return nil
	}
	s, ok := text(data)
	if !ok {
		return typeError[ID](data)
	}
	if s == "null" {
		s = ""
	}
	*id = ID(s)
	return nil
}

// PathID is an identifier in the path of a request, such as an account id. It is one
// segment of the path. The methods of the generated client take it, those of the services an
// [ID]: PathID(id) converts one.
//
// With the ids "", "." and ".." the request would go to another URL. The generated
// client returns an error for them and sends nothing. It escapes every other text,
// for example slashes, question marks and percent signs, so that the text stays one
// segment.
type PathID string

// MarshalText returns the id unchanged. It returns an error for "", "." and "..".
func (id PathID) MarshalText() ([]byte, error) {
	switch id {
	case "":
		return nil, errors.New("wire: empty id in a request path: use an id that RingCX sent, such as an accountId")
	case ".", "..":
		return nil, fmt.Errorf("wire: id %q in a request path would change the URL: use an id that RingCX sent", string(id))
	}
	return []byte(id), nil
}

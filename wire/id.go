package wire

import "encoding/json"

var _ json.Unmarshaler = (*ID)(nil)

// ID is the identifier of an account, a user or another thing of RingCX. It is
// text even where it looks like a number, because RingCX sends the same id as a
// number in one answer and as a string in another.
//
// It reads a JSON string as it is and a JSON integer as its digits, however
// many there are. A null, and the string "null", which RingCX sends too, are
// the empty ID. A number with a fraction or an exponent is refused. It writes a
// JSON string.
//
// Source: RingCX documentation (rcUserId as a number, accountId as a string);
// the other forms are seen in public clients.
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

package wire

import (
	"encoding"
	"errors"
	"fmt"
)

var _ encoding.TextMarshaler = PathID("")

// PathID is an identifier as one segment of a request's path, such as an
// account id.
//
// An id that is "." or ".." would make the request go to another address than
// the one meant, and so would an empty one. The generated client therefore
// refuses these three before it sends anything. Every other text is safe: the
// client escapes slashes, question marks and percent signs, so the text stays
// one segment.
type PathID string

// MarshalText returns the id as it is. It fails for "", "." and "..".
func (id PathID) MarshalText() ([]byte, error) {
	switch id {
	case "":
		return nil, errors.New("wire: empty id in a request path: set it to an id that RingCX sent, such as an accountId")
	case ".", "..":
		return nil, fmt.Errorf("wire: %q is no id: in a request path it leads to another address; use an id that RingCX sent", string(id))
	}
	return []byte(id), nil
}

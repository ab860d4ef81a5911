package main

import (
	"io"
	"strconv"
)

// users is a list of n users, as RingCX sends it, that is made while it is read.
// Making it allocates nothing.
type users struct {
	n, made int
	buffer  []byte // what of the last user is not read yet
	space   [512]byte
	ended   bool
}

var _ io.ReadCloser = (*users)(nil)

// Read implements io.Reader.
func (u *users) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if len(u.buffer) == 0 {
			if u.ended {
				return n, io.EOF
			}
			u.next()
		}
		k := copy(p[n:], u.buffer)
		u.buffer = u.buffer[k:]
		n += k
	}
	return n, nil
}

// Close implements io.Closer.
func (u *users) Close() error { return nil }

// next makes a user, or the end.
func (u *users) next() {
	b := u.space[:0]
	switch {
	case u.made == u.n:
		u.ended = true
		if u.n == 0 {
			b = append(b, '[')
		}
		u.buffer = append(b, ']')
		return
	case u.made == 0:
		b = append(b, '[')
	default:
		b = append(b, ',')
	}
	id := int64(1001 + u.made)
	number := func(before string) {
		b = strconv.AppendInt(append(b, before...), id, 10)
	}
	number(`{"userId":`)
	number(`,"userName":"user`)
	number(`@example.com","firstName":"User","lastName":"No. `)
	b = append(b, `","enabled":true,"parentPath":"1001","roles":[{"roleType":"USER","description":"User"}]`...)
	number(`,"rcUserId":"1000`)
	b = append(b, `","creationDate":"2020-05-15T20:38:13.686+0000"}`...)
	u.made++
	u.buffer = b
}

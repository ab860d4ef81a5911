package contract

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// scanner finds values in a JSON document without decoding them. It checks the syntax only as
// far as it needs to find the end of a value.
type scanner struct {
	data []byte
	at   int
	err  error
}

// object calls field for each field of the object that begins at s. The function must
// read the value with skip or object.
func (s *scanner) object(field func(key string)) {
	if !s.take('{') {
		s.fail("an object")
		return
	}
	if s.take('}') {
		return
	}
	for s.err == nil {
		key := s.key()
		if !s.take(':') {
			s.fail("a colon")
			return
		}
		field(key)
		switch {
		case s.err != nil, s.take('}'):
			return
		case !s.take(','):
			s.fail("a comma")
		}
	}
}

// key reads the name of a field.
func (s *scanner) key() string {
	text := s.skip()
	if len(text) < 2 || text[0] != '"' {
		s.fail("a name")
		return ""
	}
	if bytes.IndexByte(text, '\\') < 0 {
		return string(text[1 : len(text)-1])
	}
	var key string
	if err := json.Unmarshal(text, &key); err != nil {
		s.fail("a name")
	}
	return key
}

// skip reads a value of any type and returns its text.
func (s *scanner) skip() []byte {
	s.space()
	start := s.at
	for depth := 0; s.at < len(s.data) && s.err == nil; {
		switch s.data[s.at] {
		case '"':
			s.text()
		case '{', '[':
			depth++
			s.at++
			continue
		case '}', ']':
			depth--
			s.at++
		case ',', ':', ' ', '\t', '\n', '\r':
			s.at++
		default:
			s.word()
		}
		if depth <= 0 {
			return s.data[start:s.at]
		}
	}
	s.fail("a value")
	return nil
}

// text reads a string.
func (s *scanner) text() {
	for i := s.at + 1; i < len(s.data); i++ {
		switch s.data[i] {
		case '\\':
			i++
		case '"':
			s.at = i + 1
			return
		}
	}
	s.fail("the end of a string")
}

// word reads a number, true, false or null.
func (s *scanner) word() {
	end := bytes.IndexAny(s.data[s.at:], ",:]}\" \t\n\r")
	if end < 0 {
		end = len(s.data) - s.at
	}
	s.at += end
}

// take reads the byte c, and reports whether it is next.
func (s *scanner) take(c byte) bool {
	s.space()
	if s.at == len(s.data) || s.data[s.at] != c {
		return false
	}
	s.at++
	return true
}

func (s *scanner) space() {
	for s.at < len(s.data) {
		switch s.data[s.at] {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return
		}
	}
}

func (s *scanner) fail(want string) {
	if s.err == nil {
		s.err = fmt.Errorf("not valid JSON at byte %d: want %s", s.at, want)
	}
}

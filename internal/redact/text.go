package redact

import (
	"strings"
	"unicode"
)

// maxLine is how many bytes of a text [Line] keeps.
const maxLine = 512

// Printable replaces characters of a path that are not printable. A redirect may have
// chosen the path.
func Printable(path string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, path)
}

// Line returns s without line breaks and characters that are not printable, cut after 512
// bytes.
func Line(s string) string {
	s = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "?"), func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r)
	}), " ")
	if len(s) > maxLine {
		s = strings.ToValidUTF8(s[:maxLine], "") + "…"
	}
	return s
}

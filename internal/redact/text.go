package redact

import (
	"net/url"
	"strings"
	"unicode"
)

// LogoutPath is the start of the path of the documented logout, which continues with the
// refresh token.
const LogoutPath = "/api/auth/logout/"

// maxLine is how many bytes of a text [Line] keeps.
const maxLine = 512

// Path returns the path of u, in which the refresh token of a logout is masked.
func Path(u *url.URL) string {
	if before, _, found := strings.Cut(u.Path, LogoutPath); found {
		return before + LogoutPath + Mask
	}
	return u.Path
}

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

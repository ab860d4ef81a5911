package main

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// printable escapes the characters of text that can steer a terminal or change the
// order in which it shows text: control characters except newline and tab,
// bidirectional controls, and bytes that are not UTF-8. The escapes are those of
// JSON, so JSON keeps its value.
func printable(text string) string {
	if !strings.ContainsFunc(text, steers) {
		return text
	}
	var b strings.Builder
	for i, r := range text {
		if !steers(r) {
			b.WriteRune(r)
			continue
		}
		if _, n := utf8.DecodeRuneInString(text[i:]); r == utf8.RuneError && n > 1 {
			b.WriteRune(r) // the replacement character itself
			continue
		}
		fmt.Fprintf(&b, `\u%04x`, r)
	}
	return b.String()
}

func steers(r rune) bool {
	switch r {
	case '\n', '\t':
		return false
	case '\u2028', '\u2029', utf8.RuneError: // line and paragraph separator; maybe a byte that is not UTF-8
		return true
	}
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
}

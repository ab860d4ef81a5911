package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"unicode"
	"unicode/utf8"
)

// style colours text, or leaves it alone.
type style bool

// newStyle decides whether what is written to w may have colours: only on a
// terminal, and not against NO_COLOR (https://no-color.org).
func newStyle(w io.Writer) style {
	file, ok := w.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	if runtime.GOOS == "windows" && os.Getenv("WT_SESSION") == "" {
		return false // the older console shows the codes as they are
	}
	info, err := file.Stat()
	return style(err == nil && info.Mode()&os.ModeCharDevice != 0)
}

func (s style) bold(text string) string  { return s.code("1", text) }
func (s style) faint(text string) string { return s.code("2", text) }
func (s style) green(text string) string { return s.code("32", text) }
func (s style) red(text string) string   { return s.code("31", text) }

func (s style) code(code, text string) string {
	if !s {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

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

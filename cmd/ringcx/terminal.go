package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"
)

// style adds colors to text. The zero value adds none.
type style bool

// newStyle returns the style of text written to w: with colors if w is a terminal
// that can show them and the user did not turn them off.
func newStyle(w io.Writer) style {
	return style(isTerminal(w) && !colorsDisabled())
}

// isTerminal reports whether what is written to w appears on a terminal.
func isTerminal(w io.Writer) bool {
	file, ok := w.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(file.Fd()))
}

// colorsDisabled reports whether the environment asks for no colors
// (https://no-color.org) or the terminal would print color codes as text, as the
// older console of Windows does.
func colorsDisabled() bool {
	oldConsole := runtime.GOOS == "windows" && os.Getenv("WT_SESSION") == ""
	return os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" || oldConsole
}

func (s style) bold(text string) string   { return s.code("1", text) }
func (s style) faint(text string) string  { return s.code("2", text) }
func (s style) green(text string) string  { return s.code("32", text) }
func (s style) red(text string) string    { return s.code("31", text) }
func (s style) yellow(text string) string { return s.code("33", text) }
func (s style) cyan(text string) string   { return s.code("36", text) }
func (s style) blue(text string) string   { return s.code("1;34", text) }

func (s style) code(code, text string) string {
	if !s {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// printable escapes the characters of text that control a terminal or change the
// order in which it shows text: control characters except newline and tab,
// bidirectional controls, and bytes that are not UTF-8. The escapes are those of
// JSON, so the value of JSON text does not change.
func printable(text string) string {
	if !strings.ContainsFunc(text, needsEscape) {
		return text
	}
	var b strings.Builder
	for i, r := range text {
		if !needsEscape(r) {
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

func needsEscape(r rune) bool {
	switch r {
	case '\n', '\t':
		return false
	case '\u2028', '\u2029', utf8.RuneError: // line and paragraph separator; possibly a byte that is not UTF-8
		return true
	}
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
}

// printText copies text from r to w for a terminal: it escapes like printable, shows
// the line breaks of Windows as newlines, and ends the text with a newline.
func printText(w io.Writer, r io.Reader) error {
	in, out := bufio.NewReader(r), bufio.NewWriter(w)
	last := '\n'
	for {
		if in.Buffered() == 0 {
			out.Flush() // the next read may wait; the last Flush returns an error
		}
		char, size, err := in.ReadRune()
		if err != nil {
			return endText(out, last, err)
		}
		if char == '\r' && beforeNewline(in) {
			continue
		}
		switch isReplacement := char == utf8.RuneError && size > 1; {
		case isReplacement, !needsEscape(char):
			out.WriteRune(char)
		default:
			fmt.Fprintf(out, `\u%04x`, char)
		}
		last = char
	}
}

func beforeNewline(in *bufio.Reader) bool {
	next, _ := in.Peek(1) // after an error, next is empty
	return string(next) == "\n"
}

// endText ends a text with a newline, unless its last character is one, after reading
// it ended with err.
func endText(out *bufio.Writer, last rune, err error) error {
	if last != '\n' {
		out.WriteByte('\n')
	}
	if ferr := out.Flush(); errors.Is(err, io.EOF) {
		return ferr
	}
	return err
}

// replaceUnprintable replaces characters that are not printable, including newline
// and tab, with question marks.
func replaceUnprintable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, text)
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.2f ms", float64(d.Microseconds())/1000)
}

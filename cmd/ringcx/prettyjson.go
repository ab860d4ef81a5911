package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
)

// jsonIndent is the indentation of one level of JSON on a terminal.
const jsonIndent = "  "

// jsonPrinter indents and colors JSON for a terminal while it is read. It changes the
// white space only: numbers, unknown fields and the order of fields stay as the server
// sent them. Characters that control a terminal are escaped. Text that is not valid JSON
// is printed without an error.
type jsonPrinter struct {
	in    *bufio.Reader
	out   *bufio.Writer
	style style
	depth int
	empty bool // nothing was written
}

// printJSON copies JSON from r to w and ends it with a newline.
func printJSON(w io.Writer, r io.Reader, s style) error {
	p := &jsonPrinter{in: bufio.NewReader(r), out: bufio.NewWriter(w), style: s, empty: true}
	for {
		first, err := p.next()
		if err != nil {
			last := 'x'
			if p.empty {
				last = '\n'
			}
			return endText(p.out, last, err)
		}
		if err := p.print(first); err != nil {
			return endText(p.out, 'x', err)
		}
		p.empty = false
	}
}

// next returns the next byte that is not white space.
func (p *jsonPrinter) next() (byte, error) {
	for {
		if p.in.Buffered() == 0 {
			if err := p.out.Flush(); err != nil { // the next read may wait
				return 0, err
			}
		}
		b, err := p.in.ReadByte()
		if err != nil || !isSpace(b) {
			return b, err
		}
	}
}

// print prints the token that begins with first, and the white space that belongs to it.
func (p *jsonPrinter) print(first byte) error {
	switch first {
	case '{', '[':
		return p.open(first)
	case '}', ']':
		p.depth = max(p.depth-1, 0)
		p.newline()
		p.out.WriteString(p.style.bold(string(first)))
	case ',':
		p.out.WriteString(p.style.bold(","))
		p.newline()
	case ':':
		p.out.WriteString(p.style.bold(":") + " ")
	default:
		return p.scalar(first)
	}
	return nil
}

// open prints the start of an object or an array, and all of it if it is empty.
func (p *jsonPrinter) open(first byte) error {
	p.separate()
	p.out.WriteString(p.style.bold(string(first)))
	second, err := p.next()
	if err != nil {
		return err
	}
	if second == '}' || second == ']' {
		p.out.WriteString(p.style.bold(string(second)))
		return nil
	}
	p.depth++
	p.newline()
	return p.in.UnreadByte()
}

// scalar prints a string, a number, true, false or null. The name of a field is bold.
func (p *jsonPrinter) scalar(first byte) error {
	text, err := p.token(first)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	p.separate()
	color := func(text string) string { return text }
	switch {
	case text == "true", text == "false":
		color = p.style.yellow
	case text == "null":
		color = p.style.cyan
	case first == '"' && p.isName():
		color = p.style.blue
	case first == '"':
		color = p.style.green
	}
	p.out.WriteString(color(printable(text)))
	return nil // the next read returns io.EOF again
}

// token reads the rest of the string, number or word that begins with first.
func (p *jsonPrinter) token(first byte) (string, error) {
	text := []byte{first}
	for {
		b, err := p.in.ReadByte()
		isEnd := first != '"' && (isSpace(b) || strings.IndexByte("{}[],:\"", b) >= 0)
		switch {
		case err != nil:
			return string(text), err
		case isEnd:
			return string(text), p.in.UnreadByte()
		}
		text = append(text, b)
		if first != '"' {
			continue
		}
		if b == '"' {
			return string(text), nil
		}
		if b == '\\' {
			b, err := p.in.ReadByte()
			if err != nil {
				return string(text), err
			}
			text = append(text, b)
		}
	}
}

// isName reports whether a colon follows.
func (p *jsonPrinter) isName() bool {
	for n := 1; ; n++ {
		ahead, err := p.in.Peek(n)
		if err != nil {
			return false
		}
		if b := ahead[n-1]; !isSpace(b) {
			return b == ':'
		}
	}
}

// separate prints a newline before the second value and each later one, if the text is
// a sequence of values.
func (p *jsonPrinter) separate() {
	if p.depth == 0 && !p.empty {
		p.out.WriteByte('\n')
	}
}

func (p *jsonPrinter) newline() {
	p.out.WriteString("\n" + strings.Repeat(jsonIndent, p.depth))
}

func isSpace(b byte) bool { return b == ' ' || b == '\t' || b == '\n' || b == '\r' }

// beginsJSON reports whether text, the start of a body, may be JSON. A proxy sends HTML
// with the Content-Type of JSON.
func beginsJSON(text []byte) bool {
	text = bytes.TrimLeft(text, " \t\r\n")
	return len(text) > 0 && strings.IndexByte(`{["-0123456789tfn`, text[0]) >= 0
}

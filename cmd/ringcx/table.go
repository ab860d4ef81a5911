package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"unicode"
)

// table is rows of text under headers. The columns are aligned when it is
// written.
type table struct {
	buf     bytes.Buffer
	columns *tabwriter.Writer
}

func newTable(headers ...string) *table {
	t := &table{}
	t.columns = tabwriter.NewWriter(&t.buf, 0, 0, 2, ' ', 0)
	t.row(headers...)
	return t
}

// row adds a row. What does not print, and could steer a terminal, becomes a
// question mark; an empty cell a dash.
func (t *table) row(cells ...string) {
	for i, c := range cells {
		cells[i] = visible(c)
		if strings.TrimSpace(c) == "" {
			cells[i] = c + "-"
		}
	}
	fmt.Fprintln(t.columns, strings.Join(cells, "\t"))
}

// write writes the table with indent before each line, the headers in bold.
func (t *table) write(w io.Writer, s style, indent string) error {
	t.columns.Flush() // into memory
	text := strings.TrimSuffix(t.buf.String(), "\n")
	for i, line := range strings.Split(text, "\n") {
		if i == 0 {
			line = s.bold(line)
		}
		if _, err := fmt.Fprintln(w, indent+line); err != nil {
			return err
		}
	}
	return nil
}

func visible(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, text)
}

// deref is the value that p points to, or the zero value.
func deref[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

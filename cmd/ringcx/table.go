package main

import (
	"io"
	"os"
	"strings"

	"github.com/mattn/go-runewidth"
	"golang.org/x/term"
)

// table holds rows of text below a row of headers. write aligns the columns.
type table struct {
	rows [][]string // the first row is the headers
}

func newTable(headers ...string) *table { return &table{rows: [][]string{headers}} }

// row adds a row. Unprintable characters, which could control a terminal, become
// question marks. An empty cell becomes a dash.
func (t *table) row(cells ...string) {
	row := make([]string, len(cells))
	for i, c := range cells {
		row[i] = replaceUnprintable(c)
		if strings.TrimSpace(c) == "" {
			row[i] = c + "-"
		}
	}
	t.rows = append(t.rows, row)
}

const (
	columnGap = 2 // the columns of the terminal between two columns of a table

	// minColumn is the width below which no column is truncated, so that ids stay
	// complete.
	minColumn = 10

	ellipsis = "…"
)

// write writes the table with indent before each line and the headers in bold. If w is
// a terminal that is too narrow, the widest columns are truncated. Other output is
// never truncated.
func (t *table) write(w io.Writer, s style, indent string) error {
	var b strings.Builder
	widths := t.widths(terminalWidth(w) - runewidth.StringWidth(indent))
	for i, row := range t.rows {
		line := alignRow(row, widths)
		if i == 0 {
			line = s.bold(line)
		}
		b.WriteString(indent + line + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// alignRow returns a line with the cells of row, padded or truncated to widths. The
// last cell is not padded.
func alignRow(row []string, widths []int) string {
	var b strings.Builder
	for i, cell := range row {
		cell = runewidth.Truncate(cell, widths[i], ellipsis)
		if i < len(row)-1 {
			cell = runewidth.FillRight(cell, widths[i]+columnGap)
		}
		b.WriteString(cell)
	}
	return b.String()
}

// widths returns the width of each column. If limit is positive and the columns are
// wider together, the widest columns become narrower, but no column becomes narrower
// than minColumn.
func (t *table) widths(limit int) []int {
	widths := make([]int, len(t.rows[0]))
	total := columnGap * (len(widths) - 1)
	for i := range widths {
		for _, row := range t.rows {
			widths[i] = max(widths[i], runewidth.StringWidth(row[i]))
		}
		total += widths[i]
	}
	for limit > 0 && total > limit {
		widest := 0
		for i, width := range widths {
			if width > widths[widest] {
				widest = i
			}
		}
		if widths[widest] <= minColumn {
			break
		}
		widths[widest]--
		total--
	}
	return widths
}

// terminalFile returns w as a file if w is a terminal.
func terminalFile(w io.Writer) (*os.File, bool) {
	file, ok := w.(*os.File)
	return file, ok && term.IsTerminal(int(file.Fd()))
}

// terminalWidth returns the number of columns of the terminal w. It returns 0 if w is
// not a terminal or its width is not known.
func terminalWidth(w io.Writer) int {
	file, ok := terminalFile(w)
	if !ok {
		return 0
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if err != nil {
		return 0
	}
	return width
}

// deref returns the value that p points to, or the zero value if p is nil.
func deref[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

package main

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// row is one line of the table.
type row struct {
	what  string
	reach string // what is to be reached; empty: the row is there to be known
	met   bool
	yard  string            // what the ratios of the row are to
	cells map[string]string // by the name of a contender
}

var columns = []string{ringcxName, oauth2Name, cloudName, awsName}

func (r row) fields() []string {
	met := ""
	switch {
	case r.reach != "" && r.met:
		met = "yes"
	case r.reach != "":
		met = "**no**"
	}
	fields := []string{r.what, r.reach, met, r.yard}
	for _, c := range columns {
		fields = append(fields, r.cells[c])
	}
	return fields
}

// table is rows in Markdown, with the columns aligned so that it can be read
// on a terminal too.
func table(rows []row) string {
	lines := [][]string{append([]string{"what", "reach", "met", "yardstick"}, columns...), nil}
	for _, r := range rows {
		lines = append(lines, r.fields())
	}
	width := make([]int, len(lines[0]))
	for _, fields := range lines {
		for i, f := range fields {
			width[i] = max(width[i], utf8.RuneCountInString(f))
		}
	}
	var b strings.Builder
	for i, fields := range lines {
		for c := range width {
			if i == 1 {
				b.WriteString("| " + strings.Repeat("-", width[c]) + " ")
				continue
			}
			b.WriteString("| " + fields[c] + strings.Repeat(" ", width[c]-utf8.RuneCountInString(fields[c])+1))
		}
		b.WriteString("|\n")
	}
	return b.String()
}

// same gives all contenders the same cell but for its numbers.
func same(format string, numbers map[string][]float64) map[string]string {
	cells := map[string]string{}
	for name, n := range numbers {
		args := make([]any, len(n))
		for i := range n {
			args[i] = n[i]
		}
		cells[name] = fmt.Sprintf(format, args...)
	}
	return cells
}

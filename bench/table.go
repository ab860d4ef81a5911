package main

import (
	"strings"
	"unicode/utf8"
)

// row is one line of the table.
type row struct {
	what  string
	reach string                    // the target; empty: the row has none
	met   func(own, yard cell) bool // reports whether ringcx reaches the target
	yard  cell                      // what the ratios of the row refer to
	cells map[string]cell           // by the name of a library
}

var columns = []string{ringcxName, oauth2Name, cloudName, awsName}

// add adds the figures of one more pass.
func (r *row) add(pass row) {
	r.yard = r.yard.add(pass.yard)
	for name, c := range pass.cells {
		r.cells[name] = r.cells[name].add(c)
	}
}

// missed reports whether the row has a target that ringcx does not reach.
func (r row) missed() bool { return r.reach != "" && !r.met(r.cells[ringcxName], r.yard) }

func (r row) fields() []string {
	met := ""
	switch {
	case r.missed():
		met = "**no**"
	case r.reach != "":
		met = "yes"
	}
	fields := []string{r.what, r.reach, met, r.yard.String()}
	for _, c := range columns {
		fields = append(fields, r.cells[c].String())
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

package main

import (
	"fmt"
	"math"
	"slices"
)

// results are the results of one pass or of several passes.
type results struct {
	rows   []row
	panels []panel
}

// add adds the figures of another pass, which has the same rows and panels.
func (r *results) add(pass *results) {
	if r.rows == nil {
		*r = *pass
		return
	}
	for i := range r.rows {
		r.rows[i].add(pass.rows[i])
	}
	for i := range r.panels {
		for k, b := range pass.panels[i].bars {
			own := &r.panels[i].bars[k]
			own.value = append(own.value, b.value...)
		}
	}
}

// row is a row of the table.
type row struct {
	what      string
	target    string                         // empty: no target
	met       func(own, reference cell) bool // reports whether ringcx meets the target
	reference cell                           // the values that the ratios of the row refer to
	cells     map[string]cell                // by the name of the library
}

// add adds the figures of another pass.
func (r *row) add(pass row) {
	r.reference = r.reference.add(pass.reference)
	for name, c := range pass.cells {
		r.cells[name] = r.cells[name].add(c)
	}
}

// missed reports whether the row has a target that ringcx does not meet.
func (r row) missed() bool { return r.target != "" && !r.met(r.cells[ringcxName], r.reference) }

// figure is a number in the table. It has one value for each pass.
type figure []float64

func (f figure) median() float64 { return median(f) }

func (f figure) max() float64 { return slices.Max(f) }

// Format prints the median, followed by the minimum and the maximum if their texts
// differ: "54.2 (53.9–56.0)". Use the verb %d for a figure that is 1 for a pass in which
// something happened, and 0 for the others. It prints the number of such passes: "2 of
// 5".
func (f figure) Format(s fmt.State, verb rune) {
	if verb == 'd' {
		happened := 0.0
		for _, v := range f {
			happened += v
		}
		fmt.Fprintf(s, "%.0f of %d", happened, len(f))
		return
	}
	text := func(v float64) string {
		if math.IsInf(v, 1) {
			return "∞"
		}
		return fmt.Sprintf(fmt.FormatString(s, verb), v)
	}
	minimum, maximum := text(slices.Min(f)), text(f.max())
	if minimum == maximum {
		fmt.Fprint(s, minimum)
		return
	}
	fmt.Fprintf(s, "%s (%s–%s)", text(f.median()), minimum, maximum)
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

// cell is a cell of the table. The format has one verb for each figure.
type cell struct {
	format  string
	figures []figure
}

// newCell returns a cell with the values of one pass.
func newCell(format string, values ...float64) cell {
	c := cell{format: format}
	for _, v := range values {
		c.figures = append(c.figures, figure{v})
	}
	return c
}

// add returns c with the figures of another pass.
func (c cell) add(pass cell) cell {
	sum := cell{format: c.format}
	for i, f := range c.figures {
		sum.figures = append(sum.figures, slices.Concat(f, pass.figures[i]))
	}
	return sum
}

// median returns the median of figure i.
func (c cell) median(i int) float64 { return c.figures[i].median() }

// String returns the text of the cell.
func (c cell) String() string {
	args := make([]any, len(c.figures))
	for i, f := range c.figures {
		args[i] = f
	}
	return fmt.Sprintf(c.format, args...)
}

// sameFormat returns a cell with the same format for each library.
func sameFormat(format string, numbers map[string][]float64) map[string]cell {
	cells := map[string]cell{}
	for name, n := range numbers {
		cells[name] = newCell(format, n...)
	}
	return cells
}

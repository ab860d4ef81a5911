package main

import (
	"fmt"
	"math"
	"slices"
)

// figure is one number of the table: its value in each pass.
type figure []float64

func (f figure) median() float64 { return median(f) }

func (f figure) max() float64 { return slices.Max(f) }

// Format prints the median and, if the passes print differently, the least and
// the greatest value: "54.2 (53.9–56.0)". The verb %d is for a figure that is 1 if
// something happened in a pass, else 0; it prints the number of those passes:
// "2 of 5".
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
	least, greatest := text(slices.Min(f)), text(f.max())
	if least == greatest {
		fmt.Fprint(s, least)
		return
	}
	fmt.Fprintf(s, "%s (%s–%s)", text(f.median()), least, greatest)
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

// cell is a cell of the table: a format with one verb for each figure.
type cell struct {
	format  string
	figures []figure
}

// newCell returns the cell of one pass.
func newCell(format string, values ...float64) cell {
	c := cell{format: format}
	for _, v := range values {
		c.figures = append(c.figures, figure{v})
	}
	return c
}

// add returns c with the figures of one more pass.
func (c cell) add(pass cell) cell {
	sum := cell{format: c.format}
	for i, f := range c.figures {
		sum.figures = append(sum.figures, slices.Concat(f, pass.figures[i]))
	}
	return sum
}

// median is the median of figure i.
func (c cell) median(i int) float64 { return c.figures[i].median() }

// String returns the text of the cell.
func (c cell) String() string {
	args := make([]any, len(c.figures))
	for i, f := range c.figures {
		args[i] = f
	}
	return fmt.Sprintf(c.format, args...)
}

// sameFormat gives all libraries a cell of the same format.
func sameFormat(format string, numbers map[string][]float64) map[string]cell {
	cells := map[string]cell{}
	for name, n := range numbers {
		cells[name] = newCell(format, n...)
	}
	return cells
}

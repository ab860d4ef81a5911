package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// measure is one number and the limit that it must not exceed.
type measure struct {
	name         string
	value, limit float64
	digits       int      // after the decimal point
	advice       string   // what to do if the limit is exceeded
	shown        []string // what was counted, if a reader should judge it
	places       []string // where the problem is, if the limit is exceeded
}

func (m measure) exceeded() bool { return m.value > m.limit }

// printMeasures prints a row for each measure, then its details. It returns how many
// exceed their limits.
func printMeasures(out io.Writer, measures []measure) (exceeded int) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "package ringcx without tests\tmeasured\tlimit\t")
	for _, m := range measures {
		mark := ""
		if m.exceeded() {
			exceeded++
			mark = "EXCEEDED: " + m.advice
		}
		fmt.Fprintf(w, "%s\t%.*f\t%g\t%s\n", m.name, m.digits, m.value, m.limit, mark)
	}
	w.Flush()
	for _, m := range measures {
		if len(m.shown) > 0 {
			fmt.Fprintf(out, "\n%s: %s\n", m.name, strings.Join(m.shown, ", "))
		}
		if m.exceeded() && len(m.places) > 0 {
			fmt.Fprintf(out, "\n%s:\n\t%s\n", m.name, strings.Join(m.places, "\n\t"))
		}
	}
	return exceeded
}

// printFindings prints the words to replace, each as file:line: text.
func printFindings(out io.Writer, findings []finding) {
	if len(findings) > 0 {
		fmt.Fprintln(out, "\nwords to replace:")
	}
	for _, f := range findings {
		fmt.Fprintf(out, "%s:%d: %q: write %s\n", f.file, f.line, f.text, f.better)
	}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// addNew returns sorted with s in it.
func addNew(sorted []string, s string) []string {
	i, found := slices.BinarySearch(sorted, s)
	if found {
		return sorted
	}
	return slices.Insert(sorted, i, s)
}

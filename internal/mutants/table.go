package main

import (
	"fmt"
	"io"
	"strings"
)

// simShare is the fraction of the mutations marked [sim] that the simulation must kill:
// 20 of 25.
const simShare = 0.8

func (p part) String() string {
	switch {
	case !p.ran:
		return ""
	case p.killer == "":
		return "SURVIVED"
	}
	return p.killer
}

func (p part) seconds() string {
	if !p.ran {
		return ""
	}
	return fmt.Sprintf("%.1f", p.took.Seconds())
}

// printTable writes the results as a Markdown table.
func printTable(out io.Writer, c config, results []result) {
	columns := []string{"mutation", "file"}
	if c.tests {
		columns = append(columns, "killed by", "s")
	}
	if c.sim {
		columns = append(columns, "simulation", "s")
	}
	printRow(out, columns)
	fmt.Fprintln(out, strings.Repeat("| --- ", len(columns))+"|")
	for _, r := range results {
		row := []string{r.name, r.file}
		switch {
		case r.err != nil:
			first, _, _ := strings.Cut(r.err.Error(), "\n")
			row = append(row, "ERROR: "+first, "")
			if c.tests && c.sim {
				row = append(row, "", "")
			}
		default:
			if c.tests {
				row = append(row, r.tests.String(), r.tests.seconds())
			}
			if c.sim {
				row = append(row, r.simulated.String(), r.simulated.seconds())
			}
		}
		printRow(out, row)
	}
}

func printRow(out io.Writer, cells []string) {
	for i, cell := range cells {
		cells[i] = strings.ReplaceAll(cell, "|", `\|`)
	}
	fmt.Fprintln(out, "| "+strings.Join(cells, " | ")+" |")
}

// verdict returns an error if a mutation has an error or survived the tests, or if the
// simulation killed too few of them.
func verdict(c config, results []result) error {
	var problems []string
	survived, invalid, simRan, simKilled := 0, 0, 0, 0
	for _, r := range results {
		switch {
		case r.err != nil:
			invalid++
		case r.tests.ran && r.tests.killer == "":
			survived++
		}
		if r.simulated.ran && r.err == nil {
			simRan++
			if r.simulated.killer != "" {
				simKilled++
			}
		}
	}
	if invalid > 0 {
		problems = append(problems, fmt.Sprintf("%d no longer apply or do not compile", invalid))
	}
	if survived > 0 {
		problems = append(problems, fmt.Sprintf("%d survived all tests", survived))
	}
	if float64(simKilled) < simShare*float64(simRan) {
		problems = append(problems, fmt.Sprintf("the simulation killed only %d of %d", simKilled, simRan))
	}
	if len(problems) > 0 {
		return fmt.Errorf("%d mutations: %s", len(results), strings.Join(problems, "; "))
	}
	return nil
}

package names

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
)

//go:embed operations.tsv
var operationsTable string

//go:embed schemas.tsv
var schemasTable string

// Param is a name with a type: a parameter of an operation, or a field of a schema.
type Param struct {
	// Name is the name on the wire.
	Name string
	// Type is the type, for example "integer", "[string]" or "PathID".
	Type string
	// Required reports whether the request must have the parameter.
	Required bool
	// Secret reports whether the value must not be logged.
	Secret bool
}

// table splits a table into its lines without the head, each a map from column to value.
// It panics if a line has another number of values than the head.
func table(text string) []map[string]string {
	head, rest, _ := strings.Cut(text, "\n")
	columns := strings.Split(head, "\t")
	var rows []map[string]string
	for line := range strings.Lines(rest) {
		values := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(values) != len(columns) {
			panic(fmt.Sprintf("names: %d values instead of %d: %q", len(values), len(columns), line))
		}
		row := make(map[string]string, len(columns))
		for i, column := range columns {
			row[column] = values[i]
		}
		rows = append(rows, row)
	}
	return rows
}

// params reads a list such as "page:integer uii:string! token:string!*".
func params(text string) []Param {
	var list []Param
	for _, word := range strings.Fields(text) {
		name, typ, found := strings.Cut(word, ":")
		if !found {
			panic(fmt.Sprintf("names: %q has no type", word))
		}
		p := Param{Name: name}
		typ, p.Secret = strings.CutSuffix(typ, "*")
		p.Type, p.Required = strings.CutSuffix(typ, "!")
		list = append(list, p)
	}
	return list
}

// number reads a number. It panics if text is not one.
func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		panic(fmt.Sprintf("names: %v", err))
	}
	return n
}

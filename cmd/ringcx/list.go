package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"reflect"
	"strings"
	"text/tabwriter"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ringcx-go/ringcx-go/wire"
)

// format is how a list is printed: the value of --output.
type format string

const (
	formatTable format = "table"
	formatJSON  format = "json"
)

var _ pflag.Value = (*format)(nil)

// String returns the name of the format.
func (f *format) String() string { return string(*f) }

// Type names the value in the help.
func (f *format) Type() string { return "format" }

// Set reads a format.
func (f *format) Set(text string) error {
	switch v := format(strings.ToLower(text)); v {
	case formatTable, formatJSON:
		*f = v
		return nil
	}
	return fmt.Errorf("it must be %s or %s", formatTable, formatJSON)
}

func completeFormat(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return []string{string(formatTable), string(formatJSON)}, cobra.ShellCompDirectiveNoFileComp
}

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

// hidden stands for a secret in JSON output.
const hidden = "***"

// writeJSONList writes the elements as an indented JSON array, each as it comes,
// without their secrets. An error of the list leaves the array open, so that no
// reader takes half a list for a whole one.
func writeJSONList[T any](w io.Writer, list iter.Seq2[T, error]) error {
	before := "[\n"
	for v, err := range list {
		if err != nil {
			return err
		}
		text, err := elementJSON(&v)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(w, "%s  %s", before, text); err != nil {
			return err
		}
		before = ",\n"
	}
	end := "\n]\n"
	if before == "[\n" {
		end = "[]\n"
	}
	_, err := io.WriteString(w, end)
	return err
}

// elementJSON encodes what v points to, indented as an element of an array. It may
// be shown on a terminal.
func elementJSON(v any) ([]byte, error) {
	hideSecrets(reflect.ValueOf(v))
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("  ", "  ")
	err := e.Encode(v)
	return []byte(printable(string(bytes.TrimSpace(b.Bytes())))), err
}

// hideSecrets replaces every wire.Secret that v leads to, so that a secret that
// is new in openapi.yaml is hidden without a line here.
func hideSecrets(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		if v.Type() == reflect.TypeFor[wire.Secret]() && v.Len() > 0 {
			v.SetString(hidden)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			hideSecrets(v.Elem())
		}
	case reflect.Struct:
		for _, field := range v.Fields() {
			if field.CanSet() { // exported
				hideSecrets(field)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			hideSecrets(v.Index(i))
		}
	}
}

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

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ringcx-go/ringcx-go/wire"
)

// format is the output format of a list: the value of --output.
type format string

const (
	formatTable format = "table"
	formatJSON  format = "json"
)

var _ pflag.Value = (*format)(nil)

// String returns the name of the format.
func (f *format) String() string { return string(*f) }

// Type returns the name of the value in the help.
func (f *format) Type() string { return "format" }

// Set parses a format.
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

// table holds rows of text below a row of headers. write aligns the columns.
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

// row adds a row. Unprintable characters, which could control a terminal, become
// question marks. An empty cell becomes a dash.
func (t *table) row(cells ...string) {
	for i, c := range cells {
		cells[i] = replaceUnprintable(c)
		if strings.TrimSpace(c) == "" {
			cells[i] = c + "-"
		}
	}
	fmt.Fprintln(t.columns, strings.Join(cells, "\t"))
}

// write writes the table with indent before each line and the headers in bold.
func (t *table) write(w io.Writer, s style, indent string) error {
	t.columns.Flush() // cannot fail: it writes to memory
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

// deref returns the value that p points to, or the zero value if p is nil.
func deref[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// hidden replaces secrets in JSON output.
const hidden = "***"

// writeJSONList writes the elements, without their secrets, as an indented JSON
// array. It writes each element as soon as list yields it. After an error of list
// it does not close the array, so that a reader cannot mistake a part of the list
// for the complete list.
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

// elementJSON replaces the secrets in the value that v points to and encodes it,
// indented as an element of an array. Control characters are escaped.
func elementJSON(v any) ([]byte, error) {
	hideSecrets(reflect.ValueOf(v))
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("  ", "  ")
	err := e.Encode(v)
	return []byte(printable(string(bytes.TrimSpace(b.Bytes())))), err
}

// hideSecrets replaces every wire.Secret that can be reached from v. It finds
// secrets by their type, so that secrets added to openapi.yaml need no change here.
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

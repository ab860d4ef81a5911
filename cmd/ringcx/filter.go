package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/template"

	"github.com/itchyny/gojq"
	"github.com/mattn/go-runewidth"
)

// decodeJSON decodes JSON text. Numbers become json.Number, so that they do not lose
// digits.
func decodeJSON(text []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	return v, err
}

// compileJQ returns a function that writes the results of a jq expression for a JSON
// text, each on a line: strings without quotes, other values as JSON. The function stops
// with an error when ctx is done.
func compileJQ(ctx context.Context, expression string) (func(io.Writer, []byte) error, error) {
	query, err := gojq.Parse(expression)
	if err != nil {
		return nil, usagef("--jq: %w", err)
	}
	code, err := gojq.Compile(query)
	if err != nil {
		return nil, usagef("--jq: %w", err)
	}
	return func(w io.Writer, text []byte) error {
		input, err := decodeJSON(text)
		if err != nil {
			return err
		}
		return writeResults(w, code.RunWithContext(ctx, input))
	}, nil
}

func writeResults(w io.Writer, results gojq.Iter) error {
	for {
		v, ok := results.Next()
		if !ok {
			return nil
		}
		switch v := v.(type) {
		case error:
			return jqError(v)
		case string:
			fmt.Fprintln(w, v) // cannot fail: w is in memory
		default:
			text, err := gojq.Marshal(v)
			if err != nil {
				return fmt.Errorf("--jq: %w", err)
			}
			fmt.Fprintln(w, string(text))
		}
	}
}

// jqError returns the error for a failed expression. The function halt is not a
// failure.
func jqError(err error) error {
	if halt, ok := errors.AsType[*gojq.HaltError](err); ok && halt.Value() == nil {
		return nil
	}
	return fmt.Errorf("--jq: %w", err)
}

// compileTemplate returns a function that executes a Go template with a JSON text.
func compileTemplate(text string) (func(io.Writer, []byte) error, error) {
	parsed, err := template.New("--template").Funcs(templateFuncs(nil)).Parse(text)
	if err != nil {
		return nil, usagef("%w", err)
	}
	return func(w io.Writer, text []byte) error {
		data, err := decodeJSON(text)
		if err != nil {
			return err
		}
		rows := &templateTable{}
		if err := parsed.Funcs(templateFuncs(rows)).Execute(w, data); err != nil {
			return err
		}
		_, err = io.WriteString(w, rows.render())
		return err
	}, nil
}

// templateFuncs returns the functions for templates. They are a part of those that the
// command gh has, with the same names and arguments.
func templateFuncs(rows *templateTable) template.FuncMap {
	return template.FuncMap{
		"join":        joinValues,
		"json":        marshalValue,
		"pluck":       pluck,
		"tablerow":    func(cells ...any) string { return rows.add(cells) },
		"tablerender": func() string { return rows.render() },
		"truncate":    func(width int, value any) string { return runewidth.Truncate(valueText(value), width, ellipsis) },
	}
}

// valueText returns a JSON value as text: strings and numbers as they are, and null as
// nothing.
func valueText(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

// joinValues joins the elements of an array, with separator between them.
func joinValues(separator string, list []any) string {
	var parts []string
	for _, v := range list {
		parts = append(parts, valueText(v))
	}
	return strings.Join(parts, separator)
}

// marshalValue returns a value as JSON.
func marshalValue(v any) (string, error) {
	text, err := gojq.Marshal(v)
	return string(text), err
}

// pluck returns the field of each object in an array.
func pluck(field string, list []any) []any {
	var found []any
	for _, v := range list {
		if object, ok := v.(map[string]any); ok {
			found = append(found, object[field])
		}
	}
	return found
}

// templateTable holds the rows of the template function tablerow.
type templateTable struct{ rows [][]string }

func (t *templateTable) add(cells []any) string {
	var row []string
	for _, c := range cells {
		row = append(row, valueText(c))
	}
	t.rows = append(t.rows, row)
	return ""
}

// render returns the rows, aligned, and removes them.
func (t *templateTable) render() string {
	var widths []int
	for _, row := range t.rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], runewidth.StringWidth(cell))
		}
	}
	var b strings.Builder
	for _, row := range t.rows {
		b.WriteString(alignRow(row, widths) + "\n")
	}
	t.rows = nil
	return b.String()
}

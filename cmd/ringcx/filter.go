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
	"time"

	"github.com/itchyny/gojq"
	"github.com/mattn/go-runewidth"

	"github.com/ringcx-go/ringcx-go/wire"
)

const templateHelp = `A template is one of the Go package text/template. It is executed with the JSON that
"-o json" prints: {{range .}}{{.userName}}{{"\n"}}{{end}} prints the name of each user.

These functions of the command gh exist, with the same arguments:
  contains PART TEXT, hasPrefix PREFIX TEXT, hasSuffix SUFFIX TEXT
  join SEPARATOR LIST      join the elements of a list
  pluck FIELD LIST         the field of each object of a list
  tablerow CELL...         add a row to a table; the table is printed at the end
  tablerender              print the table now
  timeago TIME             how long ago a time was, such as "about 2 days ago"
  timefmt LAYOUT TIME      format a time, with a layout such as "2006-01-02 15:04"
  truncate WIDTH TEXT      shorten a text

In addition, json VALUE prints a value as JSON. There are no colors and no hyperlinks:
gh's functions color, autocolor and hyperlink do not exist.`

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
	name := oneLine(expression)
	query, err := gojq.Parse(expression)
	switch {
	case err != nil && err.Error() == "unexpected EOF":
		return nil, usagef("--jq: the expression '%s' is incomplete", name)
	case err != nil:
		return nil, usagef("--jq: the expression '%s' is not valid: %w", name, err)
	}
	code, err := gojq.Compile(query)
	if err != nil {
		return nil, usagef("--jq: the expression '%s' is not valid: %w", name, err)
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
		"contains":    func(part, text string) bool { return strings.Contains(text, part) },
		"hasPrefix":   func(prefix, text string) bool { return strings.HasPrefix(text, prefix) },
		"hasSuffix":   func(suffix, text string) bool { return strings.HasSuffix(text, suffix) },
		"json":        marshalValue,
		"pluck":       pluck,
		"timeago":     timeAgo,
		"timefmt":     formatTime,
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

// parseTime reads a time in one of the forms that RingCX uses.
func parseTime(value any) (time.Time, error) {
	text, err := gojq.Marshal(value)
	if err != nil {
		return time.Time{}, err
	}
	var t wire.Time
	if err := json.Unmarshal(text, &t); err != nil {
		return time.Time{}, err
	}
	return t.Time, t.Err()
}

// formatTime formats a time with a layout of package time. No time is "".
func formatTime(layout string, value any) (string, error) {
	t, err := parseTime(value)
	if err != nil || t.IsZero() {
		return "", err
	}
	return t.Format(layout), nil
}

// timeAgo returns how long ago a time was, in its largest unit. No time is "".
func timeAgo(value any) (string, error) {
	t, err := parseTime(value)
	if err != nil || t.IsZero() {
		return "", err
	}
	const day = 24 * time.Hour
	age := time.Since(t)
	for _, unit := range []struct {
		length time.Duration
		name   string
	}{{365 * day, "year"}, {30 * day, "month"}, {day, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		if n := int(age / unit.length); n == 1 {
			return "about 1 " + unit.name + " ago", nil
		} else if n > 1 {
			return fmt.Sprintf("about %d %ss ago", n, unit.name), nil
		}
	}
	return "just now", nil
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

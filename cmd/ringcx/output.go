package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// format is an output format: the value of --output. The zero value is the default of
// the command.
type format string

const (
	formatTable format = "table"
	formatJSON  format = "json"
	formatYAML  format = "yaml"
	formatCSV   format = "csv"
)

var formats = []format{formatTable, formatJSON, formatYAML, formatCSV}

var _ pflag.Value = (*format)(nil)

// String returns the name of the format.
func (f *format) String() string { return string(*f) }

// Type returns the name of the value in the help.
func (f *format) Type() string { return "format" }

// Set parses a format.
func (f *format) Set(text string) error {
	for _, known := range formats {
		if strings.EqualFold(text, string(known)) {
			*f = known
			return nil
		}
	}
	return fmt.Errorf("it must be table, json, yaml or csv")
}

func completeFormat(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, f := range formats {
		names = append(names, string(f))
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// outputFlags are the flags that select the output of accounts, users and api.
type outputFlags struct {
	format       format
	jq, template string
	showSecrets  bool
}

// outputFlagNames are the names of the flags.
var outputFlagNames = []string{"output", "jq", "template", "show-secrets"}

func (o *outputFlags) register(root *cobra.Command) {
	flags := root.PersistentFlags()
	flags.VarP(&o.format, "output", "o", "output format: table, json, yaml or csv (default of accounts and users: table)")
	flags.StringVar(&o.jq, "jq", "", "print the results of a jq `expression` for the JSON output; for CSV, end it with @csv")
	flags.StringVar(&o.template, "template", "", "print the JSON output with a Go `template`; see 'ringcx help templates'")
	flags.BoolVar(&o.showSecrets, "show-secrets", false, "do not replace passwords, PINs, keys and tokens in the output by ***")
	complete(root, "output", completeFormat)
	complete(root, "jq", noFiles)
	complete(root, "template", noFiles)
}

// elements are the elements of a list, each as the JSON text that the server sent.
type elements = iter.Seq2[json.RawMessage, error]

// outputPrinter writes JSON values in the format of the flags.
type outputPrinter struct {
	w           io.Writer
	isTerminal  bool // what is written to w appears on a terminal, perhaps through a pager
	format      format
	render      func(io.Writer, []byte) error // of --jq or --template, else nil
	showSecrets bool
}

// listPrinter returns the printer for accounts or users. The default format is that of
// the selected profile. All its errors are usage errors.
func (o *outputFlags) listPrinter(cmd *cobra.Command) (*outputPrinter, error) {
	selected, err := selectedProfile(cmd)
	if err != nil {
		return nil, err
	}
	p, err := o.printer(cmd)
	if err == nil && p.format == "" {
		p.format = selected.output
	}
	return p, err
}

// printer returns the printer for a command. All its errors are usage errors.
func (o *outputFlags) printer(cmd *cobra.Command) (*outputPrinter, error) {
	out := cmd.OutOrStdout()
	_, isTerminal := terminalFile(out)
	p := &outputPrinter{w: out, isTerminal: isTerminal, format: o.format, showSecrets: o.showSecrets}
	isFiltered := o.jq != "" || o.template != ""
	switch {
	case o.jq != "" && o.template != "":
		return nil, usagef("--jq and --template cannot be combined")
	case o.jq != "" && o.format == formatCSV:
		return nil, usagef("--jq works on JSON: it cannot be combined with --output csv; for CSV, end the expression with @csv, such as '.[] | [.userId, .userName] | @csv'")
	case isFiltered && o.format != "" && o.format != formatJSON:
		return nil, usagef("--jq and --template work on JSON: they cannot be combined with --output %s", o.format)
	}
	var err error
	switch {
	case o.jq != "":
		p.format = formatJSON
		p.render, err = compileJQ(cmd.Context(), o.jq)
	case o.template != "":
		p.format = formatJSON
		p.render, err = compileTemplate(o.template)
	}
	return p, err
}

// isTable reports whether a list is printed as a table.
func (p *outputPrinter) isTable() bool { return p.format == formatTable || p.format == "" }

// clean returns a value of a response without its secrets, unless --show-secrets is
// set.
func (p *outputPrinter) clean(value []byte) ([]byte, error) {
	if p.showSecrets {
		if !json.Valid(value) {
			return nil, notJSON(value)
		}
		return value, nil
	}
	return hideSecrets(value)
}

// list prints a list in a format other than a table. JSON is written as it arrives. For
// other formats the list is read completely first, so that a part of the list is not
// mistaken for the complete list after an error.
func (p *outputPrinter) list(list elements) error {
	if p.format == formatJSON && p.render == nil {
		return p.jsonList(list)
	}
	var all []json.RawMessage
	for v, err := range list {
		if err != nil {
			return err
		}
		clean, err := p.clean(v)
		if err != nil {
			return err
		}
		all = append(all, clean)
	}
	if p.format == formatCSV {
		return p.text(func(w io.Writer) error { return writeCSV(w, all) })
	}
	return p.value(joinArray(all))
}

// jsonList writes the elements as an indented JSON array, each as soon as list yields
// it. After an error of list it does not close the array, so that a reader cannot
// mistake a part of the list for the complete list.
func (p *outputPrinter) jsonList(list elements) error {
	before := "[\n"
	for v, err := range list {
		if err != nil {
			return err
		}
		clean, err := p.clean(v)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(p.w, "%s  %s", before, indentJSON(clean, "  ")); err != nil {
			return err
		}
		before = ",\n"
	}
	end := "\n]\n"
	if before == "[\n" {
		end = "[]\n"
	}
	_, err := io.WriteString(p.w, end)
	return err
}

// joinArray returns a JSON array of the elements.
func joinArray(all []json.RawMessage) []byte {
	parts := make([][]byte, len(all))
	for i, v := range all {
		parts[i] = v
	}
	return append(append([]byte("["), bytes.Join(parts, []byte(","))...), ']')
}

// value prints one JSON value without secrets in a format other than a table or CSV.
func (p *outputPrinter) value(text []byte) error {
	switch {
	case p.render != nil:
		return p.text(func(w io.Writer) error { return p.render(w, text) })
	case p.format == formatYAML:
		return p.text(func(w io.Writer) error { return writeYAML(w, text) })
	}
	_, err := fmt.Fprintln(p.w, indentJSON(text, ""))
	return err
}

// text prints what render writes. On a terminal, control characters are escaped.
func (p *outputPrinter) text(render func(io.Writer) error) error {
	var b bytes.Buffer
	err := render(&b)
	text := b.String()
	if p.isTerminal {
		text = printable(text)
	}
	if _, writeErr := io.WriteString(p.w, text); err == nil {
		err = writeErr
	}
	return err
}

// indentJSON returns valid JSON text, indented, with each line after the first starting
// with prefix. Control characters are escaped. Numbers, the order of fields and the
// spelling of strings do not change.
func indentJSON(text []byte, prefix string) string {
	var b bytes.Buffer
	if err := json.Indent(&b, bytes.TrimSpace(text), prefix, "  "); err != nil {
		return printable(string(text)) // cannot happen: text is valid
	}
	return printable(b.String())
}

// printList prints the list of a response: with table if the format is a table.
func printList[T any](p *outputPrinter, table func(iter.Seq2[T, error]) error, resp *http.Response, err error) error {
	if p.isTable() {
		return table(ringcx.Stream[T](resp, err))
	}
	return p.list(ringcx.Stream[json.RawMessage](resp, err))
}

// apiPrinter returns the printer for the body of a response, or nil if the flags ask for
// no format: then the body is printed unchanged. All its errors are usage errors.
func (o *outputFlags) apiPrinter(cmd *cobra.Command, include bool) (*outputPrinter, error) {
	p, err := o.printer(cmd)
	switch {
	case err != nil:
		return nil, err
	case p.format == "" && o.showSecrets:
		return nil, usagef("--show-secrets needs --output, --jq or --template: without them the body is printed with its secrets")
	case p.format == "":
		return nil, nil
	case p.isTable():
		return nil, usagef("--output table: api has no tables; use json, yaml or csv")
	case include:
		return nil, usagef("--include cannot be combined with --output, --jq and --template")
	}
	return p, nil
}

// response prints the body of a response, which must be JSON.
func (p *outputPrinter) response(resp *http.Response) error {
	body, err := io.ReadAll(resp.Body)
	if err != nil || len(bytes.TrimSpace(body)) == 0 {
		return err
	}
	clean, err := p.clean(body)
	if err != nil {
		return fmt.Errorf("the response cannot be printed as %s: %w", p.format, err)
	}
	if p.format == formatCSV {
		return p.text(func(w io.Writer) error { return writeCSV(w, csvObjects(clean)) })
	}
	return p.value(clean)
}

// csvObjects returns the elements of a JSON array, or any other value itself.
func csvObjects(text []byte) []json.RawMessage {
	var all []json.RawMessage
	if json.Unmarshal(text, &all) != nil {
		all = []json.RawMessage{bytes.TrimSpace(text)}
	}
	return all
}

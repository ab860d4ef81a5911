package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// property is one field of a JSON object.
type property struct {
	name  string
	value json.RawMessage
}

// properties returns the fields of a JSON object in their order.
func properties(object []byte) ([]property, error) {
	d := json.NewDecoder(bytes.NewReader(object))
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return nil, fmt.Errorf("it is not a JSON object: %.40q", object)
	}
	var all []property
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		p := property{name: name.(string)}
		if err := d.Decode(&p.value); err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// childrenField is the field of a user with the users below that user.
const childrenField = "children"

// writeCSV writes a table with one row for each object, below a row with the names of
// all fields in the order in which they first occur. The objects in the field
// "children" get rows of their own, below that of their parent. Strings are written as
// they are, numbers as the server wrote them, null as an empty cell, and other arrays
// and objects as JSON.
func writeCSV(w io.Writer, objects []json.RawMessage) error {
	var t csvTable
	for _, o := range objects {
		if err := t.add(o); err != nil {
			return fmt.Errorf("--output csv: %w", err)
		}
	}
	return t.write(w)
}

// csvTable collects the rows of a CSV file.
type csvTable struct {
	header []string
	column map[string]int // the index of each name in header
	rows   [][]string     // may be shorter than header
}

func (t *csvTable) add(object []byte) error {
	all, err := properties(object)
	if err != nil {
		return err
	}
	index := len(t.rows)
	t.rows = append(t.rows, nil)
	var below []json.RawMessage
	for _, p := range all {
		if children, ok := asObjects(p); ok {
			below = children
		} else {
			t.set(index, p)
		}
	}
	for _, child := range below {
		if err := t.add(child); err != nil {
			return err
		}
	}
	return nil
}

// asObjects returns the elements of the field "children" if it is null or an array of
// objects.
func asObjects(p property) ([]json.RawMessage, bool) {
	if p.name != childrenField {
		return nil, false
	}
	var all []json.RawMessage
	if json.Unmarshal(p.value, &all) != nil {
		return nil, false
	}
	isOther := func(v json.RawMessage) bool { return v[0] != '{' }
	return all, !slices.ContainsFunc(all, isOther)
}

func (t *csvTable) set(row int, p property) {
	if t.column == nil {
		t.column = make(map[string]int)
	}
	i, ok := t.column[p.name]
	if !ok {
		i = len(t.header)
		t.column[p.name] = i
		t.header = append(t.header, p.name)
	}
	for len(t.rows[row]) <= i {
		t.rows[row] = append(t.rows[row], "")
	}
	t.rows[row][i] = csvCell(p.value)
}

// csvCell returns a JSON value as text.
func csvCell(value json.RawMessage) string {
	var text string
	switch value[0] {
	case 'n': // null
		return ""
	case '"':
		if json.Unmarshal(value, &text) == nil {
			return text
		}
	case '{', '[':
		var b bytes.Buffer
		if json.Compact(&b, value) == nil {
			return b.String()
		}
	}
	return string(value)
}

func (t *csvTable) write(w io.Writer) error {
	if len(t.header) == 0 {
		return nil
	}
	out := csv.NewWriter(w)
	rows := append([][]string{t.header}, t.rows...)
	for _, row := range rows {
		for len(row) < len(t.header) {
			row = append(row, "")
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// writeYAML writes a JSON value as YAML, with the fields in their order and the numbers
// as they are.
func writeYAML(w io.Writer, text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	node, err := yamlNode(d)
	if err != nil {
		return err
	}
	e := yaml.NewEncoder(w)
	e.SetIndent(2)
	if err := e.Encode(node); err != nil {
		return err
	}
	return e.Close()
}

// yamlNode reads a value from d.
func yamlNode(d *json.Decoder) (*yaml.Node, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch v := token.(type) {
	case json.Delim:
		return yamlCollection(d, v)
	case string:
		return yamlString(v), nil
	case json.Number:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: v.String()}, nil
	case bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: fmt.Sprint(v)}, nil
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}, nil
}

// yamlCollection reads the array or object that begins with start.
func yamlCollection(d *json.Decoder, start json.Delim) (*yaml.Node, error) {
	node := &yaml.Node{Kind: yaml.SequenceNode}
	if start == '{' {
		node.Kind = yaml.MappingNode // its content alternates between names and values
	}
	for d.More() {
		child, err := yamlNode(d)
		if err != nil {
			return nil, err
		}
		node.Content = append(node.Content, child)
	}
	_, err := d.Token()
	return node, err
}

// oldYAML matches strings that YAML 1.1 reads as a boolean or as a number of base 60.
var oldYAML = regexp.MustCompile(`^(?i:y|n|yes|no|on|off)$|^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$`)

// yamlString returns a string. It is quoted if it needs it, and also if it contains tabs
// or newlines, because package yaml writes some of these as a block that it cannot read.
func yamlString(text string) *yaml.Node {
	node := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
	if oldYAML.MatchString(text) || strings.ContainsFunc(text, unicode.IsControl) || strings.ContainsFunc(text, needsEscape) {
		node.Style = yaml.DoubleQuotedStyle
	}
	return node
}

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

	"github.com/ringcx-go/ringcx-go/wire"
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
// all fields in alphabetical order, so that the columns do not depend on the order and
// the nesting of the objects. The objects in the field "children" get rows of their own,
// below that of their parent. Strings are written as they are, numbers as the server
// wrote them, and null as an empty cell. Roles are written as their names, and an object
// with milliseconds as a time. Other arrays and objects are written as JSON.
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
	header []string       // the names, in the order in which they first occur
	column map[string]int // the index of each name in header
	rows   [][]string     // the columns of header; may be shorter than it
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
	t.rows[row][i] = csvCell(p)
}

// rolesField is the field of a user with the roles of that user.
const rolesField = "roles"

// csvCell returns the value of a field as text.
func csvCell(p property) string {
	value := p.value
	if names, ok := roleNames(p); ok {
		return strings.Join(names, ", ")
	}
	if at, ok := millis(value); ok {
		return at
	}
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

// roleNames returns the names of roles. Each is a string, or an object with the name in the
// field "roleType". It returns false for other values, and for a name with a comma.
func roleNames(p property) ([]string, bool) {
	var all []json.RawMessage
	if p.name != rolesField || json.Unmarshal(p.value, &all) != nil {
		return nil, false
	}
	var names []string
	for _, v := range all {
		var name string
		var role struct{ RoleType string }
		if json.Unmarshal(v, &name) != nil {
			if json.Unmarshal(v, &role) != nil {
				return nil, false
			}
			name = role.RoleType
		}
		if name == "" || strings.Contains(name, ",") {
			return nil, false
		}
		names = append(names, name)
	}
	return names, true
}

// millis returns the time of an object whose only field is "millis", in the format that
// RingCX uses for other times.
func millis(value json.RawMessage) (string, bool) {
	var object map[string]int64
	if json.Unmarshal(value, &object) != nil || len(object) != 1 {
		return "", false
	}
	if _, ok := object["millis"]; !ok {
		return "", false
	}
	var t wire.Time
	text := ""
	if json.Unmarshal(value, &t) != nil || t.IsZero() {
		return "", false
	}
	encoded, err := t.MarshalJSON()
	if err != nil || json.Unmarshal(encoded, &text) != nil {
		return "", false
	}
	return text, true
}

func (t *csvTable) write(w io.Writer) error {
	if len(t.header) == 0 {
		return nil
	}
	out := csv.NewWriter(w)
	names := slices.Sorted(slices.Values(t.header))
	if err := out.Write(names); err != nil {
		return err
	}
	for _, row := range t.rows {
		cells := make([]string, len(names))
		for i, name := range names {
			if column := t.column[name]; column < len(row) {
				cells[i] = row[column]
			}
		}
		if err := out.Write(cells); err != nil {
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

package engine

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// sampler makes values that fit their schemas.
type sampler struct{ checker }

// conform returns v, changed where it does not fit the schema: values of a wrong type are
// converted or replaced by a sample, required fields are added, and fields that the schema
// excludes or that are only for requests are removed.
func (a sampler) conform(s *schema, v any) any { return a.conformAt(s, v, maxDepth) }

func (a sampler) conformAt(s *schema, v any, depth int) any {
	s = a.resolve(s)
	if s == nil || depth == 0 {
		return v
	}
	if len(s.branches()) > 0 && s.Properties == nil {
		return a.conformAt(a.branch(s, v), v, depth-1)
	}
	switch v := v.(type) {
	case map[string]any:
		if s.allows("object") {
			return a.conformObject(s, v, depth)
		}
	case []any:
		if s.allows("array") {
			return a.conformArray(s, v, depth)
		}
	default:
		if a.fitsAt(s, v, 1) {
			return v
		}
		if c := convert(s, v); c != nil && a.fitsAt(s, c, 1) {
			return c
		}
	}
	return a.sampleAt(s, depth-1)
}

// branch returns the alternative of s for v: the first that v fits, or the first for values of
// its type, or the first.
func (a sampler) branch(s *schema, v any) *schema {
	branches := s.branches()
	for _, b := range branches {
		if a.fits(b, v) {
			return b
		}
	}
	for _, b := range branches {
		if r := a.resolve(b); r != nil && r.allowsType(v) {
			return b
		}
	}
	return branches[0]
}

func (a sampler) conformObject(s *schema, object map[string]any, depth int) any {
	conformed := make(map[string]any, len(object))
	for name, v := range object {
		property, declared := s.Properties[name]
		if !declared {
			property = s.AdditionalProperties
		}
		p := a.resolve(property)
		if p != nil && (p.never || p.WriteOnly) {
			continue
		}
		conformed[name] = a.conformAt(p, v, depth-1)
	}
	for _, name := range s.Required {
		if _, ok := conformed[name]; !ok {
			conformed[name] = a.sampleAt(s.Properties[name], depth-1)
		}
	}
	return conformed
}

func (a sampler) conformArray(s *schema, list []any, depth int) any {
	conformed := make([]any, 0, max(len(list), s.MinItems))
	for _, v := range list {
		conformed = append(conformed, a.conformAt(s.Items, v, depth-1))
	}
	for len(conformed) < s.MinItems {
		conformed = append(conformed, a.sampleAt(s.Items, depth-1))
	}
	if s.MaxItems != nil {
		conformed = conformed[:min(len(conformed), *s.MaxItems)]
	}
	return conformed
}

// sample returns a value of a schema: its example, its default, its only value, or one
// composed from its parts.
func (a sampler) sample(s *schema) any { return a.sampleAt(s, maxDepth) }

func (a sampler) sampleAt(s *schema, depth int) any {
	s = a.resolve(s)
	if s == nil {
		return nil
	}
	if v := a.declared(s); v != nil || depth <= 0 {
		return v
	}
	if len(s.branches()) > 0 && s.Properties == nil {
		return a.sampleAt(s.branches()[0], depth-1)
	}
	switch s.kind() {
	case "object":
		return a.sampleObject(s, depth)
	case "array":
		return a.conformArray(s, nil, depth)
	case "boolean":
		return true
	case "integer", "number":
		return s.sampleNumber()
	}
	return a.sampleText(s)
}

// declared returns the first valid example of the schema, its default, or one of the values
// that it lists, but not null. It returns nil if there is none.
func (a sampler) declared(s *schema) any {
	for _, data := range slices.Concat([]json.RawMessage{s.Example}, s.Examples, []json.RawMessage{s.Default, s.Const}, s.Enum) {
		if v := value(data); v != nil && a.fits(s, v) {
			return v
		}
	}
	return nil
}

// sampleObject returns an object with the required fields, and those with an example.
func (a sampler) sampleObject(s *schema, depth int) any {
	object := make(map[string]any)
	for name, property := range s.Properties {
		p := a.resolve(property)
		isExample := p != nil && !p.WriteOnly && (len(p.Example) > 0 || len(p.Examples) > 0) && p.kind() != "object" && p.kind() != "array"
		if isExample || slices.Contains(s.Required, name) {
			object[name] = a.sampleAt(property, depth-1)
		}
	}
	return object
}

func (s *schema) sampleNumber() any {
	f := 1.0
	if s.Minimum != nil {
		f = math.Ceil(max(f, *s.Minimum))
	}
	if s.Maximum != nil {
		f = math.Floor(min(f, *s.Maximum))
	}
	return json.Number(strconv.FormatFloat(f, 'f', -1, 64))
}

// texts are tried as samples of strings, for their formats and the patterns of times, ids
// and numbers.
var texts = []string{
	"text", "2024-01-15T09:30:00Z", "2024-01-15T09:30:00.000+0000", "2024-01-15", "09:30",
	"00000000-0000-4000-8000-000000000001", "dGV4dA==", "1", "12025550123", "+12025550123", "",
}

func (a sampler) sampleText(s *schema) any {
	for _, text := range texts {
		if padded := text + strings.Repeat("0", max(0, s.MinLength-len(text))); a.fits(s, padded) {
			return padded
		}
	}
	return ""
}

// withID returns object with an id. One that it has already keeps its type.
func (a sampler) withID(c *collection, object map[string]any, id string) map[string]any {
	if c.id == "" || text(object[c.id]) == id {
		return object
	}
	return a.with(c.object, object, c.id, id, c.numeric)
}

// with returns object with an id as the value of a field. It is a number or a text, as the schema
// of objects wants it. If that allows both, it has the type that the field had before, or else
// prefersNumber decides.
func (a sampler) with(s *schema, object map[string]any, name, id string, prefersNumber bool) map[string]any {
	property := s.Properties[name]
	v := any(id)
	if isDecimal(id) && a.fits(property, json.Number(id)) {
		_, wasNumber := object[name].(json.Number)
		_, wasText := object[name].(string)
		isFree := property == nil || prefersNumber
		if wasNumber || isFree && !wasText || !a.fits(property, id) {
			v = json.Number(id)
		}
	}
	all := maps.Clone(object)
	all[name] = v
	return all
}

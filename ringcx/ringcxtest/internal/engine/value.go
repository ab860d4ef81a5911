package engine

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// fits reports whether v is valid for a schema. Values are those of [decodeJSON].
func (a *API) fits(s *schema, v any) bool { return a.fitsAt(s, v, maxDepth) }

func (a *API) fitsAt(s *schema, v any, depth int) bool {
	s = a.resolve(s)
	switch {
	case s == nil || depth == 0:
		return true
	case s.never || !s.allowsType(v) || !s.allowsEnum(v):
		return false
	case len(s.branches()) > 0 && !slices.ContainsFunc(s.branches(), func(b *schema) bool { return a.fitsAt(b, v, depth-1) }):
		return false
	}
	switch v := v.(type) {
	case string:
		return a.fitsText(s, v)
	case json.Number:
		return s.fitsNumber(v)
	case []any:
		return s.fitsLength(len(v)) && !slices.ContainsFunc(v, func(e any) bool { return !a.fitsAt(s.Items, e, depth-1) })
	case map[string]any:
		return a.fitsObject(s, v, depth)
	}
	return true
}

// allowsType reports whether the type of v is one of the schema's.
func (s *schema) allowsType(v any) bool {
	switch v := v.(type) {
	case nil:
		return s.allows("null")
	case bool:
		return s.allows("boolean")
	case string:
		return s.allows("string")
	case json.Number:
		return s.allows("number") || s.allows("integer") && isInteger(v)
	case []any:
		return s.allows("array")
	}
	return s.allows("object")
}

func isInteger(n json.Number) bool {
	f, err := n.Float64()
	return err == nil && f == math.Trunc(f)
}

// allowsEnum reports whether v is one of the values that the schema lists, if it lists any.
func (s *schema) allowsEnum(v any) bool {
	if len(s.Enum) == 0 && len(s.Const) == 0 || v == nil && s.Nullable {
		return true
	}
	is := func(data json.RawMessage) bool { return equal(value(data), v) }
	return slices.ContainsFunc(s.Enum, is) || len(s.Const) > 0 && is(s.Const)
}

func (a *API) fitsText(s *schema, text string) bool {
	n := utf8.RuneCountInString(text)
	switch {
	case n < s.MinLength, s.MaxLength != nil && n > *s.MaxLength, !a.matchesPattern(s.Pattern, text):
		return false
	}
	return fitsFormat(s.Format, text)
}

var uuid = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// fitsFormat checks the formats that the contract checks.
func fitsFormat(format, text string) bool {
	var err error
	switch format {
	case "date":
		_, err = time.Parse(time.DateOnly, text)
	case "date-time":
		_, err = time.Parse(time.RFC3339Nano, text)
	case "byte":
		_, err = base64.StdEncoding.DecodeString(text)
	case "uuid":
		return uuid.MatchString(text)
	}
	return err == nil
}

func (s *schema) fitsNumber(n json.Number) bool {
	f, err := n.Float64()
	switch {
	case err != nil, s.Minimum != nil && f < *s.Minimum, s.Maximum != nil && f > *s.Maximum:
		return false
	case s.Format == "int32":
		return f >= math.MinInt32 && f <= math.MaxInt32
	}
	return true
}

func (s *schema) fitsLength(n int) bool {
	return n >= s.MinItems && (s.MaxItems == nil || n <= *s.MaxItems)
}

func (a *API) fitsObject(s *schema, object map[string]any, depth int) bool {
	for _, name := range s.Required {
		if _, ok := object[name]; !ok {
			return false
		}
	}
	for name, v := range object {
		property, ok := s.Properties[name]
		if !ok {
			property = s.AdditionalProperties
		}
		if !a.fitsAt(property, v, depth-1) {
			return false
		}
	}
	return true
}

// misfit returns the first field of an object that does not fit the schema, and why. The name is
// empty if it finds none.
func (a *API) misfit(s *schema, object map[string]any) (name, problem string) {
	o := a.object(s)
	if o == nil || object == nil {
		return "", ""
	}
	for _, name := range slices.Sorted(slices.Values(o.Required)) {
		if _, ok := object[name]; !ok {
			return name, "is required"
		}
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if !a.fits(o.Properties[name], object[name]) {
			return name, "is not valid"
		}
	}
	return "", ""
}

// conform returns v, changed where it does not fit the schema: values of a wrong type are
// converted or replaced by a sample, required fields are added, and fields that the schema
// excludes or that are only for requests are removed.
func (a *API) conform(s *schema, v any) any { return a.conformAt(s, v, maxDepth) }

func (a *API) conformAt(s *schema, v any, depth int) any {
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
func (a *API) branch(s *schema, v any) *schema {
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

func (a *API) conformObject(s *schema, object map[string]any, depth int) any {
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

func (a *API) conformArray(s *schema, list []any, depth int) any {
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

// convert returns a scalar as the type of the schema, or nil.
func convert(s *schema, v any) any {
	text := fmt.Sprint(v)
	_, notNumber := strconv.ParseFloat(text, 64)
	switch {
	case v == nil:
		return nil
	case notNumber == nil && (s.allows("integer") || s.allows("number")) && len(s.Type) > 0:
		return json.Number(text)
	case s.allows("boolean") && (text == "true" || text == "false"):
		return text == "true"
	case s.allows("string"):
		return text
	}
	return nil
}

// sample returns a value of a schema: its example, its default, its only value, or one
// composed from its parts.
func (a *API) sample(s *schema) any { return a.sampleAt(s, maxDepth) }

func (a *API) sampleAt(s *schema, depth int) any {
	s = a.resolve(s)
	if s == nil {
		return nil
	}
	for _, data := range slices.Concat([]json.RawMessage{s.Example}, s.Examples, []json.RawMessage{s.Default, s.Const}, s.Enum) {
		if v := value(data); len(data) > 0 && v != nil && a.fits(s, v) {
			return v
		}
	}
	if depth <= 0 {
		return nil
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

// sampleObject returns an object with the required fields, and those with an example.
func (a *API) sampleObject(s *schema, depth int) any {
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

func (a *API) sampleText(s *schema) any {
	for _, text := range texts {
		if padded := text + strings.Repeat("0", max(0, s.MinLength-len(text))); a.fits(s, padded) {
			return padded
		}
	}
	return ""
}

// complete returns the fields of object and, of those that it lacks, the fields of sample.
func complete(object, sample map[string]any) map[string]any {
	all := maps.Clone(sample)
	if all == nil {
		all = make(map[string]any)
	}
	maps.Copy(all, object)
	return all
}

// equal reports whether two values are the same. Numbers are compared with the texts of
// numbers too, because ids have both forms.
func equal(v, w any) bool {
	switch v := v.(type) {
	case map[string]any:
		other, ok := w.(map[string]any)
		return ok && maps.EqualFunc(v, other, equal)
	case []any:
		other, ok := w.([]any)
		return ok && slices.EqualFunc(v, other, equal)
	case nil:
		return w == nil
	}
	return w != nil && text(v) == text(w)
}

// text returns a scalar as text: the form that it has in a path.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

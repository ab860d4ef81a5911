package engine

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"math"
	"regexp"
	"slices"
	"time"
	"unicode/utf8"
)

// checker checks values. It knows the keywords that the documents use; the contract check of
// the Server knows all of them.
type checker struct{ *schemas }

// fits reports whether v is valid for a schema. Values are those of [decodeJSON].
func (a checker) fits(s *schema, v any) bool { return a.fitsAt(s, v, maxDepth) }

func (a checker) fitsAt(s *schema, v any, depth int) bool {
	s = a.resolve(s)
	switch {
	case s == nil || depth == 0:
		return true
	case s.never || !s.allowsType(v) || !s.allowsEnum(v) || !a.fitsBranch(s, v, depth-1):
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

// fitsBranch reports whether v is valid for an alternative of the schema, if it has some.
func (a checker) fitsBranch(s *schema, v any, depth int) bool {
	fits := func(b *schema) bool { return a.fitsAt(b, v, depth) }
	return len(s.branches()) == 0 || slices.ContainsFunc(s.branches(), fits)
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

func (a checker) fitsText(s *schema, text string) bool {
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

func (a checker) fitsObject(s *schema, object map[string]any, depth int) bool {
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
func (a checker) misfit(s *schema, object map[string]any) (name, problem string) {
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

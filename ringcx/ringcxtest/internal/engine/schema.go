package engine

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest/internal/contract"
)

// schema is a JSON schema of the document. It is not changed after it was decoded.
type schema struct {
	Ref                  string             `json:"$ref"`
	Type                 types              `json:"type"`
	Nullable             bool               `json:"nullable"`
	Format               string             `json:"format"`
	Properties           map[string]*schema `json:"properties"`
	Required             []string           `json:"required"`
	AdditionalProperties *schema            `json:"additionalProperties"`
	Items                *schema            `json:"items"`
	AllOf                []*schema          `json:"allOf"`
	AnyOf                []*schema          `json:"anyOf"`
	OneOf                []*schema          `json:"oneOf"`
	Enum                 []json.RawMessage  `json:"enum"`
	Const                json.RawMessage    `json:"const"`
	Default              json.RawMessage    `json:"default"`
	Example              json.RawMessage    `json:"example"`
	Examples             []json.RawMessage  `json:"examples"`
	Pattern              string             `json:"pattern"`
	MinLength            int                `json:"minLength"`
	MaxLength            *int               `json:"maxLength"`
	MinItems             int                `json:"minItems"`
	MaxItems             *int               `json:"maxItems"`
	Minimum              *float64           `json:"minimum"`
	Maximum              *float64           `json:"maximum"`
	ReadOnly             bool               `json:"readOnly"`
	WriteOnly            bool               `json:"writeOnly"`

	never bool // the schema false, which no value matches
}

// UnmarshalJSON decodes a schema, which may also be true or false.
func (s *schema) UnmarshalJSON(data []byte) error {
	switch string(data) {
	case "true":
		return nil
	case "false":
		s.never = true
		return nil
	}
	type plain schema
	return json.Unmarshal(data, (*plain)(s))
}

// types are the types that a schema allows; none means all.
type types []string

// UnmarshalJSON decodes the name of a type, or several.
func (t *types) UnmarshalJSON(data []byte) error {
	if data[0] == '[' {
		return json.Unmarshal(data, (*[]string)(t))
	}
	*t = make(types, 1)
	return json.Unmarshal(data, &(*t)[0])
}

// kind returns the only type of a schema besides null, or "" if there is none or several.
func (s *schema) kind() string {
	kind := ""
	for _, t := range s.Type {
		switch {
		case t == "null":
		case kind != "":
			return ""
		default:
			kind = t
		}
	}
	if kind == "" && len(s.Type) == 0 && s.Properties != nil {
		return "object"
	}
	return kind
}

// allows reports whether the schema allows values of a type.
func (s *schema) allows(kind string) bool {
	if len(s.Type) == 0 {
		return true
	}
	return slices.Contains(s.Type, kind) || kind == "null" && s.Nullable || kind == "integer" && slices.Contains(s.Type, "number")
}

// schemas are the schemas of a document. They are decoded when they are needed. It is safe for
// concurrent use.
type schemas struct {
	document   *contract.Document
	components sync.Map // *schema by reference
	merged     sync.Map // *schema by the schema whose allOf it contains
	patterns   sync.Map // *regexp.Regexp by pattern
}

// component returns the schema of a reference such as "#/components/schemas/User", or nil.
func (a *schemas) component(reference string) *schema {
	if s, ok := a.components.Load(reference); ok {
		return s.(*schema)
	}
	s := new(schema)
	if a.decodeComponent(reference, s) != nil {
		return nil
	}
	stored, _ := a.components.LoadOrStore(reference, s)
	return stored.(*schema)
}

// decodeComponent decodes the component of a reference.
func (a *schemas) decodeComponent(reference string, v any) error {
	kind, name, _ := strings.Cut(strings.TrimPrefix(reference, "#/components/"), "/")
	data := a.document.Component(kind, name)
	if data == nil {
		return fmt.Errorf("there is no component %s", reference)
	}
	return json.Unmarshal(data, v)
}

// resolve returns the schema that s refers to, with the schemas of allOf merged into it. It
// returns nil if there is none.
func (a *schemas) resolve(s *schema) *schema {
	for range maxDepth {
		switch {
		case s == nil, s.Ref == "" && len(s.AllOf) == 0:
			return s
		case s.Ref == "":
			return a.merge(s)
		}
		s = a.component(s.Ref)
	}
	return nil
}

// maxDepth is how deep references and values are followed.
const maxDepth = 24

// merge returns s with the schemas of its allOf.
func (a *schemas) merge(s *schema) *schema {
	if merged, ok := a.merged.Load(s); ok {
		return merged.(*schema)
	}
	all := *s
	all.AllOf, all.Required = nil, slices.Clone(s.Required)
	all.Properties = make(map[string]*schema)
	for _, part := range append(slices.Clone(s.AllOf), &schema{Properties: s.Properties}) {
		p := a.resolve(part)
		if p == nil {
			continue
		}
		for name, property := range p.Properties {
			all.Properties[name] = property
		}
		all.Required = append(all.Required, p.Required...)
		if len(all.Type) == 0 {
			all.Type = p.Type
		}
		all.AnyOf = append(all.AnyOf, p.AnyOf...)
		all.OneOf = append(all.OneOf, p.OneOf...)
	}
	if len(all.Properties) == 0 {
		all.Properties = nil
	}
	merged, _ := a.merged.LoadOrStore(s, &all)
	return merged.(*schema)
}

// branches returns the alternatives of a schema.
func (s *schema) branches() []*schema {
	if len(s.OneOf) > 0 {
		return s.OneOf
	}
	return s.AnyOf
}

// object returns the schema of objects in s: s itself or its first alternative with
// properties. It returns nil if there is none.
func (a *schemas) object(s *schema) *schema { return a.object1(s, maxDepth) }

func (a *schemas) object1(s *schema, depth int) *schema {
	s = a.resolve(s)
	if s == nil || depth == 0 || s.kind() == "object" {
		return s
	}
	for _, b := range s.branches() {
		if o := a.object1(b, depth-1); o != nil && o.kind() == "object" {
			return o
		}
	}
	return nil
}

// form returns the form of values of a schema: "object", "array", "map", "string", "integer",
// "number", "boolean", or "" if it is none of these. The form of alternatives is that of the
// first that has one.
func (a *schemas) form(s *schema) string { return a.formOf(s, maxDepth) }

func (a *schemas) formOf(s *schema, depth int) string {
	s = a.resolve(s)
	if s == nil || depth == 0 {
		return ""
	}
	if kind := s.kind(); kind == "object" && len(s.Properties) == 0 && isSchema(s.AdditionalProperties) {
		return "map"
	} else if kind != "" {
		return kind
	}
	for _, b := range s.branches() {
		if form := a.formOf(b, depth-1); form != "" {
			return form
		}
	}
	return ""
}

// isSchema reports whether s restricts values: it is neither missing nor true or false.
func isSchema(s *schema) bool {
	return s != nil && !s.never && (s.Ref != "" || len(s.Type) > 0 || s.Properties != nil || len(s.branches()) > 0)
}

// elements returns the schema of the elements of an array, or of the values of a map. It
// returns nil if s is neither.
func (a *schemas) elements(s *schema) *schema {
	for range maxDepth {
		if s = a.resolve(s); s == nil {
			return nil
		}
		if s.Items != nil {
			return s.Items
		}
		if isSchema(s.AdditionalProperties) && len(s.Properties) == 0 {
			return s.AdditionalProperties
		}
		if len(s.branches()) == 0 {
			return nil
		}
		s = s.branches()[0]
	}
	return nil
}

// same reports whether two schemas are the same component, or the same schema.
func (a *schemas) same(s, t *schema) bool {
	s, t = a.resolve(s), a.resolve(t)
	return s != nil && s == t
}

// listed returns the schema of the objects in a list: an array, an object with one array of
// objects, or a map of arrays. It returns nil if s is none of these.
func (a *schemas) listed(s *schema) *schema {
	element := s
	switch a.form(s) {
	case "array":
		element = a.elements(s)
	case "map":
		element = a.elements(s)
		if a.form(element) != "array" {
			return nil
		}
		element = a.elements(element)
	case "object":
		name := a.envelope(s)
		if name == "" {
			return nil
		}
		element = a.elements(a.object(s).Properties[name])
	default:
		return nil
	}
	if a.form(element) != "object" {
		return nil
	}
	return element
}

// envelope returns the field of an object that contains a list: its only array of objects, if
// all other fields are numbers, booleans or texts about the list, such as a total. It returns
// "" if the object is no envelope.
func (a *schemas) envelope(s *schema) string {
	o := a.object(s)
	if o == nil || len(o.Properties) > maxEnvelope {
		return ""
	}
	found := ""
	for name, property := range o.Properties {
		switch a.form(property) {
		case "array":
			if found != "" || a.form(a.elements(property)) != "object" {
				return ""
			}
			found = name
		case "integer", "number", "boolean":
		default:
			if !slices.Contains(envelopeTexts, name) {
				return ""
			}
		}
	}
	return found
}

// maxEnvelope is how many fields an object around a list has at most.
const maxEnvelope = 8

// envelopeTexts are fields of an object around a list that are not numbers.
var envelopeTexts = []string{"sort", "order", "orderBy", "paging", "navigation", "next", "nextPage", "previous", "uri", "pageToken", "nextPageToken"}

// matchesPattern reports whether a text matches a pattern of a schema. A pattern that Go
// cannot compile matches nothing.
func (a *schemas) matchesPattern(pattern, text string) bool {
	if pattern == "" {
		return true
	}
	compiled, ok := a.patterns.Load(pattern)
	if !ok {
		re, err := regexp.Compile(strings.ReplaceAll(pattern, `\/`, "/"))
		if err != nil {
			re = nil
		}
		compiled, _ = a.patterns.LoadOrStore(pattern, re)
	}
	re, _ := compiled.(*regexp.Regexp)
	return re != nil && re.MatchString(text)
}

// isClosed reports whether the schema of an object excludes fields, or has some that are only
// for requests.
func isClosed(s *schema) bool {
	if s.AdditionalProperties != nil && s.AdditionalProperties.never {
		return true
	}
	for _, property := range s.Properties {
		if property.WriteOnly {
			return true
		}
	}
	return false
}

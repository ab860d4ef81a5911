package engine

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest/internal/contract"
)

// schemaOf returns a schema, and the sampler of a document with the components.
func schemaOf(t testing.TB, text, components string) (sampler, *schema) {
	t.Helper()
	d, err := contract.New([]byte(`{"openapi": "3.1.0", "paths": {}, "components": {"schemas": {` + components + `}}}`))
	if err != nil {
		t.Fatal(err)
	}
	s := new(schema)
	if err := json.Unmarshal([]byte(text), s); err != nil {
		t.Fatal(err)
	}
	return Compile(d).sampler, s
}

const components = `
	"ID": {"type": ["string", "integer"]},
	"Time": {"type": "string", "pattern": "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}[+-]\\d{4}$"},
	"Node": {"type": "object", "required": ["next"], "properties": {"next": {"$ref": "#/components/schemas/Node"}}},
	"Base": {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer", "minimum": 5}}},
	"Thing": {"allOf": [{"$ref": "#/components/schemas/Base"}, {"required": ["b"], "properties": {"b": {"type": "string", "minLength": 3}}}]}`

func TestConform(t *testing.T) {
	tests := []struct {
		name, schema, value, want string
	}{
		{"valid", `{"type": "object", "properties": {"a": {"type": "integer"}}}`, `{"a":1,"x":[2]}`, `{"a":1,"x":[2]}`},
		{"large number", `{"type": "integer"}`, `9007199254740993`, `9007199254740993`},
		{"number as text", `{"type": "integer"}`, `"12"`, `12`},
		{"text as number", `{"type": "string"}`, `12`, `"12"`},
		{"boolean as text", `{"type": ["boolean", "null"]}`, `"true"`, `true`},
		{"wrong type", `{"type": "integer", "example": 7}`, `"x"`, `7`},
		{"null", `{"type": "string", "example": "e"}`, `null`, `"e"`},
		{"null that is allowed", `{"anyOf": [{"$ref": "#/components/schemas/ID"}, {"type": "null"}]}`, `null`, `null`},
		{"null of OpenAPI 3.0", `{"type": "string", "nullable": true, "enum": ["a"]}`, `null`, `null`},
		{"value of a list", `{"enum": ["A", "B"]}`, `"C"`, `"A"`},
		{"value of an open list", `{"anyOf": [{"type": "string", "enum": ["A"]}, {"type": "string"}]}`, `"C"`, `"C"`},
		{"alternative for the type", `{"oneOf": [{"type": "integer", "maximum": 3}, {"type": "string"}]}`, `9`, `1`},
		{"missing field", `{"type": "object", "required": ["a"], "properties": {"a": {"type": "string", "default": "d"}}}`, `{}`, `{"a":"d"}`},
		{"excluded field", `{"type": "object", "additionalProperties": false, "properties": {"a": {}}}`, `{"a":1,"b":2}`, `{"a":1}`},
		{"field of requests only", `{"type": "object", "properties": {"a": {"writeOnly": true}}}`, `{"a":1,"b":2}`, `{"b":2}`},
		{"values of a map", `{"type": "object", "additionalProperties": {"type": "integer"}}`, `{"a":"1","b":2}`, `{"a":1,"b":2}`},
		{"elements", `{"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 3}`, `[1]`, `["1","text"]`},
		{"too many elements", `{"type": "array", "maxItems": 1}`, `[1,2]`, `[1]`},
		{"not an array", `{"type": "array", "items": {"type": "string"}}`, `{}`, `[]`},
		{"parts", `{"$ref": "#/components/schemas/Thing"}`, `{"a":1}`, `{"a":5,"b":"text"}`},
		{"unknown reference", `{"$ref": "#/components/schemas/None"}`, `[1]`, `[1]`},
		{"schema true", `true`, `[1]`, `[1]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, s := schemaOf(t, tt.schema, components)
			got := a.conform(s, value([]byte(tt.value)))
			if diff := cmp.Diff(tt.want, string(encode(got))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if !a.fits(s, got) {
				t.Errorf("%s does not fit the schema", encode(got))
			}
		})
	}
}

// TestEndlessSchema checks that a schema that only an endless value fits does no harm.
func TestEndlessSchema(t *testing.T) {
	a, s := schemaOf(t, `{"$ref": "#/components/schemas/Node"}`, components)
	got := encode(a.conform(s, value([]byte(`{"next":{"x":1}}`))))
	if depth := strings.Count(string(got), "next"); depth < 2 || depth > 2*maxDepth {
		t.Errorf("%d levels: %s", depth, got)
	}
}

func TestSample(t *testing.T) {
	tests := []struct{ name, schema, want string }{
		{"example", `{"type": "integer", "examples": ["x", 7]}`, `7`},
		{"date-time", `{"type": "string", "format": "date-time"}`, `"2024-01-15T09:30:00Z"`},
		{"date", `{"type": "string", "format": "date"}`, `"2024-01-15"`},
		{"uuid", `{"type": "string", "format": "uuid"}`, `"00000000-0000-4000-8000-000000000001"`},
		{"byte", `{"type": "string", "format": "byte"}`, `"text"`},
		{"pattern", `{"$ref": "#/components/schemas/Time"}`, `"2024-01-15T09:30:00.000+0000"`},
		{"digits", `{"type": "string", "pattern": "^[0-9]{1,3}$"}`, `"1"`},
		{"length", `{"type": "string", "minLength": 6}`, `"text00"`},
		{"short", `{"type": "string", "maxLength": 0}`, `""`},
		{"number", `{"type": "number", "minimum": 2.5}`, `3`},
		{"small number", `{"type": "integer", "maximum": -1}`, `-1`},
		{"boolean", `{"type": "boolean"}`, `true`},
		{"const", `{"const": "only"}`, `"only"`},
		{"object", `{"type": "object", "required": ["r"], "properties": {"r": {"type": "boolean"},
			"e": {"type": "string", "example": "x"}, "o": {"type": "string"}}}`, `{"e":"x","r":true}`},
		{"alternative", `{"anyOf": [{"$ref": "#/components/schemas/ID"}, {"type": "null"}]}`, `"text"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, s := schemaOf(t, tt.schema, components)
			got := a.sample(s)
			if diff := cmp.Diff(tt.want, string(encode(got))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if !a.fits(s, got) {
				t.Errorf("%s does not fit the schema", encode(got))
			}
		})
	}
}

// FuzzConform checks that a valid value stays as it is, and that a value that became valid does
// not change again.
func FuzzConform(f *testing.F) {
	f.Add(`{"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}}`, `{"a": "x"}`)
	f.Add(`{"$ref": "#/components/schemas/Thing"}`, `{"a": 6, "b": "abc"}`)
	f.Add(`{"$ref": "#/components/schemas/Node"}`, `{"next": {}}`)
	f.Add(`{"anyOf": [{"type": "null"}, {"$ref": "#/components/schemas/Time"}]}`, `"x"`)
	f.Add(`{"type": ["array", "null"], "items": {"$ref": "#/components/schemas/ID"}, "minItems": 1}`, `[]`)
	f.Fuzz(func(t *testing.T, text, data string) {
		s := new(schema)
		if json.Unmarshal([]byte(text), s) != nil {
			return
		}
		a, _ := schemaOf(t, "{}", components)
		v := value([]byte(data))
		fitted := a.conform(s, v)
		if a.fits(s, v) && !strings.Contains(strings.ToLower(text), "writeonly") && !equal(v, fitted) {
			t.Errorf("%s became %s", encode(v), encode(fitted))
		}
		if again := a.conform(s, fitted); a.fits(s, fitted) && !equal(fitted, again) {
			t.Errorf("%s became %s", encode(fitted), encode(again))
		}
		a.misfit(s, nil)
	})
}

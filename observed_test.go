package ringcx_test

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/ringcx-go/ringcx-go/internal/names"
)

// TestObserved checks each type of each value in the samples of the developer guide, as
// internal/names has them: openapi.yaml declares the value and allows the type, and the Go type
// of the body reads and keeps it.
func TestObserved(t *testing.T) {
	bodies := bodiesByName(t)
	for _, o := range names.Observed() {
		found := bodies[[2]string{o.Operation, o.Body}]
		if len(found) == 0 {
			t.Errorf("%s has no %s in JSON", o.Operation, o.Body)
		}
		for _, b := range found {
			for _, typ := range o.Types {
				t.Run(fmt.Sprint(b.place, " ", o.Pointer, " ", typ), func(t *testing.T) {
					checkObserved(t, b, o.Pointer, typ)
				})
			}
		}
	}
}

// bodiesByName returns the requests and responses in JSON by operationId and "request" or
// "response", and the schemas of components by "" and their name. Responses are those of success.
func bodiesByName(t *testing.T) map[[2]string][]body {
	t.Helper()
	g, bodies := goTypes(t), make(map[[2]string][]body)
	for name, typ := range g.named {
		bodies[[2]string{"", name}] = []body{{
			name, openapi3.NewMediaType().WithSchema(load(t).Components.Schemas[name].Value), typ,
		}}
	}
	for _, b := range g.bodies {
		id, side, _ := strings.Cut(b.place, " ")
		if status, err := strconv.Atoi(side); err == nil {
			if status >= http.StatusMultipleChoices {
				continue
			}
			side = "response"
		}
		key := [2]string{id, side}
		bodies[key] = append(bodies[key], b)
	}
	return bodies
}

// step finds a part of a pointer: the name of a field, which is "{}" in an object with any keys, or
// the elements of an array.
var step = regexp.MustCompile(`/[^/\[]+|\[\]`)

// checkObserved checks a body with a value of the type at the pointer. The rest of the body is
// from the examples of openapi.yaml.
func checkObserved(t *testing.T, b body, pointer, typ string) {
	t.Helper()
	document, err := documentWith(b.media.Schema.Value, step.FindAllString(pointer, -1), typ)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.media.Schema.Value.VisitJSON(document); err != nil {
		t.Error(err)
	}
	roundTrip(t, b.typ, document)
}

// documentWith returns a valid value of the schema, but with a value of the type after the steps.
func documentWith(schema *openapi3.Schema, steps []string, typ string) (any, error) {
	if len(steps) == 0 {
		return valueOf(schema, typ)
	}
	name := strings.TrimPrefix(steps[0], "/")
	inner, around := partOf(schema, name)
	if inner == nil {
		return nil, fmt.Errorf("the schema has no %s", steps[0])
	}
	v, err := documentWith(inner, steps[1:], typ)
	if err != nil {
		return nil, err
	}
	if name == "[]" {
		return []any{v}, nil
	}
	object := make(map[string]any)
	if fields, ok := sample(around).(map[string]any); ok {
		maps.Copy(object, fields)
	}
	object[name] = v
	return object, nil
}

// partOf returns the schema of a field or of the elements ("[]"), and the alternative of schema that
// has it. It returns nil if there is none.
func partOf(schema *openapi3.Schema, name string) (part, of *openapi3.Schema) {
	properties, _ := propertiesOf(schema)
	keys := schema.AdditionalProperties
	switch {
	case name == "[]" && schema.Items != nil:
		return schema.Items.Value, schema
	case properties[name] != nil:
		return properties[name].Value, schema
	case name != "[]" && keys.Schema != nil:
		return keys.Schema.Value, schema
	case name != "[]" && keys.Has != nil && *keys.Has:
		return openapi3.NewSchema(), schema
	}
	for _, other := range alternatives(schema) {
		if part, of = partOf(other.Value, name); part != nil {
			return part, of
		}
	}
	return nil, nil
}

// valueOf returns a value of a type of observed.tsv. A number, a string without a format and an
// object are the example of the schema if it has one, because some schemas restrict them.
func valueOf(schema *openapi3.Schema, typ string) (any, error) {
	switch example := sample(schema).(type) {
	case map[string]any:
		if typ == "object" {
			return filled(schema, example), nil
		}
	case string:
		if typ == "string" {
			return example, nil
		}
	case float64, int, int64, uint64:
		if typ == "integer" {
			return example, nil
		}
	}
	v, ok := seen[typ]
	if !ok {
		return nil, fmt.Errorf("unknown type %q", typ)
	}
	return v, nil
}

// filled returns object, or an object with one key if it is empty and the schema allows any keys:
// an empty map need not be encoded.
func filled(schema *openapi3.Schema, object map[string]any) map[string]any {
	if values, _ := partOf(schema, "key"); len(object) == 0 && values != nil {
		return map[string]any{"key": sample(values)}
	}
	return object
}

// seen has a value of each type of observed.tsv.
var seen = map[string]any{
	"null": nil, "boolean": true, "integer": 2007, "array": []any{}, "object": map[string]any{"key": 1},
	"string": "text", "string(digits)": "2007", "string(date)": "2026-03-01 10:00:00",
	"string(rfc3339)": "2026-03-01T10:00:00.000-08:00", "string(time+0000)": "2026-03-01T10:00:00.000+0000",
}

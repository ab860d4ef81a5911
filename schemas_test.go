package ringcx_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/gen"
)

// TestTypes compares the types of package gen with the schemas of openapi.yaml: fields,
// types, and which fields are required or may be null.
func TestTypes(t *testing.T) {
	g := goTypes(t)
	for _, problem := range g.problems {
		t.Error(problem)
	}
}

// TestSchemasAreUsed checks that an operation needs each schema of openapi.yaml: a schema that
// none needs is compared with nothing.
func TestSchemasAreUsed(t *testing.T) {
	g := goTypes(t)
	for _, name := range sortedKeys(load(t).Components.Schemas) {
		if g.named[name] == nil {
			t.Errorf("no operation uses the schema %s", name)
		}
	}
}

// TestExamples decodes each example of openapi.yaml into its Go type and encodes the
// result again. No field of the schema may be lost.
func TestExamples(t *testing.T) {
	g := goTypes(t)
	for _, name := range sortedKeys(g.named) {
		if hasFile(g.named[name]) {
			continue // a multipart form, which is not JSON
		}
		t.Run(name, func(t *testing.T) {
			examples := load(t).Components.Schemas[name].Value.Examples
			if len(examples) == 0 {
				t.Error("the schema has no example")
			}
			for _, example := range examples {
				roundTrip(t, g.named[name], example)
			}
		})
	}
	for _, b := range g.bodies {
		if hasFile(b.typ) {
			continue
		}
		t.Run(b.place, func(t *testing.T) {
			for _, name := range sortedKeys(b.media.Examples) {
				roundTrip(t, b.typ, b.media.Examples[name].Value.Value)
			}
			if b.media.Example != nil {
				roundTrip(t, b.typ, b.media.Example)
			}
		})
	}
}

// otherTypes are the Go types of schemas that no method has: those of requests that RingCX
// sends, of the second format of a body, and of the elements of a type of package wire.
var otherTypes = map[string]reflect.Type{
	"AgentStateEvent":  reflect.TypeFor[gen.AgentStateEvent](),
	"LeadPhoneFile":    reflect.TypeFor[gen.LeadPhoneFile](),
	"LeadSearchResult": reflect.TypeFor[gen.LeadSearchResult](),
}

// hasFile reports whether the type is a struct with a file.
func hasFile(typ reflect.Type) bool {
	if typ.Kind() != reflect.Struct {
		return false
	}
	for f := range fieldsOf(typ) {
		if isFile(f.inner()) {
			return true
		}
	}
	return false
}

// types are the Go types of the schemas of openapi.yaml.
type types struct {
	named    map[string]reflect.Type // of components
	bodies   []body
	problems []string
}

// body is a JSON body of a request or a response.
type body struct {
	place string
	media *openapi3.MediaType
	typ   reflect.Type
}

// errorType is the type of the JSON of responses with a status of 400 or more. The generated
// methods do not decode them.
var errorType = reflect.TypeFor[gen.APIError]()

// goTypes finds the Go types of all schemas: it begins with the arguments and results of the
// generated methods, and goes on with their fields.
func goTypes(t *testing.T) *types {
	t.Helper()
	g := &types{named: make(map[string]reflect.Type)}
	for name, typ := range otherTypes {
		if schema := load(t).Components.Schemas[name]; schema != nil {
			g.visit(name, openapi3.NewSchemaRef(schemaPrefix+name, schema.Value), typ)
		}
	}
	for _, o := range operations(t) {
		method, _ := reflect.TypeFor[*gen.ClientWithResponses]().MethodByName(o.methodName(t))
		g.addArguments(o, method.Type)
		if o.bodyType() == multipartType {
			g.addForm(t, o)
		}
		for _, status := range sortedKeys(o.Responses.Map()) {
			media := o.Responses.Map()[status].Value.Content[jsonType]
			if media == nil {
				continue
			}
			typ := errorType
			if status < "400" {
				field, ok := method.Type.Out(0).Elem().FieldByName("JSON" + status)
				if !ok {
					g.report(o.OperationID+" "+status, "the result has no field for its JSON")
					continue
				}
				if typ = field.Type; typ.Kind() == reflect.Pointer {
					typ = typ.Elem()
				}
			}
			g.addBody(fmt.Sprint(o.OperationID, " ", status), media, typ)
		}
	}
	return g
}

// addArguments adds the types of the parameters and of the body. The first arguments of the
// method are the receiver and the context.
func (g *types) addArguments(o operation, method reflect.Type) {
	n := 2
	for _, match := range pathParameter.FindAllStringSubmatch(o.path, -1) {
		if p := o.parameters.GetByInAndName(openapi3.ParameterInPath, match[1]); p != nil {
			g.visit(o.OperationID+" "+p.Name, p.Schema, method.In(n))
		}
		n++
	}
	for ; n < method.NumIn()-1; n++ {
		switch typ := method.In(n); {
		case typ.Kind() == reflect.Pointer:
			for f := range fieldsOf(typ.Elem()) {
				for _, p := range o.parameters {
					if p.Value.Name == f.name && p.Value.In != openapi3.ParameterInPath {
						g.visit(o.OperationID+" "+f.name, p.Value.Schema, f.inner())
					}
				}
			}
		case o.bodyType() == jsonType || o.bodyType() == formType:
			g.addBody(o.OperationID+" request", o.RequestBody.Value.Content[o.bodyType()], typ)
		}
	}
}

// addForm adds the type of a multipart form, which only the method of the service has.
func (g *types) addForm(t *testing.T, o operation) {
	t.Helper()
	method := caller{}.method(t, o.service()).Type()
	for typ := range method.Ins() {
		if typ.Kind() == reflect.Struct && hasFile(typ) {
			g.visit(o.OperationID+" request", o.RequestBody.Value.Content[multipartType].Schema, typ)
		}
	}
}

// addBody adds a JSON body or a form.
func (g *types) addBody(place string, media *openapi3.MediaType, typ reflect.Type) {
	g.bodies = append(g.bodies, body{place, media, typ})
	g.visit(place, media.Schema, typ)
}

func (g *types) report(place, format string, args ...any) {
	if line := place + ": " + fmt.Sprintf(format, args...); !slices.Contains(g.problems, line) {
		g.problems = append(g.problems, line)
	}
}

const schemaPrefix = "#/components/schemas/"

// visit compares a schema with its Go type, and then their fields or elements.
func (g *types) visit(place string, ref *openapi3.SchemaRef, typ reflect.Type) {
	if name, ok := strings.CutPrefix(ref.Ref, schemaPrefix); ok {
		place = name
		if known := g.named[name]; known != nil {
			if known != typ {
				g.report(place, "its Go type is %v and %v", known, typ)
			}
			return
		}
		g.named[name] = typ
	}
	schema := ref.Value
	if part := alternative(schema, typ); part != nil {
		g.visit(place, part, typ)
		return
	}
	if isByHand(schema, typ) {
		return
	}
	if want := kindOf(schema); want != typ.Kind() {
		g.report(place, "the type is %v, but the Go type is %v", schema.Type, typ)
		return
	}
	switch typ.Kind() {
	case reflect.Slice:
		g.visit(place+"[]", schema.Items, typ.Elem())
	case reflect.Map:
		if schema.AdditionalProperties.Schema != nil {
			g.visit(place+"{}", schema.AdditionalProperties.Schema, typ.Elem())
		}
	case reflect.Struct:
		g.visitFields(place, schema, typ)
	}
}

// visitFields compares the properties of a schema with the fields of a struct.
func (g *types) visitFields(place string, schema *openapi3.Schema, typ reflect.Type) {
	properties, required := propertiesOf(schema)
	for f := range fieldsOf(typ) {
		p := properties[f.name]
		if p == nil {
			g.report(place, "the schema has no property %s", f.name)
			continue
		}
		delete(properties, f.name)
		isRequired, isNullable := slices.Contains(required, f.name), nullable(p.Value)
		if f.canBeAbsent() == (isRequired && !isNullable) && !f.isContainer() {
			g.report(place, "%s: required: %t, nullable: %t, but the Go type is %v", f.name, isRequired, isNullable, f.Type)
		}
		if f.omitsEmpty() == isRequired {
			g.report(place, "%s: required: %t, but the tag is %s", f.name, isRequired, f.Tag)
		}
		g.visit(place+"."+f.name, p, f.inner())
	}
	for _, name := range sortedKeys(properties) {
		g.report(place, "the Go type %v has no field %s", typ, name)
	}
}

// propertiesOf returns the properties of a schema, and the names of those that are
// required, including those of allOf.
func propertiesOf(schema *openapi3.Schema) (properties map[string]*openapi3.SchemaRef, required []string) {
	properties = make(map[string]*openapi3.SchemaRef)
	for name, p := range schema.Properties {
		properties[name] = p
	}
	required = slices.Clone(schema.Required)
	for _, part := range schema.AllOf {
		more, names := propertiesOf(part.Value)
		for name, p := range more {
			properties[name] = p
		}
		required = append(required, names...)
	}
	return properties, required
}

// nullable reports whether a value may be null.
func nullable(schema *openapi3.Schema) bool {
	return schema.Type.IncludesNull() || slices.ContainsFunc(alternatives(schema), func(part *openapi3.SchemaRef) bool {
		return nullable(part.Value)
	})
}

func alternatives(schema *openapi3.Schema) []*openapi3.SchemaRef {
	return slices.Concat(schema.AnyOf, schema.OneOf)
}

// alternative returns the schema of a union that the Go type is for: the only one that is not null,
// or the component with the name of the Go type. It returns nil if there is none.
func alternative(schema *openapi3.Schema, typ reflect.Type) *openapi3.SchemaRef {
	var others []*openapi3.SchemaRef
	for _, part := range alternatives(schema) {
		if strings.HasSuffix(part.Ref, "/"+typ.Name()) {
			return part
		}
		if !part.Value.Type.Is(openapi3.TypeNull) {
			others = append(others, part)
		}
	}
	if len(others) == 1 {
		return others[0]
	}
	return nil
}

// isByHand reports whether the Go type is written by hand, or holds the JSON: it is then compared
// with the examples only.
func isByHand(schema *openapi3.Schema, typ reflect.Type) bool {
	isUnion := len(schema.OneOf)+len(schema.AnyOf) > 0
	_, named := schema.Extensions["x-go-type"]
	return isUnion || named || typ.Kind() == reflect.Interface || typ == reflect.TypeFor[json.RawMessage]() ||
		strings.HasSuffix(typ.PkgPath(), "/wire")
}

// kindOf returns the kind of the Go type of a schema.
func kindOf(schema *openapi3.Schema) reflect.Kind {
	properties, _ := propertiesOf(schema)
	switch {
	case len(properties) > 0:
		return reflect.Struct
	case schema.Type.Includes(openapi3.TypeString):
		return reflect.String
	case schema.Type.Includes(openapi3.TypeInteger):
		return reflect.Int64
	case schema.Type.Includes(openapi3.TypeNumber):
		return reflect.Float64
	case schema.Type.Includes(openapi3.TypeBoolean):
		return reflect.Bool
	case schema.Type.Includes(openapi3.TypeArray):
		return reflect.Slice
	}
	return reflect.Map
}

// field is a field of a struct with its name in JSON.
type field struct {
	reflect.StructField
	name string
}

// fieldsOf returns the fields of a struct that are in its JSON.
func fieldsOf(typ reflect.Type) func(yield func(field) bool) {
	return func(yield func(field) bool) {
		for f := range typ.Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name != "" && name != "-" && !yield(field{f, name}) {
				return
			}
		}
	}
}

// inner returns the type of the field without a pointer.
func (f field) inner() reflect.Type {
	if f.Type.Kind() == reflect.Pointer {
		return f.Type.Elem()
	}
	return f.Type
}

// canBeAbsent reports whether the field has a value for null or nothing.
func (f field) canBeAbsent() bool { return f.Type.Kind() == reflect.Pointer || f.isContainer() }

// isContainer reports whether the field is a slice, a map or an interface, whose nil is null.
func (f field) isContainer() bool {
	return slices.Contains([]reflect.Kind{reflect.Slice, reflect.Map, reflect.Interface}, f.Type.Kind())
}

// omitsEmpty reports whether the JSON omits the field if it is nil.
func (f field) omitsEmpty() bool { return strings.Contains(f.Tag.Get("json"), ",omit") }

// roundTrip decodes an example into the type and encodes the result.
func roundTrip(t *testing.T, typ reflect.Type, example any) {
	t.Helper()
	in := encode(t, example)
	v := reflect.New(typ)
	if err := json.Unmarshal(in, v.Interface()); err != nil {
		t.Errorf("%s: %v", in, err)
		return
	}
	sameJSON(t, typ.String(), typ, in, encode(t, v.Interface()))
}

// sameJSON checks that out contains all fields of in that the type has.
func sameJSON(t *testing.T, place string, typ reflect.Type, in, out json.RawMessage) {
	t.Helper()
	if typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	if isNothing(in) {
		return
	}
	if isNothing(out) {
		t.Errorf("%s: %s is lost", place, in)
		return
	}
	switch {
	case strings.HasSuffix(typ.PkgPath(), "/wire"):
		sameValue(t, place, typ, in, out)
	case typ.Kind() == reflect.Struct && in[0] == '{':
		sameFields(t, place, typ, in, out)
	case typ.Kind() == reflect.Slice && in[0] == '[':
		sameElements(t, place, typ.Elem(), in, out)
	default:
		if diff := cmp.Diff(value(t, in), value(t, out)); diff != "" {
			t.Errorf("%s (-example +encoded):\n%s", place, diff)
		}
	}
}

// sameValue is sameJSON for a type that accepts several forms of a value.
func sameValue(t *testing.T, place string, typ reflect.Type, in, out json.RawMessage) {
	t.Helper()
	first, second := reflect.New(typ), reflect.New(typ)
	decode(t, in, first.Interface())
	decode(t, out, second.Interface())
	if diff := cmp.Diff(string(encode(t, first.Interface())), string(encode(t, second.Interface()))); diff != "" {
		t.Errorf("%s: %s became %s (-first +second):\n%s", place, in, out, diff)
	}
}

// sameElements is sameJSON for an array.
func sameElements(t *testing.T, place string, typ reflect.Type, in, out json.RawMessage) {
	t.Helper()
	var ins, outs []json.RawMessage
	decode(t, in, &ins)
	decode(t, out, &outs)
	if len(ins) != len(outs) {
		t.Errorf("%s: %d elements became %d", place, len(ins), len(outs))
		return
	}
	for i := range ins {
		sameJSON(t, fmt.Sprint(place, "[", i, "]"), typ, ins[i], outs[i])
	}
}

// sameFields is sameJSON for an object.
func sameFields(t *testing.T, place string, typ reflect.Type, in, out json.RawMessage) {
	t.Helper()
	var ins, outs map[string]json.RawMessage
	decode(t, in, &ins)
	decode(t, out, &outs)
	for f := range fieldsOf(typ) {
		if v, ok := ins[f.name]; ok {
			sameJSON(t, place+"."+f.name, f.Type, v, outs[f.name])
		}
	}
}

// isNothing reports whether the JSON is nothing, null, or an empty array: a client cannot
// distinguish them.
func isNothing(data json.RawMessage) bool {
	return slices.Contains([]string{"", "null", "[]"}, string(bytes.TrimSpace(data)))
}

func value(t *testing.T, data json.RawMessage) any {
	t.Helper()
	var v any
	decode(t, data, &v)
	return v
}

func decode(t *testing.T, data json.RawMessage, v any) {
	t.Helper()
	if err := json.Unmarshal(data, v); err != nil {
		t.Fatalf("%s: %v", data, err)
	}
}

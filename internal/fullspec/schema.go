package fullspec

import (
	"fmt"
	"strings"

	"github.com/ringcx-go/ringcx-go/internal/names"
)

// kinds is how many lists of values the fields of the published specification have.
const kinds = 58

// kindValues is the values of each synthetic list.
var kindValues = []string{"FIRST", "SECOND", "THIRD", "FOURTH", "FIFTH"}

// schemaTable is the schemas of the document.
type schemaTable struct {
	components object            // components/schemas of the document
	parameters object            // components/parameters of the document
	rows       []names.Schema    // the published schemas
	keys       map[string]string // from the name in the source to the key in components
	variants   map[string][]string
	arrays     map[string]string // from our name of the elements to the key of the array
	used       map[string]int    // how often a request body used a name
	kind       int               // the number of the list that was used last
}

// newSchemaTable gives each published schema a key in components: our name for the first
// one of a name, and the name in the source for others of that name and for arrays.
func newSchemaTable(list []names.Schema, components object) *schemaTable {
	t := &schemaTable{
		components: components,
		keys:       map[string]string{}, variants: map[string][]string{},
		arrays: map[string]string{}, used: map[string]int{},
	}
	taken := map[string]bool{}
	for _, s := range list {
		taken[s.Name] = taken[s.Name] || s.Source == "own"
	}
	for _, s := range list {
		if s.Source != "published" {
			continue
		}
		key := s.Official
		if !s.Array && !taken[s.Name] {
			key = s.Name
		}
		t.rows = append(t.rows, s)
		t.keys[s.Official] = key
		switch {
		case !s.Array:
			taken[s.Name] = true
			t.variants[s.Name] = append(t.variants[s.Name], key)
		case len(s.References) > 0:
			t.arrays[s.Name] = key
		}
	}
	return t
}

// addComponents adds the schemas that the document lacks to its components.
func (t *schemaTable) addComponents() {
	for i := range kinds {
		key := kindName(i)
		t.components[key] = object{
			"type": "string", "enum": kindValues, "examples": []string{kindValues[0]},
			"description": fmt.Sprintf("is list %d of values. The list is open: responses may contain other values.", i+1),
		}
	}
	for _, s := range t.rows {
		key := t.keys[s.Official]
		if _, ok := t.components[key]; !ok {
			t.components[key] = t.component(s)
		}
	}
}

func (t *schemaTable) component(s names.Schema) object {
	if s.Array {
		items := any(object{"type": "object"})
		for _, r := range s.References {
			items = reference(t.keys[r.Type])
		}
		return object{
			"type": "array", "items": items, "examples": []any{[]any{}},
			"description": "is a list of " + s.Name + ".",
		}
	}
	properties, example := object{}, object{}
	for _, c := range s.Fields {
		for i := range c.N {
			f, value := t.field(c.Kind)
			name := fmt.Sprintf(fieldNames[c.Kind], i+1)
			f["description"] = fmt.Sprintf("is field %d of the kind %s.", i+1, c.Kind)
			properties[name] = f
			if i == 0 {
				example[name] = value
			}
		}
	}
	for _, r := range s.References {
		properties[r.Name] = t.referenceField(r)
	}
	made := object{
		"type": "object", "properties": properties, "examples": []any{example},
		"description": "has the shape of " + s.Official + " in the published specification.",
	}
	addID(made, s)
	return made
}

// addID adds the field with the id of a resource in place of a field of the same type.
func addID(component object, s names.Schema) {
	if s.ID.Name == "" {
		return
	}
	properties := component["properties"].(object)
	example := component["examples"].([]any)[0].(object)
	field, value, replaced := object{"type": "integer", "format": "int32"}, any(4711), "number1"
	if s.ID.Type != "integer" {
		field, value, replaced = object{"type": "string"}, "4711", "text1"
	}
	if s.ID.Type == "ID" {
		field = reference("ID")
	}
	field["description"] = "is the id."
	delete(properties, replaced)
	delete(example, replaced)
	properties[s.ID.Name], example[s.ID.Name] = field, value
	component["required"] = []string{s.ID.Name}
}

// fieldNames is the formats of the names of synthetic fields. The command hides fields whose
// names end in "Secret".
var fieldNames = map[string]string{
	"string": "text%d", "integer": "number%d", "number": "amount%d", "boolean": "flag%d",
	"time": "time%d", "enum": "kind%d", "byte": "code%d", "secret": "field%dSecret",
	"object": "data%d", "strings": "texts%d", "integers": "numbers%d",
}

// field returns an optional field of the kind, and an example.
func (t *schemaTable) field(kind string) (object, any) {
	switch kind {
	case "integer", "byte":
		return object{"type": []string{"integer", "null"}, "format": "int32"}, 42
	case "number":
		return object{"type": []string{"number", "null"}, "format": "double"}, 4.5
	case "boolean":
		return object{"type": []string{"boolean", "null"}}, true
	case "time":
		return nullable(reference("Time")), "2020-05-15T20:38:13.686+0000"
	case "enum":
		name := t.nextKind()
		open := object{"type": []string{"string", "null"}}
		return object{"anyOf": []any{reference(name), open}, "x-go-type": name}, kindValues[0]
	case "secret":
		return object{"type": []string{"string", "null"}, "format": "password"}, "<secret>"
	case "object":
		return object{"type": []string{"object", "null"}}, object{"key": "value"}
	case "strings":
		return object{"type": []string{"array", "null"}, "items": object{"type": "string"}}, []string{"text"}
	case "integers":
		return object{"type": []string{"array", "null"}, "items": object{"type": "integer"}}, []int{42}
	}
	return object{"type": []string{"string", "null"}}, "text"
}

// referenceField returns an optional field that refers to another schema.
func (t *schemaTable) referenceField(r names.Param) object {
	description := "refers to " + strings.Trim(r.Type, "[]") + "."
	if element, ok := strings.CutPrefix(r.Type, "map["); ok {
		values := reference(t.keys[strings.TrimSuffix(element, "]")])
		return object{"type": []string{"object", "null"}, "additionalProperties": values, "description": description}
	}
	if element, ok := strings.CutPrefix(r.Type, "["); ok {
		items := reference(t.keys[strings.TrimSuffix(element, "]")])
		return object{"type": []string{"array", "null"}, "items": items, "description": description}
	}
	field := nullable(reference(t.keys[r.Type]))
	field["description"] = description
	return field
}

// schema returns the schema with our name in a request or in a response, and an example.
// Requests use the variants of a name in turn, beginning with the last.
func (t *schemaTable) schema(name string, request bool) (object, any) {
	if element, ok := strings.CutPrefix(name, "["); ok {
		element = strings.TrimSuffix(element, "]")
		if key := t.arrays[element]; key != "" {
			return reference(key), []any{t.example(t.variants[element][0])}
		}
		items, example := t.schema(element, request)
		return object{"type": "array", "items": items}, []any{example}
	}
	if element, ok := strings.CutPrefix(name, "map["); ok {
		values, example := t.schema(strings.TrimSuffix(element, "]"), request)
		return object{"type": "object", "additionalProperties": values}, object{"333333": example}
	}
	keys := t.variants[name]
	if len(keys) == 0 {
		return plainSchema(name)
	}
	key := keys[0]
	if request {
		t.used[name]++
		key = keys[len(keys)-1-(t.used[name]-1)%len(keys)]
	}
	return reference(key), t.example(key)
}

// plainSchema returns the schema of a plain type in the tables, and an example.
func plainSchema(name string) (object, any) {
	switch name {
	case "boolean":
		return object{"type": "boolean"}, true
	case "integer":
		return object{"type": "integer", "format": "int32"}, 1
	case "object":
		return object{"type": "object"}, object{"key": "value"}
	case "binary":
		return object{"type": "string", "format": "binary"}, ""
	case "file":
		file := object{"type": "string", "format": "binary", "description": "is the file."}
		return object{"type": "object", "required": []string{"file"}, "properties": object{"file": file}}, nil
	}
	return object{"type": "string"}, "text"
}

// addForm adds a schema for a form with secrets to the components.
func (t *schemaTable) addForm(o names.Operation, secrets []names.Param) (object, any) {
	properties, example, required := object{}, object{}, []string{}
	for _, p := range secrets {
		properties[p.Name] = object{
			"type": "string", "format": "password", "x-go-type": "string",
			"description": "is the parameter " + p.Name + ", a secret.",
		}
		example[p.Name] = "<secret>"
		required = append(required, p.Name)
	}
	key := strings.ToUpper(o.ID[:1]) + o.ID[1:] + "Form"
	t.components[key] = object{
		"type": "object", "required": required, "properties": properties, "examples": []any{example},
		"description": "is the form that " + o.ID + " sends.",
	}
	return reference(key), example
}

// example returns the first example of a component.
func (t *schemaTable) example(key string) any {
	switch examples := t.components[key].(object)["examples"].(type) {
	case []any:
		return examples[0]
	default:
		panic(fmt.Sprintf("fullspec: schema %s has no example", key))
	}
}

// nextKind returns the key of the next list of values.
func (t *schemaTable) nextKind() string {
	t.kind++
	return kindName(t.kind % kinds)
}

func kindName(i int) string { return fmt.Sprintf("Kind%d", i+1) }

func reference(key string) object { return object{"$ref": "#/components/schemas/" + key} }

func nullable(schema object) object {
	return object{"anyOf": []any{schema, object{"type": "null"}}}
}

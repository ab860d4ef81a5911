// Package compactspec makes the compact JSON of an OpenAPI document in YAML, with one line for
// each operation and each component. Texts for readers and the settings of the code
// generator (x-go-…) are omitted.
package compactspec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Compact returns the compact JSON of an OpenAPI document in YAML.
func Compact(data []byte) ([]byte, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(data, &root); err != nil {
		return nil, err
	}
	document, err := convert(&root)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := write(&b, strip(document), 0); err != nil {
		return nil, err
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

// convert returns the value of a node, as encoding/json would decode it.
func convert(n *yaml.Node) (any, error) {
	switch n.Kind {
	case yaml.DocumentNode:
		return convert(n.Content[0])
	case yaml.AliasNode:
		return convert(n.Alias)
	case yaml.SequenceNode:
		list := make([]any, 0, len(n.Content))
		for _, element := range n.Content {
			v, err := convert(element)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		return list, nil
	case yaml.MappingNode:
		return convertObject(n)
	}
	if tag := n.ShortTag(); tag == "!!str" || tag == "!!timestamp" {
		return n.Value, nil
	}
	var v any
	err := n.Decode(&v)
	return v, err
}

func convertObject(n *yaml.Node) (any, error) {
	object := make(map[string]any, len(n.Content)/2)
	for i := 0; i < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.ShortTag() == "!!merge" {
			return nil, fmt.Errorf("line %d: merge keys are not supported", key.Line)
		}
		if _, ok := object[key.Value]; ok {
			return nil, fmt.Errorf("line %d: the key %q is not unique", key.Line, key.Value)
		}
		v, err := convert(n.Content[i+1])
		if err != nil {
			return nil, err
		}
		object[key.Value] = v
	}
	return object, nil
}

// data are the fields whose values are data of the API.
var data = []string{"example", "examples", "default", "enum", "const", "value"}

// named are the fields whose values are objects with names as keys.
var named = []string{
	"properties", "patternProperties", "dependentSchemas", "$defs", "schemas", "responses",
	"parameters", "headers", "requestBodies", "securitySchemes", "content", "paths", "encoding",
	"mapping",
}

// omitted reports whether a field is a text for readers or a setting of the generator.
func omitted(key string) bool {
	switch key {
	case "description", "summary", "externalDocs", "info", "servers", "tags":
		return true
	}
	return strings.HasPrefix(key, "x-go-")
}

// strip removes the fields that are omitted.
func strip(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = strip(v[i])
		}
	case map[string]any:
		for key, value := range v {
			object, isObject := value.(map[string]any)
			switch {
			case omitted(key):
				delete(v, key)
			case slices.Contains(data, key):
			case slices.Contains(named, key) && isObject:
				for name := range object {
					object[name] = strip(object[name])
				}
			default:
				v[key] = strip(value)
			}
		}
	}
	return v
}

// write writes a value. Values at the first three levels begin a line.
func write(b *bytes.Buffer, v any, level int) error {
	object, ok := v.(map[string]any)
	if !ok || level == 3 {
		text, err := marshal(v)
		b.Write(text)
		return err
	}
	separator := "{\n"
	for _, key := range slices.Sorted(maps.Keys(object)) {
		name, err := marshal(key)
		if err != nil {
			return err
		}
		fmt.Fprintf(b, "%s%s:", separator, name)
		if err := write(b, object[key], level+1); err != nil {
			return err
		}
		separator = ",\n"
	}
	if len(object) == 0 {
		b.WriteString("{")
	}
	b.WriteString("}")
	return nil
}

// marshal returns the JSON of v, without escapes for HTML.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSpace(b.Bytes()), err
}

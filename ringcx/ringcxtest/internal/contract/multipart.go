package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"

	"github.com/getkin/kin-openapi/openapi3"
)

// parseMultipart returns the fields of a multipart form as an object. Of a file, only the header
// is read: its value is an empty text.
func parseMultipart(header http.Header, body []byte, schema *openapi3.Schema) (map[string]any, error) {
	_, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil || params["boundary"] == "" {
		return nil, errors.New("the Content-Type has no boundary")
	}
	fields := make(map[string]any)
	r := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	for {
		p, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return fields, nil
		}
		if err != nil {
			return nil, err
		}
		if p.FileName() != "" {
			addField(fields, p.FormName(), "", property(schema, p.FormName()))
			continue
		}
		text, err := io.ReadAll(p)
		if err != nil {
			return nil, err
		}
		addField(fields, p.FormName(), string(text), property(schema, p.FormName()))
	}
}

// property returns the schema of a property. It is empty if there is none.
func property(schema *openapi3.Schema, name string) *openapi3.Schema {
	if p := schema.Properties[name]; p != nil {
		return p.Value
	}
	for _, of := range schema.AllOf {
		if p := property(of.Value, name); p.Type != nil {
			return p
		}
	}
	return new(openapi3.Schema)
}

// addField adds a field to a form. The values of an array have the same name.
func addField(fields map[string]any, name, text string, schema *openapi3.Schema) {
	if schema.Type.Includes(openapi3.TypeArray) {
		list, _ := fields[name].([]any)
		element := new(openapi3.Schema)
		if schema.Items != nil {
			element = schema.Items.Value
		}
		fields[name] = append(list, fieldValue(text, element))
		return
	}
	fields[name] = fieldValue(text, schema)
}

// fieldValue returns the value of a field. An object is JSON.
func fieldValue(text string, schema *openapi3.Schema) any {
	if schema.Type.Includes(openapi3.TypeObject) {
		var object map[string]any
		if json.Unmarshal([]byte(text), &object) == nil {
			return object
		}
	}
	return parseText(text, schema)
}

package engine

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// responder responds to a request in the form that its operation declares.
type responder struct{ *request }

// respondItem responds with a resource, in the form that the operation declares.
func (c responder) respondItem(i *item) *Response {
	switch s := c.api.returns(c.operation); c.api.form(s) {
	case "array", "map":
		if c.api.listed(s) != nil && c.plan.action != actClone {
			return c.respondList(c.set().all(), len(c.set().all()))
		}
		return c.respondList([]*item{i}, 1)
	case "integer", "number", "string":
		return c.respond(IDValue(i.id))
	}
	return c.respondDone(i, 1)
}

// respondDone responds after a change of n resources, of which i is one, or nil.
func (c responder) respondDone(i *item, n int) *Response {
	switch c.api.form(c.api.returns(c.operation)) {
	case "boolean":
		return c.respond(true)
	case "integer", "number":
		return c.respond(json.Number(fmt.Sprint(n)))
	case "object":
		if i != nil {
			return c.respondJSON(c.project(c.api.returns(c.operation), i), i.foreign)
		}
	case "array", "map":
		if i != nil {
			return c.respondList([]*item{i}, n)
		}
	}
	return c.example()
}

// IDValue returns an id as a resource has it: a number if it is an integer in its usual form,
// or else a string.
func IDValue(id string) any {
	if isDecimal(id) {
		return json.Number(id)
	}
	return id
}

// project returns the JSON of a resource in a schema. If that is another one than the
// collection's, fields that it does not have are omitted.
func (c responder) project(s *schema, i *item) json.RawMessage {
	o := c.api.object(s)
	isOwn := o == c.plan.collection.object
	if i.foreign || o == nil || isOwn && !c.plan.collection.closed {
		return i.encode()
	}
	object := maps.Clone(i.object)
	if len(o.Properties) > 0 && !isOwn {
		maps.DeleteFunc(object, func(name string, _ any) bool { return o.Properties[name] == nil })
	}
	return encode(c.api.conform(s, object))
}

// respondList responds with resources, in the form that the operation declares. total is the
// number of resources of all pages.
func (c responder) respondList(items []*item, total int) *Response {
	s := c.api.returns(c.operation)
	element, foreign := c.api.listed(s), false
	if element == nil && c.api.form(s) == "array" {
		return c.example() // an array of texts or numbers
	}
	var list bytes.Buffer
	list.WriteByte('[')
	for n, i := range items {
		if n > 0 {
			list.WriteByte(',')
		}
		list.Write(c.project(element, i))
		foreign = foreign || i.foreign
	}
	list.WriteByte(']')
	switch c.api.form(s) {
	case "array":
		return c.respondJSON(list.Bytes(), foreign)
	case "map":
		return c.respondJSON(encode(map[string]json.RawMessage{c.mapKey(): list.Bytes()}), foreign)
	case "object":
		return c.respondEnvelope(s, list.Bytes(), total, foreign)
	case "boolean":
		return c.respond(true)
	case "integer", "number":
		return c.respond(json.Number(fmt.Sprint(total)))
	}
	return c.example()
}

// mapKey returns the key under which a map has the list: that of the example, or "0".
func (c responder) mapKey() string {
	_, m := c.api.details(c.operation).response()
	for _, v := range c.api.examples(m) {
		object, _ := v.(map[string]any)
		for _, key := range slices.Sorted(maps.Keys(object)) {
			return key
		}
	}
	return "0"
}

// respondEnvelope responds with an object around a list. Of its numbers, those that are named
// like a total are the number of resources of all pages.
func (c responder) respondEnvelope(s *schema, list json.RawMessage, total int, foreign bool) *Response {
	o, name := c.api.object(s), c.api.envelope(s)
	switch {
	case name == "" && len(o.Properties) > 0:
		return c.example()
	case name == "": // the document does not declare the fields
		return c.respondJSON(encode(map[string]any{"records": list, "totalElements": total}), foreign)
	}
	object, _ := c.api.conform(s, map[string]any{}).(map[string]any)
	for field, property := range o.Properties {
		form := c.api.form(property)
		if totals.MatchString(field) && (form == "integer" || form == "number") {
			object[field] = total
		}
	}
	object[name] = list
	return c.respondJSON(encode(object), foreign)
}

// totals matches the names of numbers of resources.
var totals = regexp.MustCompile(`(?i)total|count`)

// respond responds with a value, in the form that the operation declares.
func (c responder) respond(v any) *Response {
	d := c.api.details(c.operation)
	contentType, m := d.response()
	if m == nil {
		return &Response{Status: d.status}
	}
	if m.Schema != nil {
		v = c.api.conform(m.Schema, v)
	}
	r := &Response{Status: d.status, ContentType: contentType}
	if isJSON(contentType) {
		r.Body = encode(v)
	} else {
		r.Body = []byte(plainText(v))
	}
	return r
}

// isJSON reports whether a body of this type is JSON.
func isJSON(contentType string) bool {
	return strings.HasPrefix(contentType, jsonType) || strings.HasSuffix(contentType, "+json")
}

// plainText returns a value as the body of a type other than JSON.
func plainText(v any) string {
	switch v.(type) {
	case map[string]any, []any:
		return string(encode(v))
	}
	return text(v)
}

func (c responder) respondJSON(body []byte, foreign bool) *Response {
	d := c.api.details(c.operation)
	contentType, m := d.response()
	if m == nil {
		return &Response{Status: d.status}
	}
	return &Response{Status: d.status, ContentType: contentType, Body: body, Foreign: foreign}
}

// example responds with the example of the document, or with what was set for the path.
func (c responder) example() *Response {
	i := c.singles[c.operation.node.key(c.values)]
	if i == nil || c.Method != http.MethodGet {
		return c.respond(c.sampleResponse())
	}
	r := c.respond(value(i.raw))
	if r.Foreign = i.foreign; i.foreign && isJSON(r.ContentType) {
		r.Body = i.raw
	}
	return r
}

// sampleResponse returns the first example of a success, or a sample of its schema.
func (c responder) sampleResponse() any {
	contentType, m := c.api.details(c.operation).response()
	if m == nil {
		return nil
	}
	for _, v := range c.api.examples(m) {
		return v
	}
	if contentType == "audio/wav" {
		return silence
	}
	return c.api.sample(m.Schema)
}

// silence is a file of the type audio/wav without sound: 8,000 samples a second, 16 bit, mono.
const silence = "RIFF$\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00" +
	"@\x1f\x00\x00\x80>\x00\x00\x02\x00\x10\x00data\x00\x00\x00\x00"

func notFound(name string) *Response {
	return &Response{Status: http.StatusNotFound, Problem: &Problem{
		Code: "not.found", Message: "There is no resource with this " + name,
	}}
}

func invalid(field, message string) *Response {
	return &Response{Status: http.StatusBadRequest, Problem: &Problem{
		Code: "validation.exception", Message: message, Field: field,
	}}
}

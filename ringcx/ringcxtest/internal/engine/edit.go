package engine

import (
	"iter"
	"maps"
	"slices"

	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest/internal/contract"
)

// Edit is the access of a handler to all resources during one request. Its paths are those of
// [Engine.Set]. The objects that it returns are shared: a handler changes a copy. Numbers in
// them have the type json.Number.
type Edit struct {
	*request
	foreign bool // an object that need not match the document was read
}

// Edit responds to a request to an operation with f, after the same checks as Serve: the
// resources in the path exist, and the body fits the document. No other request is processed
// until f returns. If f reads an object of Set that need not match the document, the response
// need not match it either.
func (e *Engine) Edit(o *contract.Operation, r *Request, f func(*Edit) *Response) *Response {
	op := e.api.operations[o.ID]
	e.mu.Lock()
	defer e.mu.Unlock()
	c := e.request(op, r)
	if rejected := c.check(); rejected != nil {
		return rejected
	}
	edit := &Edit{request: c}
	response := f(edit)
	response.Foreign = response.Foreign || edit.foreign
	return response
}

// Object returns the JSON object, or the form, in the body. It is empty if there is none.
func (e *Edit) Object() map[string]any { return e.object() }

// Path returns the value of a parameter in the path.
func (e *Edit) Path(name string) string { return e.PathValue(name) }

// List returns the resources of the collection at a path, in their order. There are none if the
// document has no such collection.
func (e *Edit) List(path string) []map[string]any {
	s := e.setOf(path)
	if s == nil {
		return nil
	}
	all := make([]map[string]any, 0, len(s.all()))
	for _, i := range s.all() {
		e.foreign = e.foreign || i.foreign
		all = append(all, i.object)
	}
	return all
}

// BeganWithExamples reports whether the collection at a path began with the examples of the
// document, as one does that is not set and not below a resource that Set or an operation has made.
func (e *Edit) BeganWithExamples(path string) bool {
	s := e.setOf(path)
	return s != nil && s.sample
}

// Append adds resources to the collection at a path. Their ids are not changed.
func (e *Edit) Append(path string, objects ...map[string]any) {
	s := e.setOf(path)
	if s == nil {
		return
	}
	s.read()
	for _, object := range objects {
		i := &item{id: text(object[s.id]), object: object, created: true}
		s.used[i.id] = true
		s.add(i)
	}
}

// Change replaces the resources of the collection at a path for which f returns true by the
// object that f returns. A nil object removes the resource.
func (e *Edit) Change(path string, f func(object map[string]any) (map[string]any, bool)) {
	s := e.setOf(path)
	if s == nil {
		return
	}
	old := s.all()
	s.items, s.byID = make([]*item, 0, len(old)), make(map[string]*item)
	for _, i := range old {
		object, ok := f(maps.Clone(i.object))
		e.foreign = e.foreign || ok && i.foreign
		switch {
		case !ok:
			s.add(i)
		case object == nil:
			s.deleted[i.id] = true
		default:
			s.add(&item{id: text(object[s.id]), object: object, created: i.created, foreign: i.foreign})
		}
	}
}

// NewID returns an id that no resource of the collection at a path has or had, as a number if
// the ids are numbers. It is nil if the document has no such collection.
func (e *Edit) NewID(path string) any {
	s := e.setOf(path)
	if s == nil {
		return nil
	}
	return IDValue(e.newID(s.collection))
}

// Only returns the fields of an object that a schema of the document declares, as they are in a
// response: fields that are only for requests are missing.
func (e *Edit) Only(schemaName string, object map[string]any) map[string]any {
	declared := e.api.component("#/components/schemas/" + schemaName)
	only := make(map[string]any, len(object))
	for name, property := range declared.properties() {
		p := e.api.resolve(property)
		if v, ok := object[name]; ok && (p == nil || !p.WriteOnly) {
			only[name] = v
		}
	}
	return only
}

// properties returns the properties of a schema, which may be nil.
func (s *schema) properties() iter.Seq2[string, *schema] {
	if s == nil {
		return maps.All(map[string]*schema(nil))
	}
	return maps.All(s.Properties)
}

// setOf returns the resources at the path of a collection, or nil.
func (e *Edit) setOf(path string) *set {
	n, values := e.api.root.find(path)
	c := e.api.collectionAt(n)
	if c == nil {
		return nil
	}
	return e.setAt(c, slices.Clone(values))
}

// JSON returns a response with a body.
func JSON(status int, v any) *Response {
	return &Response{Status: status, ContentType: jsonType, Body: encode(v)}
}

// Rejected returns a response with status 400 that names a field of the request, or "", and
// says why it is not valid.
func Rejected(field, message string) *Response { return invalid(field, message) }

// NotFound returns a response with status 404 that names the parameter whose resource does not
// exist.
func NotFound(parameter string) *Response { return notFound(parameter) }

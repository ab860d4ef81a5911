package contract

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
)

// ref names a component, for example {"schemas", "User"}.
type ref struct{ kind, name string }

const refPrefix = "#/components/"

// loading contains the schemas that were decoded, which operations share. They are never changed
// after that, so an operation that was loaded may be used without the mutex. Other components
// are decoded for each operation: they are small, and kin-openapi writes to them when it
// resolves the references of another operation.
type loading struct {
	mu       sync.Mutex
	security []byte // the security of the document, or nil
	schemas  map[string]*openapi3.SchemaRef
}

// loaded is an operation with its schemas.
type loaded struct {
	operation  *openapi3.Operation
	parameters openapi3.Parameters // of the operation and of its path
	route      *routers.Route
}

// load decodes an operation and the components that it needs, except for the schemas that other
// operations needed before.
func (d *Document) load(o *Operation) (*loaded, error) {
	d.loading.mu.Lock()
	defer d.loading.mu.Unlock()
	item := new(openapi3.PathItem)
	operation, err := decode[*openapi3.Operation](o.json, "the operation")
	if err != nil {
		return nil, err
	}
	if o.shared != nil {
		if item.Parameters, err = decode[openapi3.Parameters](o.shared, "the parameters of the path"); err != nil {
			return nil, err
		}
	}
	item.SetOperation(o.Method, operation)
	part := &part{Document: d, components: new(openapi3.Components)}
	for r := range d.reach(o.json, o.shared) {
		if err := part.add(r); err != nil {
			return nil, fmt.Errorf("%s%s/%s: %w", refPrefix, r.kind, r.name, err)
		}
	}
	doc, err := d.resolve(o.Path, item, part.components)
	if err != nil {
		return nil, err
	}
	if d.loading.schemas == nil {
		d.loading.schemas = make(map[string]*openapi3.SchemaRef)
	}
	maps.Copy(d.loading.schemas, part.components.Schemas)
	return &loaded{
		operation:  operation,
		parameters: append(item.Parameters, operation.Parameters...),
		route:      &routers.Route{Spec: doc, Path: o.Path, PathItem: item, Method: o.Method, Operation: operation},
	}, nil
}

// resolve returns a document with one path and the given components, whose references are
// resolved.
func (d *Document) resolve(path string, item *openapi3.PathItem, components *openapi3.Components) (doc *openapi3.T, err error) {
	doc = &openapi3.T{OpenAPI: "3.1.0", Components: components, Paths: openapi3.NewPaths(openapi3.WithPath(path, item))}
	if d.loading.security != nil {
		if doc.Security, err = decode[openapi3.SecurityRequirements](d.loading.security, "security"); err != nil {
			return nil, err
		}
	}
	if err := openapi3.NewLoader().ResolveRefsIn(doc, nil); err != nil {
		return nil, err
	}
	// For OpenAPI 3.1, kin-openapi compiles the schema again for each body (2 ms) and then
	// uses its own validator, because the schema contains $refs. For 3.0 it uses that
	// validator at once. A test checks that openapi.yaml contains only keywords that this
	// validator supports.
	doc.OpenAPI = "3.0.3"
	return doc, nil
}

// reach returns the components that the texts refer to, directly or through other
// components.
func (d *Document) reach(texts ...[]byte) map[ref]bool {
	all := make(map[ref]bool)
	for len(texts) > 0 {
		text := texts[len(texts)-1]
		texts = texts[:len(texts)-1]
		for r := range refsIn(text) {
			if component, ok := d.components[r]; ok && !all[r] {
				all[r] = true
				texts = append(texts, component)
			}
		}
	}
	return all
}

// refsIn returns the components that the text refers to.
func refsIn(text []byte) func(yield func(ref) bool) {
	return func(yield func(ref) bool) {
		for {
			_, after, ok := bytes.Cut(text, []byte(`"$ref"`))
			if !ok {
				return
			}
			s := &scanner{data: after}
			s.take(':')
			name, ok := strings.CutPrefix(string(bytes.Trim(s.skip(), `"`)), refPrefix)
			text = after[s.at:]
			kind, name, _ := strings.Cut(name, "/")
			if ok && !yield(ref{kind, name}) {
				return
			}
		}
	}
}

// part is a document with the components that one operation needs.
type part struct {
	*Document
	components *openapi3.Components
}

// add adds a component.
func (p *part) add(r ref) error {
	c := p.components
	switch r.kind {
	case "schemas":
		if schema := p.loading.schemas[r.name]; schema != nil {
			if c.Schemas == nil {
				c.Schemas = make(openapi3.Schemas)
			}
			c.Schemas[r.name] = schema
			return nil
		}
		return addTo(p, &c.Schemas, r)
	case "responses":
		return addTo(p, &c.Responses, r)
	case "parameters":
		return addTo(p, &c.Parameters, r)
	case "requestBodies":
		return addTo(p, &c.RequestBodies, r)
	case "headers":
		return addTo(p, &c.Headers, r)
	case "examples":
		return addTo(p, &c.Examples, r)
	}
	return fmt.Errorf("components of this kind are not supported")
}

// addTo decodes the component and adds it to the map of its kind.
func addTo[M ~map[string]*E, E any](p *part, m *M, r ref) error {
	if *m == nil {
		*m = make(M)
	}
	v := new(E)
	(*m)[r.name] = v
	return json.Unmarshal(p.Document.components[r], v)
}

package engine

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest/internal/contract"
)

// Engine keeps resources and responds to operations. It is safe for concurrent use.
type Engine struct {
	mu sync.Mutex
	store
}

// New returns an Engine whose collections contain the examples of the document.
func New(api *API) *Engine { return &Engine{store: newStore(api)} }

// Request is a request to an operation.
type Request struct {
	PathValue   func(name string) string // of a path parameter
	Query       url.Values
	ContentType string // of the body
	Body        []byte
}

// Response is the response to a Request.
type Response struct {
	Status      int
	ContentType string   // empty if there is no body
	Body        []byte   //
	Foreign     bool     // it contains data that need not match the document
	Problem     *Problem // if not nil, the request is rejected with this instead of a body
}

// Problem is why a request is rejected. It contains no values of the request.
type Problem struct {
	Code    string
	Field   string // of the request that is not valid, or ""
	Message string // a sentence, or if there is a Field what follows its name
}

// Serve responds to a request to an operation of the document.
func (e *Engine) Serve(o *contract.Operation, r *Request) *Response {
	op := e.api.operations[o.ID]
	e.mu.Lock()
	defer e.mu.Unlock()
	c := e.request(op, r)
	if rejected := c.check(); rejected != nil {
		return rejected
	}
	return actions[c.plan.action](call{responder{c}})
}

// request returns what the engine knows about a request to an operation.
func (e *Engine) request(op *operation, r *Request) *request {
	c := &request{store: &e.store, operation: op, Request: r, plan: e.api.planOf(op)}
	for _, name := range op.parameterNames() {
		c.values = append(c.values, r.PathValue(name))
	}
	c.body = c.decodeBody()
	return c
}

// Set replaces the resources at a path, which is one on the wire, with or without a prefix
// such as /voice/api/v1/admin. If it is the path of a collection, data is a JSON array, which
// replaces its resources and everything below them. If it is the path of one resource, data
// is a JSON object, which replaces that resource or is added to its collection. If it is another
// path that an operation gets, such as that of a report, data is what the operation responds
// with. Resources in the path that do not exist are created from the examples of the document.
//
// If foreign is true, the data is served unchanged and need not match the document.
func (e *Engine) Set(path string, data []byte, foreign bool) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	n, values := e.api.root.find(path)
	if c := e.api.collectionAt(n); c != nil {
		elements, err := parseObjects(data)
		if err != nil {
			return err
		}
		e.setAll(c, values, slices.Values(elements), foreign)
		return nil
	}
	if c, values := e.api.resource(path); c != nil {
		return e.setOne(c, values, data, foreign)
	}
	switch {
	case n == nil:
		return errors.New("the API has no such path")
	case n.operation(http.MethodGet) != nil:
		return e.setSingle(n, values, data, foreign)
	}
	return errors.New("it is not the path of a collection or of a resource, and no operation gets it")
}

// resource returns the collection of the resource with a path, and the values of the path
// with the id as the last. It returns nil if there is no such collection.
func (a *API) resource(path string) (c *collection, values []string) {
	slash := strings.LastIndexByte(path, '/')
	if slash < 0 {
		return nil, nil
	}
	n, values := a.root.find(path[:slash])
	c = a.collectionAt(n)
	id, err := url.PathUnescape(path[slash+1:])
	if c == nil || err != nil || n.static[id] != nil {
		return nil, nil
	}
	return c, append(slices.Clip(values), id)
}

// SetAll is Set for the path of a collection with resources that are read when they are
// needed, and again for each list until another operation works on them. So there may be more
// of them than fit into memory. If the document has no such collection, SetAll does nothing.
func (e *Engine) SetAll(path string, elements iter.Seq[json.RawMessage], foreign bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	n, values := e.api.root.find(path)
	if c := e.api.collectionAt(n); c != nil {
		e.setAll(c, values, elements, foreign)
	}
}

// All returns the resources of a collection, and whether one of them need not match the
// document. If the document has no such collection, there are none.
func (e *Engine) All(path string) (elements iter.Seq[json.RawMessage], foreign bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	n, values := e.api.root.find(path)
	c := e.api.collectionAt(n)
	if c == nil {
		return func(func(json.RawMessage) bool) {}, false
	}
	s := e.setAt(c, values)
	if s.source != nil {
		return s.source, s.foreign
	}
	all := make([]json.RawMessage, 0, len(s.items))
	for _, i := range s.items {
		all = append(all, i.encode())
		foreign = foreign || i.foreign
	}
	return slices.Values(all), foreign
}

// Get returns the JSON of the resources at the path of a collection, an array, or of the resource
// at its path, an object.
func (e *Engine) Get(path string) (json.RawMessage, error) {
	if n, _ := e.api.root.find(path); e.api.collectionAt(n) != nil {
		elements, _ := e.All(path)
		list := json.RawMessage{'['}
		for e := range elements {
			if len(list) > 1 {
				list = append(list, ',')
			}
			list = append(list, e...)
		}
		return append(list, ']'), nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	c, values := e.api.resource(path)
	if c == nil {
		return nil, errors.New("it is not the path of a collection or of a resource")
	}
	i := e.setAt(c, values).find(values[c.node.depth])
	if i == nil {
		return nil, errors.New("there is no such resource")
	}
	return i.encode(), nil
}

// setAll replaces the resources of a collection.
func (e *Engine) setAll(c *collection, values []string, elements iter.Seq[json.RawMessage], foreign bool) {
	e.createParents(c.node, values)
	e.reserve(c)
	e.cascade(c.node.key(values))
	e.sets[c.node.key(values)] = &set{
		collection: c, values: slices.Clone(values), byID: make(map[string]*item), deleted: make(map[string]bool),
		used: e.ids[c], source: elements, foreign: foreign,
	}
}

// setOne replaces a resource, or adds it.
func (e *Engine) setOne(c *collection, values []string, data []byte, foreign bool) error {
	raw, err := parseObject(data)
	if err != nil {
		return err
	}
	e.createParents(c.node, values)
	s, id := e.setAt(c, values), values[c.node.depth]
	i := s.decode(raw)
	i.created = true
	if i.foreign = foreign; i.id != id {
		i.id, i.object, i.raw = id, e.api.withID(c, i.object, id), nil
	}
	if s.find(id) == nil {
		s.add(i)
	} else {
		s.replace(id, i)
	}
	return nil
}

// setSingle sets what the operation that gets the path of n responds with.
func (e *Engine) setSingle(n *node, values []string, data []byte, foreign bool) error {
	if err := checkJSON(data); err != nil {
		return err
	}
	object, isObject := value(data).(map[string]any)
	if !isObject && e.api.planOf(n.operation(http.MethodGet)).action == actRead {
		return errors.New("not a JSON object")
	}
	e.createParents(n, values)
	e.singles[n.key(values)] = &item{object: object, raw: data, foreign: foreign}
	return nil
}

// parseObjects returns the elements of a JSON array of objects.
func parseObjects(data []byte) ([]json.RawMessage, error) {
	if err := checkJSON(data); err != nil {
		return nil, err
	}
	var elements []json.RawMessage
	if err := json.Unmarshal(data, &elements); err != nil || elements == nil {
		return nil, errors.New("not a JSON array")
	}
	for i, e := range elements {
		if e[0] != '{' {
			return nil, fmt.Errorf("element %d of the JSON array is not an object", i)
		}
	}
	return elements, nil
}

// parseObject returns data if it is a JSON object.
func parseObject(data []byte) (json.RawMessage, error) {
	if err := checkJSON(data); err != nil {
		return nil, err
	}
	if data = bytes.TrimSpace(data); data[0] != '{' {
		return nil, errors.New("not a JSON object")
	}
	return data, nil
}

func checkJSON(data []byte) error {
	var v json.RawMessage
	if err := json.Unmarshal(data, &v); err != nil {
		return fmt.Errorf("not valid JSON: %w", err)
	}
	return nil
}

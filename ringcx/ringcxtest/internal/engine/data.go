package engine

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
)

// Set replaces the resources at a path, which is one on the wire, with or without a prefix
// such as /voice/api/v1/admin. If it is the path of a collection, data is a JSON array, which
// replaces its resources and everything below them. If it is the path of one resource, data
// is a JSON object, which replaces that resource or is added to its collection. Resources
// in the path that do not exist are created from the examples of the document.
//
// If foreign is true, the data is served unchanged and need not match the document.
func (e *Engine) Set(path string, data []byte, foreign bool) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	n, values := e.api.root.find(path)
	switch {
	case n == nil:
		return errors.New("the document has no such path")
	case e.api.collectionAt(n) != nil:
		elements, err := parseObjects(data)
		if err != nil {
			return err
		}
		e.setAll(e.api.collectionAt(n), values, slices.Values(elements), foreign)
		return nil
	case n.isParam && e.api.collectionAt(n.parent) != nil:
		return e.setOne(e.api.collectionAt(n.parent), values, data, foreign)
	case e.isSingle(n):
		return e.setSingle(n, values, data)
	}
	return errors.New("it is not the path of a collection or of a resource")
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

// setAll replaces the resources of a collection.
func (e *Engine) setAll(c *collection, values []string, elements iter.Seq[json.RawMessage], foreign bool) {
	e.createParents(c.node, values)
	e.reserve(c)
	e.cascade(c.node.key(values))
	e.sets[c.node.key(values)] = &set{
		collection: c, values: slices.Clone(values), byID: make(map[string]*item), deleted: make(map[string]bool),
		source: elements, foreign: foreign, used: e.ids[c],
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

// isSingle reports whether n is the path of a resource without an id.
func (e *Engine) isSingle(n *node) bool {
	o := n.operation("GET")
	return o != nil && e.api.planOf(o).action == actRead
}

func (e *Engine) setSingle(n *node, values []string, data []byte) error {
	raw, err := parseObject(data)
	if err != nil {
		return err
	}
	e.createParents(n, values)
	e.singles[n.key(values)], _ = value(raw).(map[string]any)
	return nil
}

// createParents creates the resources in the path of n that do not exist.
func (e *Engine) createParents(n *node, values []string) {
	for _, parent := range n.items() {
		c := e.api.collectionAt(parent.parent)
		if c == nil {
			continue
		}
		s, id := e.setAt(c, values), values[parent.depth-1]
		if s.find(id) == nil {
			s.add(&item{id: id, object: e.placed(c, e.api.withID(c, c.seeds[0].object, id), s.values)})
		}
	}
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

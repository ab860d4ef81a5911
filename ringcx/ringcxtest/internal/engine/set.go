package engine

import (
	"encoding/json"
	"iter"
	"maps"
	"net/url"
	"slices"
)

// set is the resources of a collection at one path.
type set struct {
	*collection
	values  []string // of the parameters in the path
	items   []*item
	byID    map[string]*item
	sample  bool                      // it began with the examples of the document
	deleted map[string]bool           // ids
	source  iter.Seq[json.RawMessage] // the items, if they were not read yet; or nil
	foreign bool                      // the items of source need not match the document
	used    map[string]bool           // ids that new resources do not get
}

// item is a resource. It is replaced when it changes.
type item struct {
	id      string
	object  map[string]any
	raw     json.RawMessage // nil if it was not encoded yet
	foreign bool            // it need not match the document
	created bool            // by an operation or by Set: its own collections begin empty
}

// encode returns the JSON of the item.
func (i *item) encode() json.RawMessage {
	if i.raw == nil {
		i.raw = encode(i.object)
	}
	return i.raw
}

// read reads the items of a source.
func (s *set) read() {
	if s.source == nil {
		return
	}
	source := s.source
	s.source = nil
	for raw := range source {
		i := s.decode(raw)
		i.foreign, i.created = s.foreign, true
		s.add(i)
	}
}

// decode returns the item of a JSON object.
func (s *set) decode(raw json.RawMessage) *item {
	v, _ := decodeJSON(raw)
	object, _ := v.(map[string]any)
	return &item{id: text(object[s.id]), object: object, raw: raw}
}

func (s *set) add(i *item) {
	s.items = append(s.items, i)
	s.used[i.id] = true
	if _, ok := s.byID[i.id]; i.id != "" && !ok {
		s.byID[i.id] = i
	}
}

// find returns the item with an id, or nil. It also finds those inside of others of the same
// schema; a change of the result then needs replace.
func (s *set) find(id string) *item {
	s.read()
	if i := s.byID[id]; i != nil || s.tree == "" {
		return i
	}
	for _, root := range s.items {
		if object := findIn(root.object, s.tree, s.id, id); object != nil {
			return &item{id: id, object: object, foreign: root.foreign, created: root.created}
		}
	}
	return nil
}

// findIn returns the object with an id below another one, or nil.
func findIn(object map[string]any, tree, idField, id string) map[string]any {
	children, _ := object[tree].([]any)
	for _, c := range children {
		child, _ := c.(map[string]any)
		if text(child[idField]) == id {
			return child
		}
		if found := findIn(child, tree, idField, id); found != nil {
			return found
		}
	}
	return nil
}

// replace replaces the item with an id by another one, or removes it if that is nil.
func (s *set) replace(id string, with *item) {
	s.read()
	old := s.byID[id]
	if old == nil {
		s.replaceNested(id, with)
		return
	}
	if with == nil {
		s.remove(old)
		return
	}
	at := slices.Index(s.items, old)
	s.items = slices.Clone(s.items)
	s.items[at] = with
	delete(s.byID, id)
	s.byID[with.id] = with
}

// remove removes an item that is not inside of another one.
func (s *set) remove(i *item) {
	at := slices.Index(s.items, i)
	s.items = slices.Delete(slices.Clone(s.items), at, at+1)
	s.deleted[i.id] = true
	if s.byID[i.id] == i {
		delete(s.byID, i.id)
	}
}

// replaceNested is replace for an item inside of another one.
func (s *set) replaceNested(id string, with *item) {
	for at, root := range s.items {
		if object, ok := replaceIn(root.object, s.tree, s.id, id, with); ok {
			changed := *root
			changed.object, changed.raw = object, nil
			s.items = slices.Clone(s.items)
			s.items[at] = &changed
			s.byID[changed.id] = &changed
			return
		}
	}
}

// replaceIn returns object with a change below it, and whether there is one.
func replaceIn(object map[string]any, tree, idField, id string, with *item) (map[string]any, bool) {
	children, _ := object[tree].([]any)
	for at, c := range children {
		child, _ := c.(map[string]any)
		var changed any
		if text(child[idField]) == id {
			if with != nil {
				changed = with.object
			}
		} else if below, ok := replaceIn(child, tree, idField, id, with); ok {
			changed = below
		} else {
			continue
		}
		all := slices.Clone(children)
		if all[at] = changed; changed == nil {
			all = slices.Delete(all, at, at+1)
		}
		object = maps.Clone(object)
		object[tree] = all
		return object, true
	}
	return object, false
}

// all returns the items.
func (s *set) all() []*item {
	s.read()
	return s.items
}

// itemKey returns the path of a resource.
func (s *set) itemKey(id string) string { return s.node.key(s.values) + "/" + url.PathEscape(id) }

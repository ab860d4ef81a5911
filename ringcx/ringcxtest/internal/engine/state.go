package engine

import (
	"bytes"
	"encoding/json"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Engine keeps resources and responds to operations. It is safe for concurrent use.
type Engine struct {
	api *API

	mu      sync.Mutex
	sets    map[string]*set           // by the path of the collection
	singles map[string]map[string]any // resources without an id, by their path
	lastID  int64
	ids     map[*collection]map[string]bool // all that were used
}

// New returns an Engine whose collections contain the examples of the document.
func New(api *API) *Engine {
	return &Engine{
		api: api, sets: make(map[string]*set), singles: make(map[string]map[string]any),
		lastID: firstID - 1, ids: make(map[*collection]map[string]bool),
	}
}

// firstID is the first id of a new resource. It is larger than those of usual examples.
const firstID = 100001

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
	created bool            // by an operation: its own collections begin empty
}

// encode returns the JSON of the item.
func (i *item) encode() json.RawMessage {
	if i.raw == nil {
		i.raw = encode(i.object)
	}
	return i.raw
}

// encode returns the JSON of a value that was decoded from JSON.
func encode(v any) json.RawMessage {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("ringcxtest: " + err.Error())
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// setAt returns the resources of a collection for some values of the parameters.
func (e *Engine) setAt(c *collection, values []string) *set {
	values = values[:c.node.depth]
	key := c.node.key(values)
	s := e.sets[key]
	if s == nil {
		e.reserve(c)
		s = &set{
			collection: c, values: slices.Clone(values), byID: make(map[string]*item), deleted: make(map[string]bool),
			used: e.ids[c],
		}
		e.sets[key] = s
		if s.sample = !e.isCreated(c.node, values); s.sample {
			for _, seed := range c.seeds {
				s.add(&item{id: seed.id, object: e.placed(c, seed.object, values)})
			}
		}
	}
	return s
}

// reserve records the ids of the examples of a collection as used.
func (e *Engine) reserve(c *collection) {
	if e.ids[c] != nil {
		return
	}
	e.ids[c] = make(map[string]bool)
	for _, seed := range c.seeds {
		e.ids[c][seed.id] = true
	}
}

// isCreated reports whether a resource in the path of n was created by an operation.
func (e *Engine) isCreated(n *node, values []string) bool {
	for _, parent := range n.items() {
		if c := e.api.collectionAt(parent.parent); c != nil {
			if i := e.setAt(c, values).find(values[parent.depth-1]); i != nil && i.created {
				return true
			}
		}
	}
	return false
}

// placed returns object with the ids of the path, in the fields with the names of the path
// parameters.
func (e *Engine) placed(c *collection, object map[string]any, values []string) map[string]any {
	for _, parent := range c.node.items() {
		name := mostCommon(parent.names)
		if _, ok := c.object.Properties[name]; ok && name != c.id {
			object = e.api.with(c.object, object, name, values[parent.depth-1])
		}
	}
	return object
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
		i.foreign = s.foreign
		s.used[i.id] = true
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

// newID returns an id that no resource of the collection has or had.
func (e *Engine) newID(c *collection) string {
	e.reserve(c)
	for {
		e.lastID++
		id := strconv.FormatInt(e.lastID, 10)
		if !c.numeric && uuid.MatchString(c.seeds[0].id) {
			id = "00000000-0000-4000-8000-" + strings.Repeat("0", 12-len(id)) + id
		}
		if !e.ids[c][id] {
			e.ids[c][id] = true
			return id
		}
	}
}

// cascade removes all resources below a path.
func (e *Engine) cascade(key string) {
	below := func(path string) bool { return strings.HasPrefix(path, key+"/") }
	maps.DeleteFunc(e.sets, func(path string, _ *set) bool { return below(path) })
	maps.DeleteFunc(e.singles, func(path string, _ map[string]any) bool { return below(path) })
}

// rename gives everything below a path another path, in which the parameters have other
// values.
func (e *Engine) rename(from, to string, values []string) {
	for path, s := range maps.Clone(e.sets) {
		if rest, ok := strings.CutPrefix(path, from+"/"); ok {
			delete(e.sets, path)
			copy(s.values, values)
			e.sets[to+"/"+rest] = s
		}
	}
	for path, object := range maps.Clone(e.singles) {
		if rest, ok := strings.CutPrefix(path, from+"/"); ok {
			delete(e.singles, path)
			e.singles[to+"/"+rest] = object
		}
	}
}

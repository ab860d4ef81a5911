package engine

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// firstID is the first id of a new resource. It is larger than those of usual examples.
const firstID = 100001

// store is the resources of an Engine, whose mutex guards it.
type store struct {
	api     *API
	sets    map[string]*set  // by the path of the collection
	singles map[string]*item // resources without an id, by their path
	lastID  int64
	ids     map[*collection]map[string]bool // all that were used
}

func newStore(api *API) store {
	return store{
		api: api, sets: make(map[string]*set), singles: make(map[string]*item),
		lastID: firstID - 1, ids: make(map[*collection]map[string]bool),
	}
}

// setAt returns the resources of a collection for some values of the parameters.
func (e *store) setAt(c *collection, values []string) *set {
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
func (e *store) reserve(c *collection) {
	if e.ids[c] != nil {
		return
	}
	e.ids[c] = make(map[string]bool)
	for _, seed := range c.seeds {
		e.ids[c][seed.id] = true
	}
}

// isCreated reports whether a resource in the path of n was created by an operation or by Set.
func (e *store) isCreated(n *node, values []string) bool {
	for _, parent := range n.items() {
		if c := e.api.collectionAt(parent.parent); c != nil {
			if i := e.setAt(c, values).find(values[parent.depth-1]); i != nil && i.created {
				return true
			}
		}
	}
	return false
}

// placed returns object with the ids of the path: in the fields with the names of the path
// parameters, or in the field id of the objects with these names, such as dialGroup for
// dialGroupId.
func (e *store) placed(c *collection, object map[string]any, values []string) map[string]any {
	for _, parent := range c.node.items() {
		name, id := mostCommon(parent.names), values[parent.depth-1]
		field := strings.TrimSuffix(name, "Id")
		reference, _ := object[field].(map[string]any)
		switch {
		case name == c.id:
		case c.object.Properties[name] != nil:
			object = e.api.with(c.object, object, name, id, false)
		case reference["id"] != nil && text(reference["id"]) != id:
			object = maps.Clone(object)
			object[field] = e.reference(parent, field, reference, values)
		}
	}
	return object
}

// reference returns old as a reference to the resource of a path parameter: its id, and its name
// as the description.
func (e *store) reference(parent *node, field string, old map[string]any, values []string) map[string]any {
	changed := e.api.with(&schema{}, map[string]any{"id": old["id"]}, "id", values[parent.depth-1], true)
	c := e.api.collectionAt(parent.parent)
	if c == nil || old["description"] == nil {
		return changed
	}
	i := e.setAt(c, values).find(values[parent.depth-1])
	name := "name"
	if c.object.Properties[name] == nil {
		name = c.similarField(append(words(field), name), name, nil)
	}
	if i != nil && i.object[name] != nil {
		changed["description"] = i.object[name]
	}
	return changed
}

// newID returns an id that no resource of the collection has or had. If the schema has a
// maximum, it is the lowest that is free.
func (e *store) newID(c *collection) string {
	e.reserve(c)
	for {
		e.lastID++
		id := strconv.FormatInt(e.lastID, 10)
		if !c.numeric && uuid.MatchString(c.seeds[0].id) {
			id = "00000000-0000-4000-8000-" + strings.Repeat("0", 12-len(id)) + id
		}
		if !e.api.allowsID(c, id) {
			id = e.lowestID(c)
		}
		if !e.ids[c][id] {
			e.ids[c][id] = true
			return id
		}
	}
}

// lowestID returns the lowest number that no resource of the collection has or had, as an id.
func (e *store) lowestID(c *collection) string {
	n := 1
	for e.ids[c][strconv.Itoa(n)] {
		n++
	}
	return strconv.Itoa(n)
}

// cascade removes all resources below a path.
func (e *store) cascade(key string) {
	below := func(path string) bool { return strings.HasPrefix(path, key+"/") }
	maps.DeleteFunc(e.sets, func(path string, _ *set) bool { return below(path) })
	maps.DeleteFunc(e.singles, func(path string, _ *item) bool { return below(path) })
}

// rename gives everything below a path another path, in which the parameters have other
// values.
func (e *store) rename(from, to string, values []string) {
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

// createParents creates the resources in the path of n that do not exist.
func (e *store) createParents(n *node, values []string) {
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

// create adds a resource with an id. The fields that the request lacks are those of the
// example.
func (e *store) create(s *set, object map[string]any, id string) *item {
	s.read()
	sample := e.placed(s.collection, e.api.newSample(s.collection), s.values)
	object = e.api.withID(s.collection, complete(object, sample), id)
	if conformed, ok := e.api.conform(s.element, object).(map[string]any); ok {
		object = conformed
	}
	i := &item{id: id, object: object, created: true}
	s.add(i)
	return i
}

// updated returns the fields of a resource after an update: those of the request, the id, and
// of the old ones those that a request cannot omit or set. As in RingCX, other fields that
// the request lacks are lost.
func (e *store) updated(s *set, old *item, object map[string]any) map[string]any {
	changed := maps.Clone(object)
	if changed == nil {
		changed = make(map[string]any)
	}
	for name, v := range old.object {
		if _, given := changed[name]; !given && (name == s.id || e.api.isKept(s.collection, name)) {
			changed[name] = v
		}
	}
	changed = e.api.withID(s.collection, changed, old.id)
	if old.foreign {
		return changed
	}
	conformed, ok := e.api.conform(s.element, changed).(map[string]any)
	if !ok {
		return changed
	}
	return conformed
}

// put replaces a resource by one with other fields.
func (e *store) put(s *set, old *item, object map[string]any) *item {
	changed := &item{id: old.id, object: object, created: old.created, foreign: old.foreign}
	s.replace(old.id, changed)
	return changed
}

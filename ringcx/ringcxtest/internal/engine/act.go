package engine

import (
	"maps"
	"net/url"
	"slices"
	"strings"
)

// save creates the resources of the body, and replaces those that exist. A POST always
// creates: an id in the body counts only if the ids are texts and it is new.
func (c *call) save() *Response {
	list, isList := c.body.([]any)
	if !isList {
		list = []any{c.body}
	}
	saved := make([]*item, 0, len(list))
	for _, v := range list {
		object, ok := v.(map[string]any)
		if !ok {
			return invalid("", "The body is not valid")
		}
		saved = append(saved, c.saveOne(c.set(), object))
	}
	if isList {
		return c.respondList(saved, len(saved))
	}
	return c.respondItem(saved[0])
}

// saveOne creates or replaces a resource.
func (c *call) saveOne(s *set, object map[string]any) *item {
	id := text(object[s.id])
	old := s.find(id)
	if old != nil && c.plan.action == actSave {
		return c.store(s, old, c.updated(s, old, object))
	}
	if id == "" || id == "0" || old != nil || s.numeric {
		id = c.newID(s.collection)
	}
	return c.create(s, object, id)
}

// create adds a resource with an id. The fields that the request lacks are those of the
// example.
func (c *call) create(s *set, object map[string]any, id string) *item {
	s.read()
	sample := c.placed(s.collection, c.api.newSample(s.collection), s.values)
	object = c.api.withID(s.collection, complete(object, sample), id)
	if conformed, ok := c.api.conform(s.element, object).(map[string]any); ok {
		object = conformed
	}
	i := &item{id: id, object: object, created: true}
	s.add(i)
	c.ids[s.collection][id] = true
	return i
}

// newSample returns the fields that a new resource has if the request lacks them: those of
// the example, except for lists of other resources.
func (a *API) newSample(c *collection) map[string]any {
	sample, ok := a.sample(c.element).(map[string]any)
	if !ok || len(sample) == 0 {
		sample = c.seeds[0].object
	}
	sample = maps.Clone(sample)
	for name, v := range sample {
		elements, isList := v.([]any)
		if isList && len(elements) > 0 && a.form(a.elements(c.object.Properties[name])) == "object" {
			delete(sample, name)
		}
	}
	return sample
}

// createAt creates the resource of the body with the id of the path. If it exists, it is
// replaced.
func (c *call) createAt() *Response {
	s := c.set()
	if old := s.find(c.id()); old != nil {
		return c.respondItem(c.store(s, old, c.updated(s, old, c.object())))
	}
	return c.respondItem(c.create(s, c.object(), c.id()))
}

// update replaces the resource in the path by the body, or changes the fields of the body.
func (c *call) update() *Response {
	s, old := c.set(), c.item()
	object := c.object()
	if c.plan.action == actPatch {
		object = complete(object, old.object)
	}
	return c.respondItem(c.store(s, old, c.updated(s, old, object)))
}

// updated returns the fields of a resource after an update: those of the request, the id, and
// of the old ones those that a request cannot omit or set. As in RingCX, other fields that
// the request lacks are lost.
func (c *call) updated(s *set, old *item, object map[string]any) map[string]any {
	changed := maps.Clone(object)
	if changed == nil {
		changed = make(map[string]any)
	}
	for name, v := range old.object {
		if _, given := changed[name]; !given && (name == s.id || c.api.isKept(s.collection, name)) {
			changed[name] = v
		}
	}
	changed = c.api.withID(s.collection, changed, old.id)
	conformed, ok := c.api.conform(s.element, changed).(map[string]any)
	if !ok {
		return changed
	}
	return conformed
}

// isKept reports whether a field keeps its value if an update lacks it.
func (a *API) isKept(c *collection, name string) bool {
	property := a.resolve(c.object.Properties[name])
	return slices.Contains(c.object.Required, name) || property != nil && property.ReadOnly
}

// store replaces a resource by one with other fields.
func (c *call) store(s *set, old *item, object map[string]any) *item {
	changed := &item{id: old.id, object: object, created: old.created}
	s.replace(old.id, changed)
	return changed
}

// delete removes the resource in the path and everything below it.
func (c *call) delete() *Response {
	s, old := c.set(), c.item()
	s.replace(old.id, nil)
	c.cascade(s.itemKey(old.id))
	return c.respondDone(old, 1)
}

// itemKey returns the path of a resource.
func (s *set) itemKey(id string) string { return s.node.key(s.values) + "/" + url.PathEscape(id) }

// deleteEach removes the resources that equal the request.
func (c *call) deleteEach() *Response {
	s := c.set()
	s.read()
	matching := c.matching(s.items)
	for _, i := range matching {
		s.remove(i)
		c.cascade(s.itemKey(i.id))
	}
	return c.respondDone(nil, len(matching))
}

// deleteIDs removes the resources whose ids are in the body. Those that do not exist are
// ignored.
func (c *call) deleteIDs() *Response {
	s, n := c.set(), 0
	ids, _ := c.body.([]any)
	for _, id := range ids {
		if i := s.find(text(id)); i != nil {
			s.replace(i.id, nil)
			c.cascade(s.itemKey(i.id))
			n++
		}
	}
	return c.respondDone(nil, n)
}

// clone copies the resource in the path, without what is below it. A parameter such as
// newGateName renames the copy, and one such as newGateGroupId gives it another parent.
func (c *call) clone() *Response {
	s, old := c.set(), c.item()
	target, missing := c.target(s)
	if missing != "" {
		return notFound(missing)
	}
	object := maps.Clone(old.object)
	for name := range c.Query {
		if field := s.nameField(name); field != "" {
			object[field] = c.Query.Get(name)
		}
	}
	maps.Copy(object, c.object())
	object = c.placed(s.collection, object, target.values)
	return c.respondItem(c.create(target, object, c.newID(s.collection)))
}

// move gives the resource in the path, and everything below it, another parent.
func (c *call) move() *Response {
	s, old := c.set(), c.item()
	target, missing := c.target(s)
	if missing != "" {
		return notFound(missing)
	}
	moved := &item{id: old.id, object: c.placed(s.collection, old.object, target.values), created: old.created}
	s.replace(old.id, nil)
	target.add(moved)
	c.rename(s.itemKey(old.id), target.itemKey(old.id), target.values)
	return c.respondDone(moved, 1)
}

// target returns the resources among which a copy is created: those of the parent that a
// parameter of the query names, or s. If that parent does not exist, target returns the name
// of the parameter.
func (c *call) target(s *set) (target *set, missing string) {
	name := c.api.targetOf(c.operation, s.collection)
	if name == "" || c.Query.Get(name) == "" {
		return s, ""
	}
	values := slices.Clone(s.values)
	values[len(values)-1] = c.Query.Get(name)
	parents := c.api.collectionAt(s.node.parent.parent)
	if parents != nil && c.setAt(parents, values).find(values[len(values)-1]) == nil {
		return nil, name
	}
	return c.setAt(s.collection, values), ""
}

// nameField returns the field that a parameter such as newGateName sets, or "".
func (c *collection) nameField(parameter string) string {
	name, ok := strings.CutPrefix(parameter, "new")
	if !ok || !strings.HasSuffix(name, "Name") {
		return ""
	}
	best, most := "", 0.0
	for field := range c.object.Properties {
		if !strings.HasSuffix(strings.ToLower(field), "name") {
			continue
		}
		if strings.EqualFold(field, name) {
			return field
		}
		if s := similarity(words(name), words(field)); s > most || s == most && field < best {
			best, most = field, s
		}
	}
	return best
}

// activate sets whether the resource in the path is active: to the only boolean of the
// body or of the query, or to true.
func (c *call) activate() *Response {
	s, old := c.set(), c.item()
	field, active := "isActive", any(true)
	if b, ok := c.body.(bool); ok {
		active = b
	}
	for name := range c.Query {
		active = c.Query.Get(name) == "true"
	}
	for name, v := range c.object() {
		field, active = name, v
	}
	for _, name := range []string{field, "isActive", "active", "enabled", "isEnabled"} {
		if s.object.Properties[name] != nil {
			field = name
			break
		}
	}
	object := maps.Clone(old.object)
	object[field] = active
	return c.respondItem(c.store(s, old, object))
}

// single reads or changes the only resource of a path.
func (c *call) single() *Response {
	key := c.operation.node.key(c.values)
	object, ok := c.singles[key]
	if !ok {
		object, _ = c.sampleResponse().(map[string]any)
	}
	if c.plan.action == actWrite {
		changed := c.object()
		if c.Method == "PATCH" {
			changed = complete(changed, object)
		}
		object = changed
		c.singles[key] = object
	}
	return c.respond(object)
}

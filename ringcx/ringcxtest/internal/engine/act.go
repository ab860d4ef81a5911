package engine

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// save creates the resources of the body. A POST always creates, other methods replace those that
// exist.
func (c call) save() *Response {
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

// saveOne creates or replaces a resource. A new one gets the id of the request, if the request
// chooses it and no resource had it, or else a new one.
func (c call) saveOne(s *set, object map[string]any) *item {
	id := text(object[s.id])
	old := s.find(id)
	if old != nil && c.plan.action == actSave {
		return c.put(s, old, c.updated(s, old, object))
	}
	isChosen := id != "" && id != "0" && !s.used[id] && c.api.choosesID(c.operation, s.collection)
	if !isChosen && (s.param != "" || id == "") {
		id = c.newID(s.collection)
	}
	return c.create(s, object, id)
}

// createAt creates the resource of the body with the id of the path. If it exists, it is
// replaced, unless the operation has no body.
func (c call) createAt() *Response {
	s := c.set()
	switch old := s.find(c.id()); {
	case old == nil:
		return c.respondItem(c.create(s, c.object(), c.id()))
	case c.body == nil:
		return c.respondItem(old)
	default:
		return c.respondItem(c.put(s, old, c.updated(s, old, c.object())))
	}
}

// update replaces the resource in the path by the body, or changes the fields of the body.
func (c call) update() *Response {
	s, old := c.set(), c.item()
	object := c.object()
	if c.plan.action == actPatch {
		object = complete(object, old.object)
	}
	return c.respondItem(c.put(s, old, c.updated(s, old, object)))
}

// delete removes the resource in the path and everything below it.
func (c call) delete() *Response {
	s, old := c.set(), c.item()
	s.replace(old.id, nil)
	c.cascade(s.itemKey(old.id))
	return c.respondDone(old, 1)
}

// deleteEach removes the resources that equal the request.
func (c call) deleteEach() *Response {
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
func (c call) deleteIDs() *Response {
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
func (c call) clone() *Response {
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

// move gives the resource in the path, and everything below it, another parent. It gets a new id
// if the parent has a resource with its id, which happens to examples only.
func (c call) move() *Response {
	s, old := c.set(), c.item()
	target, missing := c.target(s)
	if missing != "" {
		return notFound(missing)
	}
	moved := &item{id: old.id, object: c.placed(s.collection, old.object, target.values), created: old.created, foreign: old.foreign}
	if target.find(old.id) != nil {
		moved.id = c.newID(s.collection)
		moved.object = c.api.withID(s.collection, moved.object, moved.id)
	}
	s.replace(old.id, nil)
	target.add(moved)
	c.rename(s.itemKey(old.id), target.itemKey(moved.id), append(slices.Clone(target.values), moved.id))
	return c.respondDone(moved, 1)
}

// target returns the resources among which a copy is created: those of the parent that a
// parameter of the query names, or s. If that parent does not exist, target returns the name
// of the parameter.
func (c call) target(s *set) (target *set, missing string) {
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
	return c.similarField(words(name), "name", nil)
}

// activate sets whether the resource in the path is active: to the boolean in the body or in the
// query, or to true.
func (c call) activate() *Response {
	s, old := c.set(), c.item()
	field, active := "isActive", any(true)
	if b, ok := c.body.(bool); ok {
		active = b
	}
	for _, name := range slices.Sorted(maps.Keys(c.Query)) {
		if v := c.Query.Get(name); v == "true" || v == "false" {
			active = v == "true"
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.object())) {
		if v, ok := c.object()[name].(bool); ok {
			field, active = name, v
		}
	}
	for _, name := range []string{field, "isActive", "active", "enabled", "isEnabled"} {
		if s.object.Properties[name] != nil {
			field = name
			break
		}
	}
	object := maps.Clone(old.object)
	object[field] = active
	return c.respondItem(c.put(s, old, object))
}

// single reads or changes the only resource of a path.
func (c call) single() *Response {
	key := c.operation.node.key(c.values)
	i := c.singles[key]
	if i == nil {
		i = new(item)
		i.object, _ = c.sampleResponse().(map[string]any)
	}
	if c.plan.action == actWrite {
		changed := c.object()
		if c.Method == http.MethodPatch {
			changed = complete(changed, i.object)
		}
		i = &item{object: changed}
		c.singles[key] = i
	}
	if i.foreign {
		return c.respondJSON(i.encode(), true)
	}
	return c.respond(i.object)
}

package engine

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// call is a request, and what the actions do with it.
type call struct{ responder }

// actions respond to calls.
var actions = map[action]func(call) *Response{
	actList:       call.list,
	actSearch:     call.list,
	actCount:      call.list,
	actChildren:   call.children,
	actGet:        call.get,
	actCreate:     call.save,
	actSave:       call.save,
	actCreateAt:   call.createAt,
	actUpdate:     call.update,
	actPatch:      call.update,
	actActivate:   call.activate,
	actDelete:     call.delete,
	actDeleteEach: call.deleteEach,
	actDeleteIDs:  call.deleteIDs,
	actClone:      call.clone,
	actMove:       call.move,
	actRead:       call.single,
	actWrite:      call.single,
	actExample:    call.example,
}

// get responds with the resource in the path.
func (c call) get() *Response { return c.respondItem(c.item()) }

// list lists resources: all, those that equal the request, or a page of them.
func (c call) list() *Response {
	items := c.matching(c.set().all())
	total := len(items)
	if c.plan.action == actCount {
		return c.respond(IDValue(fmt.Sprint(total)))
	}
	items = c.page(items)
	if c.plan.nested {
		for n, i := range items {
			items[n] = c.nest(c.set(), i)
		}
	}
	return c.respondList(items, total)
}

// children lists the resources inside of the one in the path.
func (c call) children() *Response {
	s := c.set()
	elements, _ := c.item().object[s.tree].([]any)
	var items []*item
	for _, e := range elements {
		if object, ok := e.(map[string]any); ok {
			items = append(items, &item{id: text(object[s.id]), object: object, foreign: c.item().foreign})
		}
	}
	return c.respondList(c.page(items), len(items))
}

// nest returns a resource with those of its own collections, in the fields that have their
// schema or their name.
func (c call) nest(s *set, i *item) *item {
	if i.foreign || s.node.item == nil || i.id == "" {
		return i
	}
	object, foreign := maps.Clone(i.object), false
	for _, name := range slices.Sorted(maps.Keys(s.node.item.static)) {
		child := c.api.collectionAt(s.node.item.static[name])
		field := c.api.nestedField(s.collection, child)
		if field == "" {
			continue
		}
		below := c.setAt(child, append(slices.Clone(s.values), i.id))
		elements := make([]any, 0, len(below.all()))
		for _, b := range below.all() {
			nested := c.nest(below, b)
			elements = append(elements, nested.object)
			foreign = foreign || nested.foreign
		}
		object[field] = elements
	}
	return &item{id: i.id, object: object, foreign: foreign}
}

// nestedField returns the field of the resources of c that contains those of a collection
// below them, which may be nil, or "".
func (a *API) nestedField(c, child *collection) string {
	if child == nil {
		return ""
	}
	for _, name := range slices.Sorted(maps.Keys(c.object.Properties)) {
		element := a.elements(c.object.Properties[name])
		if element != nil && (a.same(element, child.element) || strings.EqualFold(name, child.node.name)) {
			return name
		}
	}
	return ""
}

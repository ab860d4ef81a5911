package engine

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// list lists resources: all, those that equal the request, or a page of them.
func (c *call) list() *Response {
	items := c.matching(c.set().all())
	total := len(items)
	if c.plan.action == actCount {
		return c.respond(idValue(fmt.Sprint(total)))
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
func (c *call) children() *Response {
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

// matching returns the items whose fields equal those of the request, as a new slice. Only
// the fields that the operation declares count, and of these only those of the resources. An
// array matches each of its values; null matches everything.
func (c *call) matching(items []*item) []*item {
	criteria := make(map[string]any)
	for _, name := range c.api.criteria(c.operation, c.plan.collection) {
		if values := c.Query[name]; len(values) > 0 {
			criteria[c.plan.collection.fieldFor(name)] = anyOf(values)
		} else if v := c.object()[name]; v != nil {
			criteria[c.plan.collection.fieldFor(name)] = v
		}
	}
	return slices.DeleteFunc(slices.Clone(items), func(i *item) bool { return !matches(i.object, criteria) })
}

func anyOf(values []string) []any {
	all := make([]any, len(values))
	for n, v := range values {
		all[n] = v
	}
	return all
}

// matches reports whether an object has the fields of criteria.
func matches(object, criteria map[string]any) bool {
	for name, want := range criteria {
		got := object[name]
		switch want := want.(type) {
		case []any:
			_, isList := got.([]any)
			if !isList && !slices.ContainsFunc(want, func(v any) bool { return equal(v, got) }) {
				return false
			}
		case map[string]any:
			nested, _ := got.(map[string]any)
			if !matches(nested, want) {
				return false
			}
		default:
			if !equal(want, got) {
				return false
			}
		}
	}
	return true
}

// page returns the items of the page that the request asks for. Without a number of rows,
// all are on the first page.
func (c *call) page(items []*item) []*item {
	page, hasPage := c.pagingValue("page")
	rows, hasRows := c.pagingValue("rows")
	first := 0
	if p := c.Paging; p != nil && p.First != nil {
		first = *p.First
	}
	page = max(page-first, 0)
	switch {
	case !hasRows && (!hasPage || page == 0):
		return items
	case !hasRows:
		return nil
	}
	start := min(len(items), page*rows)
	return items[start:min(len(items), start+rows)]
}

// pagingValue returns a number that selects a page, from the query or the body.
func (c *call) pagingValue(what string) (n int, ok bool) {
	names := map[string][]string{"page": {"page"}, "rows": {"maxRows", "pageSize"}}[what]
	if p := c.Paging; p != nil {
		names = []string{map[string]string{"page": p.Page, "rows": p.Rows}[what]}
	}
	for _, name := range names {
		value := c.Query.Get(name)
		if value == "" {
			value = text(c.object()[name])
		}
		if n, err := strconv.Atoi(value); err == nil && (n > 0 || what == "page" && n == 0) {
			return min(n, maxPaging), true
		}
	}
	return 0, false
}

// maxPaging keeps the product of a page and its rows from overflowing.
const maxPaging = 1 << 24

// nest returns a resource with those of its own collections, in the fields that have their
// schema or their name.
func (c *call) nest(s *set, i *item) *item {
	if i.foreign || s.node.item == nil || i.id == "" {
		return i
	}
	object := maps.Clone(i.object)
	for _, name := range slices.Sorted(maps.Keys(s.node.item.static)) {
		child := c.api.collectionAt(s.node.item.static[name])
		if child == nil {
			continue
		}
		field := c.api.nestedField(s.collection, child)
		if field == "" {
			continue
		}
		below := c.setAt(child, append(slices.Clone(s.values), i.id))
		elements := make([]any, 0, len(below.all()))
		for _, b := range below.all() {
			elements = append(elements, c.nest(below, b).object)
		}
		object[field] = elements
	}
	return &item{id: i.id, object: object}
}

// nestedField returns the field of the resources of c that contains those of a collection
// below them, or "".
func (a *API) nestedField(c, child *collection) string {
	for _, name := range slices.Sorted(maps.Keys(c.object.Properties)) {
		element := a.elements(c.object.Properties[name])
		if element != nil && (a.same(element, child.element) || strings.EqualFold(name, child.node.name)) {
			return name
		}
	}
	return ""
}

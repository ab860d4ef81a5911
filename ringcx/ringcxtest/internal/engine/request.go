package engine

import (
	"mime"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// request is a request that the engine responds to. The engine's mutex is held.
type request struct {
	*store
	*operation
	*Request
	plan   plan
	values []string // of the path parameters, in the order of the path
	body   any      // nil if there is none, or if it is neither JSON nor a form
}

// check returns the rejection of a request whose path has a resource that does not exist, or
// whose body is not valid. Otherwise it returns nil.
func (c *request) check() *Response {
	if missing := c.missing(); missing != "" {
		return notFound(missing)
	}
	return c.checkBody()
}

// missing returns the name of the first path parameter whose resource does not exist, or "".
func (c *request) missing() string {
	names := c.parameterNames()
	for _, n := range c.operation.node.items() {
		parent := c.api.collectionAt(n.parent)
		name, id := names[n.depth-1], c.values[n.depth-1]
		if parent == nil || !c.mustExist(n, parent.names(name)) {
			continue
		}
		s := c.setAt(parent, c.values)
		if s.find(id) == nil && !c.addExample(s, name, id) {
			return name
		}
	}
	return ""
}

// mustExist reports whether the resource of a path parameter must exist. isNamed is whether the
// name of the parameter is that of the resource.
func (c *request) mustExist(n *node, isNamed bool) bool {
	if c.plan.collection == nil || n != c.plan.collection.node.item {
		return isNamed
	}
	return c.plan.action != actCreateAt && (isNamed || c.plan.action != actList)
}

// addExample adds a resource with the id that is the example of the operation's path
// parameter, unless it was deleted or the resources are not examples. So the examples of all
// operations work.
func (c *request) addExample(s *set, name, id string) bool {
	if !s.sample || s.deleted[id] || id != c.api.pathExample(c.operation, name) {
		return false
	}
	s.add(&item{id: id, object: c.placed(s.collection, c.api.withID(s.collection, s.seeds[0].object, id), s.values)})
	return true
}

// decodeBody returns the body of JSON or of a form, or nil if it is neither, or a form that the
// operation does not declare.
func (c *request) decodeBody() any {
	mediaType, _, _ := mime.ParseMediaType(c.ContentType)
	switch {
	case len(c.Body) == 0:
	case mediaType == formType && c.api.details(c.operation).bodyType == formType:
		form, _ := url.ParseQuery(string(c.Body))
		object := make(map[string]any)
		for name, values := range form {
			object[name] = values[0]
		}
		return object
	case mediaType == jsonType, mediaType == "", strings.HasSuffix(mediaType, "+json"):
		return value(c.Body)
	}
	return nil
}

// checkBody returns the rejection of a body that is missing or not valid, or nil.
func (c *request) checkBody() *Response {
	d := c.api.details(c.operation)
	switch {
	case c.body == nil && (d.needsBody || d.body != nil && c.plan.takesBody()):
		return invalid("", "The body is missing or not valid JSON")
	case c.body == nil || d.body == nil || d.bodyType != jsonType || c.api.fits(d.body.Schema, c.body):
		return nil
	}
	if name, problem := c.api.misfit(d.body.Schema, c.object()); name != "" {
		return invalid(name, problem)
	}
	return invalid("", "The body is not valid")
}

// set returns the resources of the plan's collection.
func (c *request) set() *set { return c.setAt(c.plan.collection, c.values) }

// id returns the id in the path of the resource of the plan's collection.
func (c *request) id() string { return c.values[c.plan.collection.node.depth] }

// item returns the resource in the path, which exists.
func (c *request) item() *item { return c.set().find(c.id()) }

// object returns the body as an object, which is empty if the body is none.
func (c *request) object() map[string]any {
	object, _ := c.body.(map[string]any)
	return object
}

// matching returns the items whose fields equal those of the request, as a new slice. Only
// the fields that the operation declares count, and of these only those of the resources. An
// array matches each of its values; null and an empty array match everything.
func (c *request) matching(items []*item) []*item {
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
			if len(want) > 0 && !intersect(want, got) {
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

// intersect reports whether a value, or an element of it if it is an array, is one of those
// wanted.
func intersect(want []any, got any) bool {
	list, isList := got.([]any)
	if !isList {
		list = []any{got}
	}
	return slices.ContainsFunc(list, func(v any) bool {
		return slices.ContainsFunc(want, func(w any) bool { return equal(v, w) })
	})
}

// page returns the items of the page that the request asks for.
func (c *request) page(items []*item) []*item {
	start, end := c.Page(len(items))
	return items[start:end]
}

// Page returns which of n elements are on the page that the request asks for: those from start
// up to end. Without a number of rows, all are on the first page.
func (c *request) Page(n int) (start, end int) {
	page, hasPage := c.pagingValue("page")
	rows, hasRows := c.pagingValue("rows")
	first := 0
	if p := c.Paging; p != nil && p.First != nil {
		first = *p.First
	}
	page = max(page-first, 0)
	switch {
	case !hasRows && (!hasPage || page == 0):
		return 0, n
	case !hasRows:
		return n, n
	}
	start = min(n, page*rows)
	return start, min(n, start+rows)
}

// pagingValue returns a number that selects a page, from the query or the body.
func (c *request) pagingValue(what string) (n int, ok bool) {
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

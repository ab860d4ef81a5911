package engine

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
)

// seed is a resource with which a collection begins.
type seed struct {
	id     string
	object map[string]any
}

// seedsOf returns the resources with which a collection begins: the examples of its
// operations, and one with the id that is the example of the path parameter.
func (a recognizer) seedsOf(c *collection, list *operation) []seed {
	objects := a.exampleObjects(c, list)
	want := a.exampleID(c)
	var all []seed
	seen := make(map[string]bool)
	for n, object := range objects {
		id := text(object[c.id])
		if id == "" && c.param != "" {
			if id = want; seen[id] || id == "" {
				id = strconv.Itoa(n + 1)
			}
			object = a.withID(c, object, id)
		}
		if id == "" || !seen[id] {
			all = append(all, seed{id, object})
		}
		seen[id] = true
	}
	if want != "" && !seen[want] {
		all = append(all, seed{want, a.withID(c, all[0].object, want)})
	}
	return all
}

// exampleObjects returns the examples of the resources, without repetitions.
func (a recognizer) exampleObjects(c *collection, list *operation) []map[string]any {
	var all []map[string]any
	add := func(v any) {
		object, ok := v.(map[string]any)
		isKnown := func(other map[string]any) bool { return equal(other, object) }
		if ok && !slices.ContainsFunc(all, isKnown) {
			all = append(all, object)
		}
	}
	if list != nil && a.same(a.listed(a.returns(list)), c.element) {
		a.eachListed(list, add)
	}
	get := c.node.item.operation(http.MethodGet)
	if get != nil && a.same(a.returns(get), c.element) {
		_, m := a.details(get).response()
		for _, v := range a.examples(m) {
			add(v)
		}
	}
	if len(all) == 0 {
		add(a.conform(c.element, a.sample(c.element)))
	}
	if len(all) == 0 {
		add(make(map[string]any))
	}
	return all
}

// eachListed calls add for the elements of the examples of a list.
func (a recognizer) eachListed(list *operation, add func(any)) {
	_, m := a.details(list).response()
	for _, v := range a.examples(m) {
		for _, e := range a.elementsIn(m.Schema, v) {
			add(e)
		}
	}
}

// elementsIn returns the elements of a list with a schema of [API.listed].
func (a recognizer) elementsIn(s *schema, v any) []any {
	object, ok := v.(map[string]any)
	if !ok {
		elements, _ := v.([]any)
		return elements
	}
	var all []any
	envelope := a.envelope(s)
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if elements, ok := object[name].([]any); ok && (envelope == "" || name == envelope) {
			all = append(all, elements...)
		}
	}
	return all
}

// exampleID returns the example of the path parameter of a resource, or "".
func (a recognizer) exampleID(c *collection) string {
	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete, http.MethodPatch} {
		if o := c.node.item.operation(method); o != nil {
			if id := a.pathExample(o, c.param); id != "" {
				return id
			}
		}
	}
	return ""
}

// newSample returns the fields that a new resource has if the request lacks them: those of
// the example, except for lists of other resources.
func (a recognizer) newSample(c *collection) map[string]any {
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

// isKept reports whether a field keeps its value if an update lacks it.
func (a recognizer) isKept(c *collection, name string) bool {
	property := a.resolve(c.object.Properties[name])
	return slices.Contains(c.object.Required, name) || property != nil && property.ReadOnly
}

// allowsID reports whether the schema of the resources allows an id.
func (a recognizer) allowsID(c *collection, id string) bool {
	property := c.object.Properties[c.id]
	return a.fits(property, id) || isDecimal(id) && a.fits(property, json.Number(id))
}

// choosesID reports whether a request chooses the id of a new resource: ids are texts, or the
// body must have one, or no path contains it.
func (a *API) choosesID(o *operation, c *collection) bool {
	body := a.takes(o)
	if elements := a.elements(body); elements != nil {
		body = elements
	}
	s := a.object(body)
	return !c.numeric || c.param == "" || s != nil && slices.Contains(s.Required, c.id)
}

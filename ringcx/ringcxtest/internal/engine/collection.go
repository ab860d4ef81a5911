package engine

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// collection is a set of resources with the same schema, such as the campaigns of a dial
// group. It does not contain the resources: these are in an [Engine].
type collection struct {
	node    *node
	element *schema // of a resource
	object  *schema // element, resolved
	param   string  // the parameter that identifies a resource in a path, or ""
	id      string  // the field with the id, or ""
	numeric bool    // the id may be a number
	closed  bool    // the schema excludes fields, or has some that are only for requests
	tree    string  // the field with further resources of the same schema, or ""
	seeds   []seed
}

// collectionAt returns the collection of a node, or nil if it is none.
func (a *API) collectionAt(n *node) *collection {
	if n == nil {
		return nil
	}
	n.once.Do(func() { n.collection = a.recognize(n) })
	return n.collection
}

// recognize returns the collection of a node. A static node is one if an operation lists
// objects, gets one or responds with one that it updates, and if the resources have paths or
// change, or at least are not those of a collection above.
func (a *API) recognize(n *node) *collection {
	if n.isParam || n.parent == nil {
		return nil
	}
	list := n.operation(http.MethodGet)
	if list != nil && a.listed(a.returns(list)) == nil {
		list = nil
	}
	element := a.elementOf(n, list)
	if element == nil || !a.isStateful(n, list, element) {
		return nil
	}
	c := &collection{node: n, element: element, object: a.object(element)}
	if n.item != nil {
		c.param = mostCommon(n.item.names)
	}
	c.closed = isClosed(c.object)
	c.id = a.idField(c)
	c.tree = a.treeField(c)
	c.seeds = a.seedsOf(c, list)
	c.numeric = a.isNumeric(c)
	return c
}

// isStateful reports whether the resources of a node can change or have paths, or are only a
// list, and not a list of the resources of a collection above.
func (a *API) isStateful(n *node, list *operation, element *schema) bool {
	changes := n.item.operation(http.MethodPut) != nil || n.item.operation(http.MethodPatch) != nil || n.item.operation(http.MethodDelete) != nil
	for _, method := range []string{http.MethodPost, http.MethodPut} {
		if o := n.operation(method); o != nil && a.takes(o) != nil {
			changes = true
		}
	}
	if changes || list == nil {
		return changes
	}
	above := a.above(n)
	return n.item != nil || above == nil || !a.same(above.element, element)
}

// above returns the nearest collection above n.
func (a *API) above(n *node) *collection {
	for n = n.parent; n != nil; n = n.parent {
		if c := a.collectionAt(n); c != nil {
			return c
		}
	}
	return nil
}

// elementOf returns the schema of the resources of a node: what an operation gets, lists, or
// responds with after an update. It returns nil if there is none.
func (a *API) elementOf(n *node, list *operation) *schema {
	var elements []*schema
	if o := n.item.operation(http.MethodGet); o != nil {
		elements = append(elements, a.returns(o))
	}
	if list != nil {
		elements = append(elements, a.listed(a.returns(list)))
	}
	for _, method := range []string{http.MethodPut, http.MethodPatch} {
		if o := n.item.operation(method); o != nil {
			elements = append(elements, a.returns(o))
		}
	}
	for _, s := range elements {
		if s != nil && a.form(s) == "object" {
			return s
		}
	}
	return nil
}

// listed returns the schema of the objects in a list: an array, an object with one array of
// objects, or a map of arrays. It returns nil if s is none of these.
func (a *API) listed(s *schema) *schema {
	element := s
	switch a.form(s) {
	case "array":
		element = a.elements(s)
	case "map":
		element = a.elements(s)
		if a.form(element) != "array" {
			return nil
		}
		element = a.elements(element)
	case "object":
		name := a.envelope(s)
		if name == "" {
			return nil
		}
		element = a.elements(a.object(s).Properties[name])
	default:
		return nil
	}
	if a.form(element) != "object" {
		return nil
	}
	return element
}

// envelope returns the field of an object that contains a list: its only array of objects, if
// all other fields are numbers, booleans or texts about the list, such as a total. It returns
// "" if the object is no envelope.
func (a *API) envelope(s *schema) string {
	o := a.object(s)
	if o == nil || len(o.Properties) > maxEnvelope {
		return ""
	}
	found := ""
	for name, property := range o.Properties {
		switch a.form(property) {
		case "array":
			if found != "" || a.form(a.elements(property)) != "object" {
				return ""
			}
			found = name
		case "integer", "number", "boolean":
		default:
			if !slices.Contains(envelopeTexts, name) {
				return ""
			}
		}
	}
	return found
}

// maxEnvelope is how many fields an object around a list has at most.
const maxEnvelope = 8

// envelopeTexts are fields of an object around a list that are not numbers.
var envelopeTexts = []string{"sort", "order", "orderBy", "paging", "navigation", "next", "nextPage", "previous", "uri", "pageToken", "nextPageToken"}

// idField returns the field of the resources that contains their id: the one with the name of the
// path parameter, or "id", or the one ending in Id whose name has most words in common with
// the parameter or the collection. If there is none, it is a field with the name of the
// parameter that the schema does not have, or "" if there is no parameter either.
func (a *API) idField(c *collection) string {
	for _, name := range []string{c.param, "id"} {
		if _, ok := c.object.Properties[name]; ok && name != "" {
			return name
		}
	}
	want := words(c.param)
	if c.param == "" {
		want = append(words(strings.TrimSuffix(c.node.name, "s")), "id")
	}
	taken := make(map[string]bool)
	for _, item := range c.node.items() {
		for name := range item.names {
			taken[name] = true
		}
	}
	best, most := "", 0.0
	for name := range c.object.Properties {
		if taken[name] || !strings.HasSuffix(strings.ToLower(name), "id") {
			continue
		}
		if s := similarity(want, words(name)); s > most || s == most && name < best {
			best, most = name, s
		}
	}
	if best == "" && !isClosed(c.object) {
		return c.param
	}
	return best
}

// words returns the words of a name in camel case, in lower case.
func words(name string) []string {
	var all []string
	start := 0
	runes := []rune(name)
	for i := 1; i <= len(runes); i++ {
		if i == len(runes) || unicode.IsUpper(runes[i]) && !unicode.IsUpper(runes[i-1]) {
			all = append(all, strings.ToLower(string(runes[start:i])))
			start = i
		}
	}
	return all
}

// similarity returns how many words of two names are the same or the beginning of each other,
// relative to all words. It is 0 if they share no word but "id" or "name".
func similarity(a, b []string) float64 {
	common := 0
	onlyCommonSuffix := true
	for _, w := range a {
		if i := slices.IndexFunc(b, func(v string) bool { return strings.HasPrefix(w, v) || strings.HasPrefix(v, w) }); i >= 0 {
			common++
			onlyCommonSuffix = onlyCommonSuffix && (w == "id" || w == "name")
		}
	}
	if onlyCommonSuffix {
		return 0
	}
	return float64(common) / float64(len(a)+len(b)-common)
}

// treeField returns the field children if it contains resources of the same schema.
func (a *API) treeField(c *collection) string {
	const children = "children"
	if a.same(a.elements(c.object.Properties[children]), c.object) {
		return children
	}
	return ""
}

// isNumeric reports whether new ids of a collection are numbers: by the schema, and if that
// allows both, by the first example.
func (a *API) isNumeric(c *collection) bool {
	property := c.object.Properties[c.id]
	if property == nil {
		return true
	}
	_, isText := c.seeds[0].object[c.id].(string)
	return a.fits(property, json.Number("1")) && !(isText && a.fits(property, "1"))
}

// seed is a resource with which a collection begins.
type seed struct {
	id     string
	object map[string]any
}

// seedsOf returns the resources with which a collection begins: the examples of its
// operations, and one with the id that is the example of the path parameter.
func (a *API) seedsOf(c *collection, list *operation) []seed {
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
func (a *API) exampleObjects(c *collection, list *operation) []map[string]any {
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
func (a *API) eachListed(list *operation, add func(any)) {
	_, m := a.details(list).response()
	for _, v := range a.examples(m) {
		for _, e := range a.elementsIn(m.Schema, v) {
			add(e)
		}
	}
}

// elementsIn returns the elements of a list with a schema of [API.listed].
func (a *API) elementsIn(s *schema, v any) []any {
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
func (a *API) exampleID(c *collection) string {
	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete, http.MethodPatch} {
		if o := c.node.item.operation(method); o != nil {
			if id := a.pathExample(o, c.param); id != "" {
				return id
			}
		}
	}
	return ""
}

// pathExample returns the example of a path parameter of an operation, or "".
func (a *API) pathExample(o *operation, name string) string {
	for _, p := range a.details(o).parameters {
		if p.In == "path" && p.Name == name {
			return a.exampleOf(p)
		}
	}
	return ""
}

// withID returns object with an id.
func (a *API) withID(c *collection, object map[string]any, id string) map[string]any {
	if c.id == "" {
		return object
	}
	return a.with(c.object, object, c.id, id)
}

// with returns object with a text as the value of a field. The value is a number if the schema
// of objects wants one, or allows it and the field was one before.
func (a *API) with(s *schema, object map[string]any, name, text string) map[string]any {
	property := s.Properties[name]
	_, wasText := object[name].(string)
	var v any = text
	isNumber := isDecimal(text) && a.fits(property, json.Number(text))
	if isNumber && !(wasText && a.fits(property, v)) {
		v = json.Number(text)
	}
	all := maps.Clone(object)
	all[name] = v
	return all
}

// isDecimal reports whether a text is an integer in its usual form.
func isDecimal(text string) bool {
	n, err := strconv.ParseInt(text, 10, 64)
	return err == nil && strconv.FormatInt(n, 10) == text
}

package engine

import (
	"encoding/json"
	"net/http"
	"slices"
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

// recognizer finds the collections of a document.
type recognizer struct{ declarations }

// collectionAt returns the collection of a node, or nil if it is none.
func (a recognizer) collectionAt(n *node) *collection {
	if n == nil {
		return nil
	}
	n.once.Do(func() { n.collection = a.recognize(n) })
	return n.collection
}

// recognize returns the collection of a node. A static node is one if an operation lists
// objects, gets one or responds with one that it updates, and if the resources have paths or
// change, or at least are not those of a collection above.
func (a recognizer) recognize(n *node) *collection {
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
func (a recognizer) isStateful(n *node, list *operation, element *schema) bool {
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
func (a recognizer) above(n *node) *collection {
	for n = n.parent; n != nil; n = n.parent {
		if c := a.collectionAt(n); c != nil {
			return c
		}
	}
	return nil
}

// elementOf returns the schema of the resources of a node: what an operation gets, lists, or
// responds with after an update. It returns nil if there is none.
func (a recognizer) elementOf(n *node, list *operation) *schema {
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

// idField returns the field of the resources that contains their id: the one with the name of the
// path parameter, or "id", or the one ending in Id whose name has most words in common with
// the parameter or the collection. If there is none, it is a field with the name of the
// parameter that the schema does not have, or "" if there is no parameter either.
func (a recognizer) idField(c *collection) string {
	for _, name := range []string{c.param, "id"} {
		if _, ok := c.object.Properties[name]; ok && name != "" {
			return name
		}
	}
	want := words(c.param)
	if c.param == "" {
		want = append(words(strings.TrimSuffix(c.node.name, "s")), "id")
	}
	above := make(map[string]bool)
	for _, item := range c.node.items() {
		for name := range item.names {
			above[name] = true
		}
	}
	name := c.similarField(want, "id", above)
	switch isSure := similarity(want, words(name)) > 0.5; {
	case name == "" && !isClosed(c.object):
		return c.param
	case c.param == "" && !isSure: // without a path, it may be the id of something else
		return ""
	}
	return name
}

// similarField returns the field of the resources with the suffix whose name has most words in
// common with some words, or "" if there is none. It omits the fields in except.
func (c *collection) similarField(want []string, suffix string, except map[string]bool) string {
	best, most := "", 0.0
	for name := range c.object.Properties {
		if except[name] || !strings.HasSuffix(strings.ToLower(name), suffix) {
			continue
		}
		if s := similarity(want, words(name)); s > most || s == most && name < best {
			best, most = name, s
		}
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
func (a recognizer) treeField(c *collection) string {
	const children = "children"
	if a.same(a.elements(c.object.Properties[children]), c.object) {
		return children
	}
	return ""
}

// isNumeric reports whether new ids of a collection are numbers: by the schema, and if that
// allows both, by the first example.
func (a recognizer) isNumeric(c *collection) bool {
	property := c.object.Properties[c.id]
	if property == nil {
		return true
	}
	_, isText := c.seeds[0].object[c.id].(string)
	return a.fits(property, json.Number("1")) && !(isText && a.fits(property, "1"))
}

// names reports whether a path parameter with this name identifies a resource of c, and
// not a resource of another kind. Versions of a path may have different names.
func (c *collection) names(parameter string) bool {
	return parameter == c.param || parameter == c.id || aliases[parameter] == c.param
}

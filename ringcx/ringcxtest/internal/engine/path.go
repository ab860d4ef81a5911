package engine

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// node is a path template without its version prefix, for example /users/{userId}. Paths
// that differ only in the prefix and in the names of parameters are one node: their
// operations work on the same resources.
type node struct {
	name     string // of a static segment; empty for a parameter
	parent   *node  // nil for the root
	static   map[string]*node
	item     *node // the parameter below this node, or nil
	isParam  bool
	depth    int // number of parameters in the path
	ops      map[string][]*operation
	names    map[string]int // how many operations use a name for the parameter
	prefixes map[string]int // how many operations have a prefix, here and at the item

	once       sync.Once
	collection *collection
}

// version matches the segment of a version, such as v1 or v2-skinny.
var version = regexp.MustCompile(`^v[0-9]+(-[a-z]+)?$`)

// folded are the segments before the resources that are folded away, besides versions.
var folded = []string{"api", "voice", "cx", "integration", "admin"}

// fold splits a path into its prefix, such as /voice/api/v1/admin, and the segments
// after it.
func fold(path string) (prefix string, segments []string) {
	segments = strings.Split(strings.Trim(path, "/"), "/")
	n := 0
	for n < len(segments)-1 && (slices.Contains(folded, segments[n]) || version.MatchString(segments[n])) {
		n++
	}
	return strings.Join(segments[:n], "/"), segments[n:]
}

func isParameter(segment string) bool {
	return strings.HasPrefix(segment, "{") && strings.HasSuffix(segment, "}")
}

// add adds an operation below the root, and returns its node.
func (n *node) add(o *operation) *node {
	prefix, segments := fold(o.Path)
	o.prefix = prefix
	for _, s := range segments {
		if isParameter(s) {
			n = n.addItem(s[1 : len(s)-1])
		} else {
			n = n.addStatic(s)
		}
	}
	if n.ops == nil {
		n.ops = make(map[string][]*operation)
	}
	n.ops[o.Method] = append(n.ops[o.Method], o)
	n.countPrefix(prefix)
	if n.isParam {
		n.parent.countPrefix(prefix)
	}
	return n
}

func (n *node) addItem(name string) *node {
	if n.item == nil {
		n.item = &node{parent: n, isParam: true, depth: n.depth + 1, names: make(map[string]int)}
	}
	n.item.names[name]++
	return n.item
}

func (n *node) addStatic(name string) *node {
	if n.static == nil {
		n.static = make(map[string]*node)
	}
	if n.static[name] == nil {
		n.static[name] = &node{name: name, parent: n, depth: n.depth}
	}
	return n.static[name]
}

func (n *node) countPrefix(prefix string) {
	if n.prefixes == nil {
		n.prefixes = make(map[string]int)
	}
	n.prefixes[prefix]++
}

// mostCommon returns the key with the largest count, the first of several in their order.
func mostCommon(counts map[string]int) string {
	best := ""
	for key, n := range counts {
		if m := counts[best]; best == "" || n > m || n == m && key < best {
			best = key
		}
	}
	return best
}

// operation returns the operation of n with a method. Of several versions it returns the
// one with the prefix that most operations of the collection have.
func (n *node) operation(method string) *operation {
	if n == nil || len(n.ops[method]) == 0 {
		return nil
	}
	counted := n
	if n.isParam {
		counted = n.parent
	}
	all := n.ops[method]
	best := all[0]
	for _, o := range all[1:] {
		if counted.prefixes[o.prefix] > counted.prefixes[best.prefix] {
			best = o
		}
	}
	return best
}

// template returns the path template of n, with {} for parameters.
func (n *node) template() string {
	switch {
	case n.parent == nil:
		return ""
	case n.isParam:
		return n.parent.template() + "/{}"
	}
	return n.parent.template() + "/" + n.name
}

// key returns the path of n for some values of its parameters. It identifies a collection or a
// resource.
func (n *node) key(values []string) string {
	switch {
	case n.parent == nil:
		return ""
	case n.isParam:
		return n.parent.key(values) + "/" + url.PathEscape(values[n.depth-1])
	}
	return n.parent.key(values) + "/" + n.name
}

// items returns the nodes of the parameters from the root to n.
func (n *node) items() []*node {
	if n.parent == nil {
		return nil
	}
	all := n.parent.items()
	if n.isParam {
		all = append(all, n)
	}
	return all
}

// find returns the node of a path and the values of its parameters. The path is one on the
// wire, with or without a version prefix. It prefers static segments.
func (n *node) find(path string) (found *node, values []string) {
	_, segments := fold(path)
	return n.findSegments(segments, nil)
}

func (n *node) findSegments(segments, values []string) (*node, []string) {
	if len(segments) == 0 {
		return n, values
	}
	if s := n.static[segments[0]]; s != nil {
		if found, v := s.findSegments(segments[1:], values); found != nil {
			return found, v
		}
	}
	if n.item == nil || segments[0] == "" {
		return nil, nil
	}
	value, err := url.PathUnescape(segments[0])
	if err != nil {
		return nil, nil
	}
	return n.item.findSegments(segments[1:], append(slices.Clip(values), value))
}

// at returns the node below the root with a template such as /users/{}/roles, or nil.
func (n *node) at(template string) *node {
	for segment := range strings.SplitSeq(strings.Trim(template, "/"), "/") {
		switch {
		case n == nil:
			return nil
		case segment == "{}":
			n = n.item
		default:
			n = n.static[segment]
		}
	}
	return n
}

// parameterNames returns the names of the parameters of an operation in the order of its path.
func (o *operation) parameterNames() []string {
	var names []string
	for s := range strings.SplitSeq(o.Path, "/") {
		if isParameter(s) {
			names = append(names, s[1:len(s)-1])
		}
	}
	return names
}

package engine

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// lifecycle is a collection whose resources can be created, listed, got and deleted.
type lifecycle struct {
	*collection
	create, list, get, remove *operation
	body                      string
}

// lifecycles returns the collections of an API that have all four operations.
func lifecycles(a *API) []lifecycle {
	found := make(map[*collection]*lifecycle)
	for _, id := range slices.Sorted(maps.Keys(a.operations)) {
		o := a.operations[id]
		p := a.planOf(o)
		c := p.collection
		if c == nil || p.isTable || c.id == "" || c.node.operation(o.Method) != o && c.node.item.operation(o.Method) != o {
			continue
		}
		if found[c] == nil {
			found[c] = &lifecycle{collection: c}
		}
		switch p.action {
		case actCreate:
			found[c].create = o
			examples := a.examples(a.details(o).body)
			if len(examples) == 0 {
				examples = []any{a.sample(a.takes(o))}
			}
			found[c].body = string(encode(examples[0]))
		case actList:
			found[c].list = o
		case actGet:
			found[c].get = o
		case actDelete:
			found[c].remove = o
		}
	}
	var all []lifecycle
	for _, l := range found {
		if l.create != nil && l.list != nil && l.get != nil && l.remove != nil && l.body[0] == '{' && a.details(l.create).bodyType == jsonType {
			all = append(all, *l)
		}
	}
	slices.SortFunc(all, func(l, m lifecycle) int { return strings.Compare(l.node.template(), m.node.template()) })
	return all
}

// model is what an Engine should contain.
type model struct {
	client
	t       testing.TB
	all     []lifecycle
	live    map[string][]string        // ids by the path of the collection, once it was listed
	created map[string]bool            // paths of resources that were created
	used    map[string]map[string]bool // ids that a collection had, by its template
	input   []byte
}

// pick returns the next byte of the input, modulo n.
func (m *model) pick(n int) int {
	if len(m.input) == 0 {
		return 0
	}
	b := m.input[0]
	m.input = m.input[1:]
	return int(b) % n
}

// path returns the path of a collection below resources that exist, chosen by the input. It
// returns "" if there are none.
func (m *model) path(l lifecycle) string {
	path := ""
	for _, segment := range l.node.segments() {
		if segment != "{}" {
			path += "/" + segment
			continue
		}
		ids := m.above(path)
		if len(ids) == 0 {
			return ""
		}
		path += "/" + ids[m.pick(len(ids))]
	}
	return path
}

// above returns the ids that a resource in a path can have.
func (m *model) above(path string) []string {
	n, values := m.api.root.find(path)
	if i := slices.IndexFunc(m.all, func(l lifecycle) bool { return l.node == n }); i >= 0 {
		return m.ids(m.all[i], path)
	}
	c := m.api.collectionAt(n)
	if c == nil {
		return []string{"333333"} // anything
	}
	var ids []string
	for _, i := range m.setAt(c, values).all() {
		ids = append(ids, i.id)
	}
	return ids
}

// segments returns the segments of the template of n.
func (n *node) segments() []string { return strings.Split(n.template(), "/")[1:] }

// template returns the template of a path.
func (m *model) template(path string) string {
	n, _ := m.api.root.find(path)
	return n.template()
}

// call sends a request to an operation with the values of a path.
func (m *model) call(o *operation, path, body string) *Response {
	n, values := m.api.root.find(path)
	if n == nil {
		m.t.Fatalf("%s: no such path %q", o.ID, path)
	}
	names := o.parameterNames()
	return m.Serve(o.Operation, &Request{
		PathValue: func(name string) string { return values[slices.Index(names, name)] },
		Body:      []byte(body), ContentType: jsonType,
	})
}

// listed returns the ids that the Engine lists.
func (m *model) listed(l lifecycle, path string) []string {
	r := m.call(l.list, path, "")
	if r.Problem != nil {
		m.t.Fatalf("list %s: %d %s", path, r.Status, r.Problem.Message)
	}
	var ids []string
	for _, e := range m.api.elementsIn(m.api.returns(l.list), value(r.Body)) {
		ids = append(ids, text(e.(map[string]any)[l.id]))
	}
	return ids
}

// ids returns the ids that a collection should have. The first time it lists them: below a new
// resource there must be none.
func (m *model) ids(l lifecycle, path string) []string {
	ids, ok := m.live[path]
	if !ok {
		ids = m.listed(l, path)
		for above := range m.created {
			if strings.HasPrefix(path, above+"/") && len(ids) > 0 {
				m.t.Fatalf("%s has %q, but %s is new", path, ids, above)
			}
		}
		m.live[path] = ids
	}
	if m.used[l.node.template()] == nil {
		m.used[l.node.template()] = make(map[string]bool)
	}
	for _, id := range ids {
		m.used[l.node.template()][id] = true
	}
	return ids
}

func (m *model) check(l lifecycle, path string) {
	if want, got := m.ids(l, path), m.listed(l, path); !slices.Equal(want, got) {
		m.t.Fatalf("%s lists %q, want %q", path, got, want)
	}
}

// create creates a resource and checks that its id is new.
func (m *model) create(l lifecycle, path string) {
	before := m.ids(l, path)
	if r := m.call(l.create, path, l.body); r.Status > 299 {
		m.t.Fatalf("create %s: %d", path, r.Status)
	}
	after := m.listed(l, path)
	if len(after) != len(before)+1 || !slices.Equal(after[:len(before)], before) {
		m.t.Fatalf("create %s: lists %q, before %q", path, after, before)
	}
	id := after[len(before)]
	if m.used[l.node.template()][id] {
		m.t.Fatalf("create %s: the id %s was used before", path, id)
	}
	m.used[l.node.template()][id] = true
	m.live[path], m.created[path+"/"+id] = after, true
}

// remove deletes a resource, and expects that nothing below it is found.
func (m *model) remove(l lifecycle, path string) {
	ids := m.ids(l, path)
	if len(ids) == 0 {
		return
	}
	n := m.pick(len(ids))
	gone := path + "/" + ids[n]
	if r := m.call(l.remove, gone, ""); r.Status > 299 {
		m.t.Fatalf("delete %s: %d", gone, r.Status)
	}
	m.live[path] = slices.Delete(slices.Clone(ids), n, n+1)
	below := func(other string) bool { return strings.HasPrefix(other, gone+"/") }
	for child := range m.live {
		if below(child) {
			i := slices.IndexFunc(m.all, func(l lifecycle) bool { return l.node.template() == m.template(child) })
			if r := m.call(m.all[i].list, child, ""); r.Status != http.StatusNotFound {
				m.t.Fatalf("list %s: %d although %s was deleted", child, r.Status, gone)
			}
		}
	}
	maps.DeleteFunc(m.live, func(child string, _ []string) bool { return below(child) })
	maps.DeleteFunc(m.created, func(child string, _ bool) bool { return child == gone || below(child) })
	if r := m.call(l.get, gone, ""); r.Status != http.StatusNotFound {
		m.t.Fatalf("get %s after it was deleted: %d", gone, r.Status)
	}
}

func (m *model) get(l lifecycle, path string) {
	ids := m.ids(l, path)
	if len(ids) == 0 {
		return
	}
	id := ids[m.pick(len(ids))]
	r := m.call(l.get, path+"/"+id, "")
	object, _ := value(r.Body).(map[string]any)
	if r.Status != http.StatusOK || text(object[l.id]) != id {
		m.t.Fatalf("get %s/%s: %d %s", path, id, r.Status, r.Body)
	}
}

// runModel compares an Engine with the model: what was created is listed and got until it or
// something above it is deleted.
func runModel(t testing.TB, a *API, all []lifecycle, input []byte) {
	m := &model{
		client: client{New(a), a.document}, t: t, all: all, input: input,
		live: make(map[string][]string), created: make(map[string]bool), used: make(map[string]map[string]bool),
	}
	for len(m.input) > 0 {
		l := m.all[m.pick(len(m.all))]
		path := m.path(l)
		if path == "" {
			continue
		}
		switch m.pick(5) {
		case 0, 1:
			m.create(l, path)
		case 2:
			m.get(l, path)
		case 3:
			m.remove(l, path)
		}
		m.check(l, path)
	}
}

func FuzzModel(f *testing.F) {
	f.Add(false, []byte("create two shelves, then books"))
	f.Add(true, slices.Repeat([]byte{3, 0, 1, 0, 2, 3, 7, 9, 11, 13, 0}, 20))
	for seed := range 20 {
		input := make([]byte, 300)
		for i := range input {
			input[i] = byte((i*i*7 + i*(seed+3)*13 + seed*101) >> 2)
		}
		f.Add(seed%2 == 0, input)
	}
	small, large := Compile(library()), Compile(full())
	inSmall, inLarge := lifecycles(small), lifecycles(large)
	f.Fuzz(func(t *testing.T, isLarge bool, input []byte) {
		input = input[:min(len(input), 600)]
		if isLarge {
			runModel(t, large, inLarge, input)
		} else {
			runModel(t, small, inSmall, input)
		}
	})
}

// TestModelCoversTheAPI checks that the model has the collections that it is meant for.
func TestModelCoversTheAPI(t *testing.T) {
	var templates []string
	for _, l := range lifecycles(Compile(full())) {
		templates = append(templates, l.node.template())
	}
	if len(templates) < 20 {
		t.Errorf("only %d collections have a life cycle: %s", len(templates), fmt.Sprint(templates))
	}
}

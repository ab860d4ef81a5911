package ringcxtest

import (
	"encoding/json"
	"iter"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest/internal/engine"
)

// userTree is all users during a request.
type userTree struct {
	*engine.Edit
	behavior Behavior
	now      time.Time
	stored   []*userNode // the users without a parent before the request, in their order
	roots    []*userNode // those now
}

// userNode is a user with those below it.
type userNode struct {
	fields   map[string]any
	parent   *userNode // nil if there is none
	children []*userNode
	changed  bool // it, or a user below it
}

// editUsers responds with what f returns, and stores the users that f has changed.
func (c *call) editUsers(f func(*userTree) *engine.Response) {
	b := c.server.currentBehavior()
	c.edit(func(e *engine.Edit) *engine.Response {
		t := &userTree{Edit: e, behavior: b, now: c.began}
		for _, object := range e.List(usersPath) {
			t.stored = append(t.stored, newUserNode(object, nil))
		}
		t.roots = slices.Clone(t.stored)
		defer t.store()
		return f(t)
	})
}

// newUserNode returns the user that an object describes. The fields are a copy.
func newUserNode(object map[string]any, parent *userNode) *userNode {
	u := &userNode{fields: make(map[string]any, len(object)), parent: parent}
	for name, v := range object {
		u.fields[name] = v
	}
	children, _ := object["children"].([]any)
	for _, c := range children {
		if child, ok := c.(map[string]any); ok {
			u.children = append(u.children, newUserNode(child, u))
		}
	}
	return u
}

// object returns the user with those below it.
func (u *userNode) object() map[string]any {
	children := make([]any, 0, len(u.children))
	for _, c := range u.children {
		children = append(children, c.object())
	}
	if u.changed {
		u.fields["children"] = children
	}
	return u.fields
}

func (u *userNode) id() string { return text(u.fields["userId"]) }

// path returns the ids of the user and of those above it, in the form of parentPath.
func (u *userNode) path() string {
	if u.parent == nil {
		return u.id()
	}
	return u.parent.path() + "." + u.id()
}

// isBelow reports whether the user is another one or below it.
func (u *userNode) isBelow(other *userNode) bool {
	return u == other || u.parent != nil && u.parent.isBelow(other)
}

// change marks the user and those above it as changed.
func (u *userNode) change() {
	for ; u != nil; u = u.parent {
		u.changed = true
	}
}

// store stores the users that have changed.
func (t *userTree) store() {
	n := 0
	t.Change(usersPath, func(map[string]any) (map[string]any, bool) {
		u := t.stored[n]
		n++
		switch {
		case !slices.Contains(t.roots, u):
			return nil, true
		case u.changed:
			return u.object(), true
		}
		return nil, false
	})
	for _, u := range t.roots {
		if !slices.Contains(t.stored, u) {
			t.Append(usersPath, u.object())
		}
	}
}

// all returns all users, each before those below it.
func (t *userTree) all() iter.Seq[*userNode] {
	return func(yield func(*userNode) bool) { walk(t.roots, yield) }
}

// walk returns false after yield returned false.
func walk(users []*userNode, yield func(*userNode) bool) bool {
	for _, u := range users {
		if !yield(u) || !walk(u.children, yield) {
			return false
		}
	}
	return true
}

// find returns the first user for whom a field has a value, or nil.
func (t *userTree) find(field, value string) *userNode {
	for u := range t.all() {
		if text(u.fields[field]) == value {
			return u
		}
	}
	return nil
}

// subject returns the user in the path, which exists.
func (t *userTree) subject() *userNode { return t.find("userId", t.Path("userId")) }

// move puts a user below another one, or above all others if that is nil.
func (t *userTree) move(u, parent *userNode) {
	t.remove(u)
	if u.parent = parent; parent == nil {
		t.roots = append(t.roots, u)
	} else {
		parent.children = append(parent.children, u)
	}
	for below := range (&userTree{roots: []*userNode{u}}).all() {
		below.change()
		if delete(below.fields, "parentPath"); below.parent != nil {
			below.fields["parentPath"] = below.parent.path()
		}
	}
}

// remove removes a user and those below it.
func (t *userTree) remove(u *userNode) {
	is := func(other *userNode) bool { return other == u }
	if u.parent == nil {
		t.roots = slices.DeleteFunc(slices.Clone(t.roots), is)
		return
	}
	u.parent.children = slices.DeleteFunc(u.parent.children, is)
	u.parent.change()
}

// moveChildren puts the users below one user below another one. If that is below the first one
// itself, the child of the first one that leads to it stays where it is (inferred).
func (t *userTree) moveChildren(from, to *userNode) {
	for _, child := range slices.Clone(from.children) {
		if !to.isBelow(child) {
			t.move(child, to)
		}
	}
}

// newID returns an id that no user has.
func (t *userTree) newID() any {
	for {
		id := t.NewID(usersPath)
		if id == nil || t.find("userId", text(id)) == nil {
			return id
		}
	}
}

// conflictResponse returns a response with status 409 that names a field of the request.
func conflictResponse(field, message string) *engine.Response {
	return &engine.Response{
		Status:  http.StatusConflict,
		Problem: &engine.Problem{Code: "conflict", Field: field, Message: message},
	}
}

// roleType returns the type of a role, which is an object or a string.
func roleType(role any) string {
	if object, ok := role.(map[string]any); ok {
		return text(object["roleType"])
	}
	return text(role)
}

// roleTypes returns the types of the roles of a user.
func (u *userNode) roleTypes() []string {
	types := make([]string, 0)
	roles, _ := u.fields["roles"].([]any)
	for _, r := range roles {
		types = append(types, roleType(r))
	}
	return types
}

// setRoles sets the roles of a user.
func (t *userTree) setRoles(u *userNode, types []string) {
	roles := make([]any, 0, len(types))
	for _, name := range types {
		if t.behavior.RolesAsObjects {
			description := strings.ToLower(strings.ReplaceAll(name, "_", " "))
			roles = append(roles, map[string]any{"roleType": name, "description": description})
		} else {
			roles = append(roles, name)
		}
	}
	u.fields["roles"] = roles
	u.change()
}

// isFalse reports whether a boolean parameter in the query is false.
func (c *call) isFalse(parameter string) bool {
	var b any
	_ = json.Unmarshal([]byte(c.r.URL.Query().Get(parameter)), &b) // the contract checks it
	return b == false
}

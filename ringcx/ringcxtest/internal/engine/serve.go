package engine

import (
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest/internal/contract"
)

// Request is a request to an operation.
type Request struct {
	PathValue   func(name string) string // of a path parameter
	Query       url.Values
	ContentType string // of the body
	Body        []byte
}

// Response is the response to a Request.
type Response struct {
	Status      int
	ContentType string   // empty if there is no body
	Body        []byte   //
	Foreign     bool     // it contains data that need not match the document
	Problem     *Problem // if not nil, the request is rejected with this instead of a body
}

// Problem is why a request is rejected. It contains no values of the request.
type Problem struct {
	Code    string
	Message string
	Field   string // of the request that is not valid, or ""
}

// Serve responds to a request to an operation of the document.
func (e *Engine) Serve(o *contract.Operation, r *Request) *Response {
	op := e.api.operations[o.ID]
	e.mu.Lock()
	defer e.mu.Unlock()
	c := &call{Engine: e, operation: op, Request: r, plan: e.api.planOf(op)}
	for _, name := range op.parameterNames() {
		c.values = append(c.values, r.PathValue(name))
	}
	if missing := c.missing(); missing != "" {
		return notFound(missing)
	}
	c.body = c.decodeBody()
	if problem := c.checkBody(); problem != nil {
		return problem
	}
	return c.run()
}

// checkBody returns the rejection of a body that is missing or not valid, or nil.
func (c *call) checkBody() *Response {
	d := c.api.details(c.operation)
	switch {
	case c.body == nil && (d.needsBody || c.plan.takesBody()):
		return invalid("", "The body is missing or not valid JSON")
	case c.body == nil || d.body == nil || d.bodyType != jsonType || c.api.fits(d.body.Schema, c.body):
		return nil
	}
	if name, problem := c.api.misfit(d.body.Schema, c.object()); name != "" {
		return invalid(name, problem)
	}
	return invalid("", "The body is not valid")
}

// run responds to the call.
func (c *call) run() *Response {
	switch c.plan.action {
	case actList, actSearch, actCount:
		return c.list()
	case actChildren:
		return c.children()
	case actCreate, actSave:
		return c.save()
	case actCreateAt:
		return c.createAt()
	case actGet:
		return c.respondItem(c.item())
	case actUpdate, actPatch:
		return c.update()
	case actActivate:
		return c.activate()
	case actDelete:
		return c.delete()
	case actDeleteEach:
		return c.deleteEach()
	case actDeleteIDs:
		return c.deleteIDs()
	case actClone:
		return c.clone()
	case actMove:
		return c.move()
	case actRead, actWrite:
		return c.single()
	}
	return c.example()
}

// call is a request that the engine responds to. The engine's mutex is held.
type call struct {
	*Engine
	*operation
	*Request
	plan   plan
	values []string // of the path parameters, in the order of the path
	body   any      // nil if there is none, or if it is neither JSON nor a form
}

func notFound(name string) *Response {
	return &Response{Status: http.StatusNotFound, Problem: &Problem{
		Code: "not.found", Message: "There is no resource with this " + name, Field: name,
	}}
}

func invalid(field, message string) *Response {
	return &Response{Status: http.StatusBadRequest, Problem: &Problem{
		Code: "validation.exception", Message: message, Field: field,
	}}
}

// missing returns the name of the first path parameter whose resource does not exist, or "".
func (c *call) missing() string {
	names := c.parameterNames()
	for _, n := range c.operation.node.items() {
		parent := c.api.collectionAt(n.parent)
		name, id := names[n.depth-1], c.values[n.depth-1]
		if parent == nil || !parent.names(name) || n == c.operation.node && c.plan.creates() {
			continue
		}
		s := c.setAt(parent, c.values)
		if s.find(id) == nil && !c.addExample(s, name, id) {
			return name
		}
	}
	return ""
}

// names reports whether a path parameter with this name identifies a resource of c, and
// not a resource of another kind. Versions of a path may have different names.
func (c *collection) names(parameter string) bool {
	return parameter == c.param || parameter == c.id || aliases[parameter] == c.param
}

// addExample adds a resource with the id that is the example of the operation's path
// parameter, unless it was deleted or the resources are not examples. So the examples of all
// operations work.
func (c *call) addExample(s *set, name, id string) bool {
	if !s.sample || s.deleted[id] || id != c.api.pathExample(c.operation, name) {
		return false
	}
	s.add(&item{id: id, object: c.placed(s.collection, c.api.withID(s.collection, s.seeds[0].object, id), s.values)})
	return true
}

// creates reports whether a request may name a resource that does not exist.
func (p plan) creates() bool { return p.action == actCreateAt || p.action == actExample }

// takesBody reports whether a request needs a body.
func (p plan) takesBody() bool {
	return slices.Contains([]action{actCreate, actUpdate, actCreateAt, actPatch, actSave, actWrite, actDeleteIDs}, p.action)
}

// decodeBody returns the body of JSON or of a form, or nil if it is neither, or a form that the
// operation does not declare.
func (c *call) decodeBody() any {
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

// set returns the resources of the plan's collection.
func (c *call) set() *set { return c.setAt(c.plan.collection, c.values) }

// id returns the id in the path of the resource of the plan's collection.
func (c *call) id() string { return c.values[c.plan.collection.node.depth] }

// item returns the resource in the path, which exists.
func (c *call) item() *item { return c.set().find(c.id()) }

// object returns the body as an object, which is empty if the body is none.
func (c *call) object() map[string]any {
	object, _ := c.body.(map[string]any)
	return object
}

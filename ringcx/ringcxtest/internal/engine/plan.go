package engine

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// action is what an operation does with resources.
type action string

const (
	actList       action = "list"
	actChildren   action = "children"   // lists the resources below one of the same schema
	actSearch     action = "search"     // lists the resources that equal the fields of the request
	actCount      action = "count"      // counts the resources of a list
	actCreate     action = "create"     // creates the resource, or the resources, of the body
	actCreateAt   action = "createAt"   // creates a resource with the id of the path
	actGet        action = "get"        //
	actUpdate     action = "update"     // replaces a resource
	actPatch      action = "patch"      // changes the fields of the body
	actDelete     action = "delete"     //
	actDeleteEach action = "deleteEach" // deletes what equals the fields of the request
	actDeleteIDs  action = "deleteIDs"  // deletes the resources whose ids are in the body
	actSave       action = "save"       // creates and updates the resources of the body
	actClone      action = "clone"      //
	actMove       action = "move"       // moves a resource to another parent
	actActivate   action = "setActive"  //
	actRead       action = "read"       // reads the only resource of a path
	actWrite      action = "write"      // replaces or changes the only resource of a path
	actExample    action = "example"    // sends the example of the document
)

// plan is what an operation does.
type plan struct {
	action     action
	collection *collection // nil for actRead, actWrite and actExample
	nested     bool        // the listed resources contain those of their collections
	isTable    bool        // it stands in the table of irregular paths
}

// takesBody reports whether a request needs a body, if the operation declares one.
func (p plan) takesBody() bool {
	return slices.Contains([]action{actCreate, actUpdate, actCreateAt, actPatch, actSave, actWrite, actDeleteIDs}, p.action)
}

// planOf returns what an operation does.
func (a *API) planOf(o *operation) plan {
	o.planOnce.Do(func() {
		o.plan = a.irregular(o)
		if o.plan.action == "" {
			o.plan = a.regular(o)
		}
		if o.plan.action == "" || !a.carries(o) {
			o.plan = plan{action: actExample}
		}
	})
	return o.plan
}

// carries reports whether the response of an operation that lists resources can contain them.
func (a *API) carries(o *operation) bool {
	if !slices.Contains([]action{actList, actSearch, actChildren}, o.plan.action) {
		return true
	}
	s := a.returns(o)
	return a.listed(s) != nil || a.form(s) == "object" && len(a.object(s).Properties) == 0
}

// Serves returns how the engine responds to an operation: "engine" if it keeps resources by
// the shape of the path, "table" if the path is irregular and stands in a table, and "example"
// if it keeps nothing and responds with the example of the document. It returns "" if the
// document has no such operation.
func (a *API) Serves(operationID string) string {
	o := a.operations[operationID]
	if o == nil {
		return ""
	}
	switch p := a.planOf(o); {
	case p.action == actExample:
		return "example"
	case p.isTable:
		return "table"
	}
	return "engine"
}

// regular returns what an operation does by the shape of its path.
func (a *API) regular(o *operation) plan {
	n := o.node
	if n.isParam {
		return a.itemPlan(o, a.collectionAt(n.parent))
	}
	if c := a.collectionAt(n); c != nil {
		return a.collectionPlan(o, c)
	}
	p := plan{}
	if n.parent.isParam {
		if c := a.collectionAt(n.parent.parent); c != nil {
			p = a.actionPlan(o, c)
		}
	} else if c := a.base(n); c != nil {
		p = a.subsetPlan(o, c)
	}
	if p.action == "" {
		p = a.singlePlan(o)
	}
	return p
}

// base returns the collection before the static segments that end in n: for
// /gates/withChildren/details it is that of /gates. It returns nil if there is none.
func (a *API) base(n *node) *collection {
	for n = n.parent; n != nil && !n.isParam; n = n.parent {
		if c := a.collectionAt(n); c != nil {
			return c
		}
	}
	return nil
}

// itemPlan is for the path of a resource.
func (a *API) itemPlan(o *operation, c *collection) plan {
	if c == nil {
		return plan{}
	}
	form := a.form(a.returns(o))
	switch o.Method {
	case http.MethodGet:
		if form == "object" {
			return plan{action: actGet, collection: c}
		}
		if a.listed(a.returns(o)) != nil {
			return plan{action: actList, collection: c}
		}
	case http.MethodPost:
		if a.form(a.takes(o)) == "object" && form == "object" {
			return plan{action: actCreateAt, collection: c}
		}
	case http.MethodPut:
		if a.takes(o) == nil { // it assigns the resource to the one above
			return plan{action: actCreateAt, collection: c}
		}
		return plan{action: actUpdate, collection: c}
	case http.MethodPatch:
		return plan{action: actPatch, collection: c}
	case http.MethodDelete:
		return plan{action: actDelete, collection: c}
	}
	return plan{}
}

// collectionPlan is for the path of a collection.
func (a *API) collectionPlan(o *operation, c *collection) plan {
	act := map[string]action{
		http.MethodGet: actList, http.MethodPost: actCreate, http.MethodDelete: actDeleteEach,
		http.MethodPut: actSave, http.MethodPatch: actSave,
	}[o.Method]
	ok := a.takesResources(o)
	switch o.Method {
	case http.MethodGet:
		ok = a.listed(a.returns(o)) != nil
	case http.MethodDelete:
		ok = len(a.criteria(o, c)) > 0
	}
	if !ok {
		return plan{}
	}
	return plan{action: act, collection: c}
}

// takesResources reports whether the body is an object, or an array of objects.
func (a *API) takesResources(o *operation) bool {
	takes := a.takes(o)
	switch a.form(takes) {
	case "object":
		return true
	case "array":
		return a.form(a.elements(takes)) == "object"
	}
	return false
}

// criteria returns the names of the parameters in the query, and of the fields of the
// body, that are fields of the resources of c.
func (a *API) criteria(o *operation, c *collection) []string {
	var all []string
	for _, p := range a.details(o).parameters {
		if p.In == "query" {
			all = append(all, p.Name)
		}
	}
	if body := a.object(a.takes(o)); body != nil {
		for name := range body.Properties {
			all = append(all, name)
		}
	}
	return slices.DeleteFunc(all, func(name string) bool { return c.fieldFor(name) == "" || notCriteria[name] })
}

// fieldFor returns the field of the resources that a criterion compares: the one of its
// name, or for a plural, such as campaignIds, the one of the singular. It returns "" if
// there is none.
func (c *collection) fieldFor(name string) string {
	for _, field := range []string{name, strings.TrimSuffix(name, "s")} {
		if _, ok := c.object.Properties[field]; ok {
			return field
		}
	}
	return ""
}

var (
	copies    = regexp.MustCompile(`(?i)^(clone|copy)$`)
	moves     = regexp.MustCompile(`(?i)^move`)
	setActive = regexp.MustCompile(`(?i)^(set)?(is)?(active|enabled)$`)
	searches  = regexp.MustCompile(`(?i)search`)
	batches   = regexp.MustCompile(`(?i)^(batch|bulk|saveList)$`)
	nests     = regexp.MustCompile(`(?i)^with[a-z]*children`)
)

// actionPlan is for a path below a resource.
func (a *API) actionPlan(o *operation, c *collection) plan {
	name := o.node.name
	switch {
	case o.Method == http.MethodDelete:
	case o.Method == http.MethodGet:
		if name == c.tree && a.same(a.listed(a.returns(o)), c.element) {
			return plan{action: actChildren, collection: c}
		}
	case copies.MatchString(name):
		return plan{action: actClone, collection: c}
	case setActive.MatchString(name):
		return plan{action: actActivate, collection: c}
	case moves.MatchString(name) && a.targetOf(o, c) != "":
		return plan{action: actMove, collection: c}
	}
	return plan{}
}

// targetOf returns the parameter with the id of another parent for a resource, such as
// newGateGroupId for one that is below gateGroupId. It returns "" if there is none.
func (a *API) targetOf(o *operation, c *collection) string {
	above := c.node.parent
	if !above.isParam {
		return ""
	}
	for _, p := range a.details(o).parameters {
		for name := range above.names {
			if p.In == "query" && strings.EqualFold(p.Name, "new"+name) {
				return p.Name
			}
		}
	}
	return ""
}

// subsetPlan is for a path that continues that of a collection with static segments.
func (a *API) subsetPlan(o *operation, c *collection) plan {
	name, returns := o.node.name, a.returns(o)
	isList := a.same(a.listed(returns), c.element)
	switch {
	case searches.MatchString(name) && isList:
		return plan{action: actSearch, collection: c}
	case o.Method != http.MethodGet:
		if batches.MatchString(name) && a.same(a.elements(a.takes(o)), c.element) {
			return plan{action: actSave, collection: c}
		}
	case nests.MatchString(o.node.suffix(c.node)) && a.listed(returns) != nil:
		return plan{action: actList, collection: c, nested: true}
	case strings.EqualFold(name, "count") && a.form(returns) == "integer":
		return plan{action: actCount, collection: c}
	case isList:
		return plan{action: actList, collection: c}
	}
	return plan{}
}

// suffix returns the segments between base and n.
func (n *node) suffix(base *node) string {
	if n.parent == base {
		return n.name
	}
	return n.parent.suffix(base) + "/" + n.name
}

// singlePlan is for a path with one resource that has no id: one operation gets an object, and
// another one changes it.
func (a *API) singlePlan(o *operation) plan {
	get := o.node.operation(http.MethodGet)
	if get == nil || a.form(a.returns(get)) != "object" {
		return plan{}
	}
	isWritten := false
	for _, method := range []string{http.MethodPut, http.MethodPatch} {
		write := o.node.operation(method)
		isWritten = isWritten || write != nil && a.form(a.takes(write)) == "object"
	}
	switch {
	case !isWritten:
	case o.Method == http.MethodGet:
		return plan{action: actRead}
	case a.form(a.takes(o)) == "object":
		return plan{action: actWrite}
	}
	return plan{}
}

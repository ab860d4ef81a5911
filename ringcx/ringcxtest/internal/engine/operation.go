package engine

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest/internal/contract"
)

// operation is an operation of the document.
type operation struct {
	*contract.Operation
	prefix string // the part of the path that is folded away
	node   *node

	once   sync.Once
	detail *detail

	planOnce sync.Once
	plan     plan
}

// detail is what an operation declares.
type detail struct {
	parameters []*parameter
	body       *media            // of a JSON or form body, or nil
	bodyType   string            // its Content-Type
	needsBody  bool              // the body is required
	success    map[string]*media // by Content-Type; empty if there is no body
	status     int               // of a success
}

// parameter is a parameter of an operation.
type parameter struct {
	Ref      string             `json:"$ref"`
	Name     string             `json:"name"`
	In       string             `json:"in"`
	Schema   *schema            `json:"schema"`
	Example  json.RawMessage    `json:"example"`
	Examples map[string]example `json:"examples"`
}

// content is a request body or a response.
type content struct {
	Ref      string            `json:"$ref"`
	Required bool              `json:"required"`
	Content  map[string]*media `json:"content"`
}

// media is a body of one Content-Type.
type media struct {
	Schema   *schema            `json:"schema"`
	Example  json.RawMessage    `json:"example"`
	Examples map[string]example `json:"examples"`
}

// example is a named example.
type example struct {
	Ref   string          `json:"$ref"`
	Value json.RawMessage `json:"value"`
}

// declarations are what the operations of a document declare. An operation is decoded when it is
// needed.
type declarations struct{ sampler }

// details returns what the operation declares. The first call decodes it.
func (a declarations) details(o *operation) *detail {
	o.once.Do(func() { o.detail = a.decodeOperation(o) })
	return o.detail
}

func (a declarations) decodeOperation(o *operation) *detail {
	var source struct {
		Parameters  []*parameter        `json:"parameters"`
		RequestBody *content            `json:"requestBody"`
		Responses   map[string]*content `json:"responses"`
	}
	if err := json.Unmarshal(o.JSON(), &source); err != nil {
		panic(fmt.Sprintf("ringcxtest: operation %s: %v", o.ID, err))
	}
	var shared []*parameter
	if data := o.PathParameters(); data != nil {
		_ = json.Unmarshal(data, &shared) // the contract reports an error
	}
	d := &detail{status: 200}
	for _, p := range append(source.Parameters, shared...) {
		d.parameters = append(d.parameters, a.parameter(p))
	}
	if body := a.content(source.RequestBody); body != nil {
		d.bodyType, d.body = pickMedia(body.Content, jsonType, formType)
		d.needsBody = d.body != nil && body.Required
	}
	a.pickSuccess(d, source.Responses)
	return d
}

const (
	jsonType = "application/json"
	formType = "application/x-www-form-urlencoded"
)

// parameter returns the parameter that p refers to.
func (a declarations) parameter(p *parameter) *parameter {
	if p.Ref != "" {
		q := new(parameter)
		if a.decodeComponent(p.Ref, q) == nil {
			return q
		}
	}
	return p
}

// content returns the body that c refers to.
func (a declarations) content(c *content) *content {
	if c != nil && c.Ref != "" {
		d := new(content)
		if a.decodeComponent(c.Ref, d) == nil {
			return d
		}
	}
	return c
}

// pickSuccess sets the response of a success: the one with the lowest status that has a
// body, or else the one with the lowest status.
func (a declarations) pickSuccess(d *detail, responses map[string]*content) {
	var found bool
	for _, status := range slices.Sorted(maps.Keys(responses)) {
		code, err := strconv.Atoi(strings.ReplaceAll(status, "X", "0"))
		if err != nil || code < 200 || code > 299 {
			continue
		}
		c := a.content(responses[status])
		if !found || len(d.success) == 0 && len(c.Content) > 0 {
			d.status, d.success = code, c.Content
		}
		found = true
	}
}

// pickMedia returns the first of some types that the content has, or nil.
func pickMedia(content map[string]*media, names ...string) (name string, m *media) {
	for _, name := range names {
		if m := content[name]; m != nil {
			return name, m
		}
	}
	return "", nil
}

// response returns the body of a success that the engine sends, and its Content-Type: JSON
// if the operation has it. It returns nil if a success has no body.
func (d *detail) response() (contentType string, m *media) {
	if _, m := pickMedia(d.success, jsonType, "*/*"); m != nil {
		return jsonType, m
	}
	for _, name := range slices.Sorted(maps.Keys(d.success)) {
		return name, d.success[name]
	}
	return "", nil
}

// schemaOf returns the schema of a body, or nil.
func (m *media) schemaOf() *schema {
	if m == nil {
		return nil
	}
	return m.Schema
}

// returns returns the schema of the body of a success, or nil.
func (a declarations) returns(o *operation) *schema {
	_, m := a.details(o).response()
	return m.schemaOf()
}

// takes returns the schema of the body of a request, or nil.
func (a declarations) takes(o *operation) *schema { return a.details(o).body.schemaOf() }

// examples returns the examples of a body in the order of their names, or the examples of
// its schema.
func (a declarations) examples(m *media) []any {
	if m == nil {
		return nil
	}
	var all []any
	for _, name := range slices.Sorted(maps.Keys(m.Examples)) {
		if v := a.exampleValue(m.Examples[name]); v != nil {
			all = append(all, v)
		}
	}
	if v := value(m.Example); v != nil {
		all = append(all, v)
	}
	if s := a.resolve(m.Schema); len(all) == 0 && s != nil {
		for _, data := range append([]json.RawMessage{s.Example}, s.Examples...) {
			if v := value(data); v != nil {
				all = append(all, v)
			}
		}
	}
	return all
}

func (a declarations) exampleValue(e example) any {
	if e.Ref != "" && a.decodeComponent(e.Ref, &e) != nil {
		return nil
	}
	return value(e.Value)
}

// exampleOf returns the example of a parameter as text, or "".
func (a declarations) exampleOf(p *parameter) string {
	if v := value(p.Example); v != nil {
		return text(v)
	}
	for _, name := range slices.Sorted(maps.Keys(p.Examples)) {
		return text(a.exampleValue(p.Examples[name]))
	}
	if s := a.resolve(p.Schema); s != nil {
		for _, data := range append([]json.RawMessage{s.Example}, s.Examples...) {
			if v := value(data); v != nil {
				return text(v)
			}
		}
	}
	return ""
}

// pathExample returns the example of a path parameter of an operation, or "".
func (a declarations) pathExample(o *operation, name string) string {
	for _, p := range a.details(o).parameters {
		if p.In == "path" && p.Name == name {
			return a.exampleOf(p)
		}
	}
	return ""
}

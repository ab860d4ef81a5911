package contract

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// testDocument has the shapes that are hard to route and to load.
const testDocument = `{
"openapi": "3.1.0",
"security": [{"token": []}],
"paths": {
	"/users/{userId}/roles/{roleType}": {
		"post": {"operationId": "addRole", "x-service": "Users.AddRole", "x-permission": "UPDATE User", "x-observed": "seen",
			"x-idempotent": true, "x-rate-limit": [{"requests": 15, "seconds": 10}, {"requests": 60, "seconds": 30}],
			"parameters": [{"$ref": "#/components/parameters/Role"}],
			"responses": {"200": {"$ref": "#/components/responses/Tree"}}},
		"parameters": [{"name": "userId", "in": "path", "required": true, "schema": {"type": "integer"}}]
	},
	"/users/root/{userId}/assign": {
		"post": {"operationId": "assign", "responses": {"204": {"description": "x"}},
			"parameters": [{"name": "userId", "in": "path", "required": true, "schema": {"type": "integer"}}]}
	},
	"/a\/b": {
		"get": {"operationId": "listTrees", "x-paging": {"page": "page", "rows": "maxRows", "first": 0},
			"responses": {"200": {"description": "x", "content": {"application/json": {
				"schema": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
				"examples": {"two": {"$ref": "#/components/examples/Trees"}}}}}}}
	}
},
"components": {
	"parameters": {"Role": {"name": "roleType", "in": "path", "required": true, "schema": {"$ref": "#/components/schemas/Name"}}},
	"responses": {"Tree": {"description": "x", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Tree"}}}}},
	"examples": {"Trees": {"value": [{"name": "a", "note": "\"]}\\"}]}},
	"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
	"schemas": {
		"Name": {"type": "string", "minLength": 1},
		"Tree": {"type": "object", "required": ["name"], "properties": {
			"name": {"$ref": "#/components/schemas/Name"},
			"parent": {"anyOf": [{"$ref": "#/components/schemas/Branch"}, {"type": "null"}]},
			"children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}}},
		"Branch": {"type": "object", "properties": {"tree": {"$ref": "#/components/schemas/Tree"}}},
		"Unused": {"$ref": "#/components/schemas/Missing"}
	}
}}`

func newDocument(t testing.TB, text string) *Document {
	t.Helper()
	d, err := New([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestFind(t *testing.T) {
	d := newDocument(t, testDocument)
	tests := []struct {
		method, path, want string
		params             map[string]string
	}{
		{"POST", "/users/7/roles/admin", "addRole", map[string]string{"userId": "7", "roleType": "admin"}},
		{"POST", "/users/a%2Fb/roles/%41", "addRole", map[string]string{"userId": "a/b", "roleType": "A"}},
		{"POST", "/users/root/7/assign", "assign", map[string]string{"userId": "7"}},
		{"POST", "/users/root/roles/x", "addRole", map[string]string{"userId": "root", "roleType": "x"}},
		{"GET", "/a/b", "listTrees", nil},
		{"GET", "/users/7/roles/admin", "", nil},
		{"GET", "/", "", nil},
	}
	for _, tt := range tests {
		o, params := d.Find(tt.method, tt.path)
		var id string
		if o != nil {
			id = o.ID
		}
		if diff := cmp.Diff(tt.params, params); id != tt.want || diff != "" {
			t.Errorf("%s %s: operation %q, want %q; parameters (-want +got):\n%s", tt.method, tt.path, id, tt.want, diff)
		}
	}
}

func TestFacts(t *testing.T) {
	first := 0
	want := []*Operation{
		{ID: "listTrees", Method: "GET", Path: "/a/b", Paging: &Paging{Page: "page", Rows: "maxRows", First: &first}},
		{ID: "assign", Method: "POST", Path: "/users/root/{userId}/assign"},
		{
			ID: "addRole", Method: "POST", Path: "/users/{userId}/roles/{roleType}",
			Service: "Users.AddRole", Permission: "UPDATE User", Observed: "seen", Idempotent: true,
			Limits: []Limit{{15, 10 * time.Second}, {60, 30 * time.Second}},
		},
	}
	d := newDocument(t, testDocument)
	if diff := cmp.Diff(want, d.Operations(), cmpopts.IgnoreUnexported(Operation{})); diff != "" {
		t.Errorf("operations (-want +got):\n%s", diff)
	}
	if o := d.ByID("assign"); o != d.Operations()[1] {
		t.Errorf("ByID: %v", o)
	}
	if o := d.ByID("missing"); o != nil {
		t.Errorf("ByID of an unknown operation: %v", o)
	}
}

// TestSpec checks the operations that Spec returns: with references to components, also
// cyclic ones, and shared between operations.
func TestSpec(t *testing.T) {
	d := newDocument(t, testDocument)
	list := d.ByID("listTrees").Spec().Responses.Status(200).Value.Content["application/json"]
	tree := list.Schema.Value.Items.Value
	if tree.Properties["children"].Value.Items.Value != tree {
		t.Error("the schema Tree does not contain itself")
	}
	if back := tree.Properties["parent"].Value.AnyOf[0].Value.Properties["tree"].Value; back != tree {
		t.Error("the schema Branch does not contain Tree")
	}
	want := []any{map[string]any{"name": "a", "note": `"]}\`}}
	if diff := cmp.Diff(any(want), list.Examples["two"].Value.Value); diff != "" {
		t.Errorf("example (-want +got):\n%s", diff)
	}
	other := d.ByID("addRole").Spec()
	if other.Responses.Status(200).Value.Content["application/json"].Schema.Value != tree {
		t.Error("another operation has another copy of the schema")
	}
	if other != d.ByID("addRole").Spec() {
		t.Error("the second call decodes the operation again")
	}
}

func TestInvalidDocument(t *testing.T) {
	tests := []struct{ name, text string }{
		{"empty", ""},
		{"array", "[]"},
		{"cut", testDocument[:len(testDocument)/2]},
		{"no colon", `{"paths"}`},
		{"no comma", `{"paths":{} "a":1}`},
		{"no name", `{1:2}`},
		{"no end of a text", `{"a`},
		{"no id", `{"paths":{"/a":{"get":{}},"/b":{"get":{}}}}`},
		{"same id", `{"paths":{"/a":{"get":{"operationId":"a"},"put":{"operationId":"a"}}}}`},
		{"wrong type", `{"paths":{"/a":{"get":{"operationId":1}}}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if d, err := New([]byte(tt.text)); err == nil {
				t.Errorf("%d operations, want an error", len(d.Operations()))
			}
		})
	}
}

// TestInvalidOperation checks that a missing component is found when the operation is
// decoded.
func TestInvalidOperation(t *testing.T) {
	d := newDocument(t, strings.ReplaceAll(testDocument, `"Branch":`, `"Other":`))
	if d.ByID("assign").Spec() == nil {
		t.Error("another operation is not decoded")
	}
	defer func() {
		if v := recover(); !strings.Contains(fmt.Sprint(v), "operation listTrees") {
			t.Errorf("panic with %v", v)
		}
	}()
	d.ByID("listTrees").Spec()
	t.Error("no panic")
}

// TestConcurrentUse decodes operations that share components, while others are used.
func TestConcurrentUse(t *testing.T) {
	d := newDocument(t, string(embedded))
	operations := d.Operations()
	if len(operations) > 40 {
		operations = operations[:40] // the race detector is slow
	}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range operations {
				o := operations[(i+j)%len(operations)]
				for _, example := range examples(o) {
					if err := example.schema.VisitJSON(example.value); err != nil {
						t.Errorf("%s: %v", o.ID, err)
					}
				}
			}
		})
	}
	wg.Wait()
}

type example struct {
	schema *openapi3.Schema
	value  any
}

// examples returns the examples of the responses of o.
func examples(o *Operation) []example {
	var all []example
	for _, response := range o.Spec().Responses.Map() {
		for _, media := range response.Value.Content {
			for _, e := range media.Examples {
				all = append(all, example{media.Schema.Value, e.Value.Value})
			}
		}
	}
	return all
}

// TestOpenAPI compares the embedded operations with those that kin-openapi decodes from the
// whole document.
func TestOpenAPI(t *testing.T) {
	whole, err := openapi3.NewLoader().LoadFromData(embedded)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for path, item := range whole.Paths.Map() {
		for method, want := range item.Operations() {
			n++
			o, _ := OpenAPI().Find(method, path)
			if o == nil {
				t.Errorf("%s %s is missing", method, path)
				continue
			}
			if diff := cmp.Diff(text(t, want), text(t, o.Spec())); diff != "" {
				t.Errorf("%s (-want +got):\n%s", o.ID, diff)
			}
		}
	}
	if got := len(OpenAPI().Operations()); got != n {
		t.Errorf("%d operations, want %d", got, n)
	}
}

func text(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestSupportedKeywords checks that the validator of OpenAPI 3.0 supports every keyword of
// openapi.yaml.
func TestSupportedKeywords(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromData(embedded)
	if err != nil {
		t.Fatal(err)
	}
	err = doc.WalkSchemas(func(pointer string, ref *openapi3.SchemaRef) error {
		v := ref.Value
		used := []bool{
			v.Const != nil, v.If != nil, v.PrefixItems != nil, v.Contains != nil, v.PropertyNames != nil,
			v.PatternProperties != nil, v.DependentRequired != nil, v.DependentSchemas != nil, v.Defs != nil,
			v.ReadOnly, v.WriteOnly,
		}
		if slices.Contains(used, true) {
			t.Errorf("%s: it uses a keyword that the validator does not support", pointer)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

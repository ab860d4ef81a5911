package fullspec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/internal/names"
)

func load(t *testing.T, data []byte) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(data)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// TestSyntheticPartIsValid validates the document without most of openapi.yaml, which other
// tests validate. TestModule validates all of it.
func TestSyntheticPartIsValid(t *testing.T) {
	data, err := json.Marshal(complete(small(t), names.Operations(), names.Schemas()))
	if err != nil {
		t.Fatal(err)
	}
	validate(t, data)
}

func validate(t *testing.T, data []byte) {
	t.Helper()
	err := load(t, data).Validate(t.Context(), openapi3.EnableExamplesValidation(),
		openapi3.EnableSchemaFormatValidation(), openapi3.EnableSchemaPatternValidation())
	if err != nil {
		t.Error(err)
	}
}

func TestDocumentIsTheSameEachTime(t *testing.T) {
	if !bytes.Equal(Document(), Document()) {
		t.Error("two documents differ")
	}
}

// TestDocumentKeepsTheContract compares all operations and schemas of openapi.yaml.
func TestDocumentKeepsTheContract(t *testing.T) {
	contract, err := readContract()
	if err != nil {
		t.Fatal(err)
	}
	made := load(t, Document())
	operations := 0
	for path, item := range contract["paths"].(object) {
		for method, want := range item.(object) {
			o := made.Paths.Value(path).GetOperation(strings.ToUpper(method))
			want := want.(object)
			if o.OperationID != want["operationId"] || o.Summary != want["summary"] {
				t.Errorf("%s %s is %s, which %s; want %s, which %s", method, path, o.OperationID, o.Summary, want["operationId"], want["summary"])
			}
			operations++
		}
	}
	if operations < 5 {
		t.Errorf("openapi.yaml has %d operations, want at least 5", operations)
	}
	for name, want := range contract["components"].(object)["schemas"].(object) {
		if got := made.Components.Schemas[name].Value.Description; got != want.(object)["description"] {
			t.Errorf("schema %s is not that of openapi.yaml: %s", name, got)
		}
	}
}

// TestSyntheticSchemasAreUsed tests that the document has no synthetic schema that only
// schemas of the specification needed which openapi.yaml replaces.
func TestSyntheticSchemasAreUsed(t *testing.T) {
	contract, err := readContract()
	if err != nil {
		t.Fatal(err)
	}
	var made object
	if err := json.Unmarshal(Document(), &made); err != nil {
		t.Fatal(err)
	}
	own := contract["components"].(object)["schemas"].(object)
	schemas := made["components"].(object)["schemas"].(object)
	reached := map[string]bool{}
	walk(references(schemas), reached, made["paths"])
	for key := range schemas {
		if own[key] == nil && !reached[key] {
			t.Errorf("no operation uses the schema %s", key)
		}
	}
}

// TestParametersAreShared tests that synthetic operations use the parameters in components, so
// that an id has the same Go type in all operations.
func TestParametersAreShared(t *testing.T) {
	account := 0
	for path, item := range load(t, Document()).Paths.Map() {
		for method, o := range item.Operations() {
			for _, p := range o.Parameters {
				if p.Value.Name != "accountId" || p.Value.In != "path" {
					continue
				}
				account++
				if p.Ref != "#/components/parameters/accountId" {
					t.Errorf("%s %s has a parameter accountId of its own", method, path)
				}
			}
		}
	}
	if account < 200 {
		t.Errorf("%d operations have the parameter accountId, want at least 200", account)
	}
}

// first is the operations with which openapi.yaml began.
var first = []string{"exchangeToken", "refreshToken", "logout", "listAccounts", "listUsers"}

// small returns the contract with the first operations and their schemas only, so that the
// shape of the document does not change with the contract.
func small(t *testing.T) object {
	t.Helper()
	contract, err := readContract()
	if err != nil {
		t.Fatal(err)
	}
	paths := contract["paths"].(object)
	for path, item := range paths {
		for method, o := range item.(object) {
			if id, ok := o.(object)["operationId"].(string); !ok || !slices.Contains(first, id) {
				delete(item.(object), method)
			}
		}
		if len(item.(object)) == 0 {
			delete(paths, path)
		}
	}
	deleteUnreached(contract, nil)
	return contract
}

// shape is how many operations and schemas a document has of each shape. Limited and
// Services are without the first operations.
type shape struct {
	Operations, Paths, Schemas, Cyclic, Unreached        int
	Forms, Uploads, Downloads, NoContent, CreatedOnly    int
	PlainText, PlainBooleans, Paged, Limited, Deprecated int
	Services                                             int
}

func TestShape(t *testing.T) {
	table := names.Operations()
	doc := complete(small(t), table, names.Schemas())
	published := map[string]bool{}
	for _, o := range table {
		published[o.ID] = o.Published
	}
	got := shape{}
	schemas := newSchemaTable(names.Schemas(), object{})
	got.Schemas = len(schemas.keys)
	graph := references(doc["components"].(object)["schemas"].(object))
	reached := map[string]bool{}
	for _, item := range doc["paths"].(object) {
		before := got.Operations
		for _, o := range item.(object) {
			walk(graph, reached, o)
			if published[o.(object)["operationId"].(string)] {
				got.Operations++
				got.count(o.(object))
			}
		}
		if got.Operations > before {
			got.Paths++
		}
	}
	walk(graph, reached, doc["components"].(object)["responses"])
	for _, key := range schemas.keys {
		if cyclic(graph, key) {
			got.Cyclic++
		}
		if !reached[key] {
			got.Unreached++
			t.Logf("no operation reaches the schema %s", key)
		}
	}
	want := shape{
		Operations: 331, Paths: 212, Schemas: 192, Cyclic: 25,
		Forms: 4, Uploads: 8, Downloads: 3, NoContent: 19, CreatedOnly: 4,
		PlainText: 11, PlainBooleans: 8, Paged: 20, Limited: 11, Deprecated: 6, Services: 328,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("shape (-want +got):\n%s", diff)
	}
}

// count adds an operation.
func (s *shape) count(o object) {
	add := func(n *int, ok bool) {
		if ok {
			*n++
		}
	}
	body := fmt.Sprint(o["requestBody"])
	responses := o["responses"].(object)
	ok, created := responses["200"], responses["201"]
	add(&s.Forms, strings.Contains(body, "application/x-www-form-urlencoded"))
	add(&s.Uploads, strings.Contains(body, "multipart/form-data"))
	add(&s.Downloads, strings.Contains(fmt.Sprint(ok), "format:binary"))
	add(&s.NoContent, responses["204"] != nil)
	add(&s.CreatedOnly, ok == nil && created != nil)
	text := fmt.Sprint(ok, created)
	add(&s.PlainText, strings.Contains(text, "text/plain"))
	add(&s.PlainBooleans, strings.Contains(text, "text/plain:map[example:true"))
	add(&s.Paged, o["x-paging"] != nil)
	add(&s.Deprecated, o["deprecated"] != nil)
	if !slices.Contains(first, o["operationId"].(string)) {
		add(&s.Limited, o["x-rate-limit"] != nil)
		add(&s.Services, o["x-service"] != nil)
	}
}

// TestClashingRoutes tests that the document has the two operations that http.ServeMux
// cannot have both.
func TestClashingRoutes(t *testing.T) {
	doc := load(t, Document())
	for _, path := range []string{
		"/voice/api/v1/admin/users/root/{userId}/assignAccount",
		"/voice/api/v1/admin/users/{userId}/roles/{roleType}",
	} {
		if item := doc.Paths.Value(path); item == nil || item.Post == nil {
			t.Errorf("the document has no POST %s", path)
		}
	}
}

// cyclic reports whether a schema refers to itself through others, or directly.
func cyclic(graph map[string][]string, key string) bool {
	reached := map[string]bool{}
	for _, next := range graph[key] {
		walk(graph, reached, reference(next))
	}
	return reached[key]
}

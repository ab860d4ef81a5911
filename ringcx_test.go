// The contract tests validate openapi.yaml, compare its schemas and examples with the
// generated types, and check the client and the fake against its operations. They find types and
// methods by reflection, so that they cover a new operation without a change.
package ringcx_test

import (
	"encoding/json"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"
)

var document = sync.OnceValues(func() (*openapi3.T, error) { return openapi3.NewLoader().LoadFromFile("openapi.yaml") })

// load returns openapi.yaml.
func load(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := document()
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// TestSpec validates openapi.yaml and its examples.
func TestSpec(t *testing.T) {
	err := load(t).Validate(t.Context(), openapi3.EnableExamplesValidation(),
		openapi3.EnableSchemaFormatValidation(), openapi3.EnableSchemaPatternValidation())
	if err != nil {
		t.Error(err)
	}
}

// TestTags compares the tags of the operations with the list of tags.
func TestTags(t *testing.T) {
	declared, used := map[string]bool{}, map[string]bool{}
	for _, tag := range load(t).Tags {
		declared[tag.Name] = true
	}
	for _, o := range operations(t) {
		for _, tag := range o.Tags {
			used[tag] = true
		}
	}
	if diff := cmp.Diff(used, declared); diff != "" {
		t.Errorf("tags (-of the operations +in the list at the top of openapi.yaml):\n%s", diff)
	}
}

// TestObservedExtension requires that each operation says where its shape is from.
func TestObservedExtension(t *testing.T) {
	for _, o := range operations(t) {
		if from := o.Extensions["x-observed"]; from != "documented" && from != "seen" && from != "inferred" {
			t.Errorf("%s: x-observed is %v, want documented, seen or inferred", o.OperationID, from)
		}
	}
}

// sortedKeys returns the keys of a map in ascending order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// encode returns the JSON of v.
func encode(t *testing.T, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

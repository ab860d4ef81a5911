package ringcxtest

import (
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// TestSpecificationUsesSupportedKeywords checks that the validator that specification
// selects supports every keyword of openapi.yaml.
func TestSpecificationUsesSupportedKeywords(t *testing.T) {
	for name, ref := range specification().Components.Schemas {
		err := openapi3.NewSchemaRef("", ref.Value).WalkSubtree(func(_ string, s *openapi3.SchemaRef) error {
			v := s.Value
			if v.Const != nil || v.If != nil || v.PrefixItems != nil || v.Contains != nil || v.PropertyNames != nil ||
				v.PatternProperties != nil || v.DependentRequired != nil || v.DependentSchemas != nil || v.Defs != nil ||
				v.ReadOnly || v.WriteOnly {
				t.Errorf("schema %s uses a keyword that the validator does not support", name)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func TestEndpointsAreInSpecification(t *testing.T) {
	for _, e := range []Endpoint{Login, Revoke, Exchange, Refresh, Logout, Accounts, Users} {
		if !e.known() {
			t.Errorf("endpoint %s is not in openapi.yaml", e)
		}
	}
	if got := len(operations()); got != len(endpoints()) {
		t.Errorf("%d operations but %d patterns: an operationId is not unique", got, len(endpoints()))
	}
}

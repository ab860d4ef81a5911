package ringcxtest

import (
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// TestSpecificationUsesKnownKeywords guards the shortcut in specification: the
// validator in use must know every keyword that openapi.yaml relies on.
func TestSpecificationUsesKnownKeywords(t *testing.T) {
	for name, ref := range specification().Components.Schemas {
		err := openapi3.NewSchemaRef("", ref.Value).WalkSubtree(func(_ string, s *openapi3.SchemaRef) error {
			v := s.Value
			if v.Const != nil || v.If != nil || v.PrefixItems != nil || v.Contains != nil || v.PropertyNames != nil ||
				v.PatternProperties != nil || v.DependentRequired != nil || v.DependentSchemas != nil || v.Defs != nil ||
				v.ReadOnly || v.WriteOnly {
				t.Errorf("schema %s uses a keyword that the check of bodies does not know", name)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}

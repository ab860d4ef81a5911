package fullspec

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ringcx-go/ringcx-go/internal/names"
)

// object is an object of JSON.
type object = map[string]any

// Document returns the document as JSON. It reads openapi.yaml from the root of the module
// that contains the working directory, and panics if it cannot: a test runs in the directory
// of its package.
func Document() []byte {
	contract, err := readContract()
	if err != nil {
		panic(fmt.Sprintf("fullspec: %v", err))
	}
	data, err := json.Marshal(complete(contract, names.Operations(), names.Schemas()))
	if err != nil {
		panic(fmt.Sprintf("fullspec: %v", err))
	}
	return data
}

// readContract reads openapi.yaml.
func readContract() (object, error) {
	root, err := moduleRoot()
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(filepath.Join(root, "openapi.yaml"))
	if err != nil {
		return nil, err
	}
	var contract object
	err = yaml.Unmarshal(data, &contract)
	return contract, err
}

// moduleRoot returns the directory of the module that contains the working directory.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for !exists(filepath.Join(dir, "go.mod")) && dir != filepath.Dir(dir) {
		dir = filepath.Dir(dir)
	}
	return dir, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// complete adds to the contract the published operations that it lacks, and the schemas that
// these need. It changes the contract.
func complete(contract object, operations []names.Operation, list []names.Schema) object {
	components := contract["components"].(object)
	schemas := components["schemas"].(object)
	own := map[string]bool{}
	for key := range schemas {
		own[key] = true
	}
	table := newSchemaTable(list, schemas)
	table.parameters, _ = components["parameters"].(object)
	table.addComponents()
	paths := contract["paths"].(object)
	families := map[string]bool{}
	for _, o := range operations {
		item, ok := paths[o.Path].(object)
		if !ok {
			item = object{}
		}
		method := strings.ToLower(o.Method)
		if _, ok := item[method]; ok || !o.Published {
			continue
		}
		item[method] = operation(table, o)
		paths[o.Path] = item
		families[o.Family] = true
	}
	contract["tags"] = withFamilies(contract["tags"].([]any), families)
	deleteUnreached(contract, own)
	return contract
}

// withFamilies returns the tags with those of families that they lack.
func withFamilies(tags []any, families map[string]bool) []any {
	for _, tag := range tags {
		delete(families, tag.(object)["name"].(string))
	}
	for _, name := range slices.Sorted(maps.Keys(families)) {
		tags = append(tags, object{"name": name, "description": "Synthetic operations of the family " + name + "."})
	}
	return tags
}

package ringcxtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest/internal/api"
)

// specification returns openapi.yaml as the generated code embeds it.
var specification = sync.OnceValue(func() *openapi3.T {
	doc, err := api.GetSpec()
	if err != nil {
		panic(fmt.Sprintf("ringcxtest: the embedded openapi.yaml: %v", err))
	}
	// Under 3.1, kin-openapi compiles the schema again for each body (2 ms) and
	// then uses its own validator all the same, because the schema holds $refs.
	// Under 3.0 it goes there at once. A test sees to it that openapi.yaml uses
	// only keywords that this validator knows.
	doc.OpenAPI = "3.0.3"
	return doc
})

// operations returns the operations of openapi.yaml.
var operations = sync.OnceValue(func() map[Endpoint]*routers.Route {
	doc := specification()
	all := make(map[Endpoint]*routers.Route)
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			all[Endpoint(op.OperationID)] = &routers.Route{
				Spec: doc, Path: path, PathItem: item, Method: method, Operation: op,
			}
		}
	}
	return all
})

// endpoints returns the Endpoint of each pattern, such as "GET /a/{b}", that
// the generated code routes.
var endpoints = sync.OnceValue(func() map[string]Endpoint {
	all := make(map[string]Endpoint)
	for e, route := range operations() {
		all[route.Method+" "+route.Path] = e
	}
	return all
})

// goodJSON returns the JSON answer of op with status 200 or 201, or nil.
func goodJSON(op *openapi3.Operation) *openapi3.MediaType {
	for _, status := range []int{200, 201} {
		if ref := op.Responses.Status(status); ref != nil && ref.Value != nil {
			if media := ref.Value.Content.Get("application/json"); media != nil {
				return media
			}
		}
	}
	return nil
}

// examples returns the examples of e's good answer, in the order of their
// names.
func examples(e Endpoint) []json.RawMessage {
	var all []json.RawMessage
	media := goodJSON(operations()[e].Operation)
	for _, name := range slices.Sorted(maps.Keys(media.Examples)) {
		data, err := json.Marshal(media.Examples[name].Value.Value)
		if err != nil {
			panic(fmt.Sprintf("ringcxtest: example %s of %s: %v", name, e, err))
		}
		all = append(all, data)
	}
	return all
}

// exampleElements returns the elements of all examples of e, whose good answer
// is an array.
func exampleElements(e Endpoint) []json.RawMessage {
	var all []json.RawMessage
	for _, data := range examples(e) {
		var elements []json.RawMessage
		if err := json.Unmarshal(data, &elements); err != nil {
			panic(fmt.Sprintf("ringcxtest: examples of %s: %v", e, err))
		}
		all = append(all, elements...)
	}
	return all
}

// exampleSession returns the first example of the exchange's good answer that
// has a refresh token.
func exampleSession() map[string]json.RawMessage {
	for _, data := range examples(Exchange) {
		var s map[string]json.RawMessage
		if err := json.Unmarshal(data, &s); err != nil {
			panic(fmt.Sprintf("ringcxtest: examples of %s: %v", Exchange, err))
		}
		if token := string(s["refreshToken"]); token != "" && token != "null" {
			return s
		}
	}
	panic("ringcxtest: openapi.yaml has no example of an exchange with a refresh token")
}

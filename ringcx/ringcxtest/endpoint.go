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

// Endpoint is an endpoint of RingCentral or RingCX. An endpoint of RingCX is named by its
// operationId in openapi.yaml; for example, Endpoint("listUsers") is [Users]. An operation
// that is added to openapi.yaml is an Endpoint without a constant in this package. An
// endpoint that [Server.Handle] adds is named by its pattern.
type Endpoint string

// The endpoints of a Server.
const (
	Login  Endpoint = "login"  // POST /restapi/oauth/token of RingCentral: sign-in and refresh
	Revoke Endpoint = "revoke" // POST /restapi/oauth/revoke of RingCentral

	Exchange Endpoint = "exchangeToken" // POST /api/auth/login/rc/accesstoken
	Refresh  Endpoint = "refreshToken"  // POST /api/auth/token/refresh
	Logout   Endpoint = "logout"        // DELETE /api/auth/logout/{refreshToken}
	Accounts Endpoint = "listAccounts"  // GET /voice/api/v1/admin/accounts
	Users    Endpoint = "listUsers"     // GET /voice/api/v1/admin/users
)

// known reports whether every Server has e.
func (e Endpoint) known() bool {
	return e.isRingCentral() || operations()[e] != nil
}

// isRingCentral reports whether e belongs to RingCentral.
func (e Endpoint) isRingCentral() bool { return e == Login || e == Revoke }

// issuesTokens reports whether e responds with new tokens.
func (e Endpoint) issuesTokens() bool { return e == Login || e.isTokenRequest() }

// isTokenRequest reports whether e responds with new RingCX tokens.
func (e Endpoint) isTokenRequest() bool { return e == Exchange || e == Refresh }

// isCall reports whether e is an operation of RingCX that needs an access token.
func (e Endpoint) isCall() bool {
	switch e {
	case "", Login, Revoke, Exchange, Refresh, Logout:
		return false
	}
	return true
}

// respondsJSON reports whether a successful response of e has a JSON body. Endpoints added
// by Server.Handle may have one.
func (e Endpoint) respondsJSON() bool {
	if e.isRingCentral() {
		return e == Login
	}
	route := operations()[e]
	return route == nil || successJSON(route.Operation) != nil
}

// specification returns the openapi.yaml that is embedded in the generated code.
var specification = sync.OnceValue(func() *openapi3.T {
	doc, err := api.GetSpec()
	if err != nil {
		panic(fmt.Sprintf("ringcxtest: the embedded openapi.yaml: %v", err))
	}
	// For OpenAPI 3.1, kin-openapi compiles the schema again for each body (2 ms) and then
	// uses its own validator, because the schema contains $refs. For 3.0 it uses that
	// validator at once. A test checks that openapi.yaml contains only keywords that this
	// validator supports.
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

// endpoints returns the Endpoint of each pattern of the generated code, such as
// "GET /a/{b}".
var endpoints = sync.OnceValue(func() map[string]Endpoint {
	all := make(map[string]Endpoint)
	for e, route := range operations() {
		all[route.Method+" "+route.Path] = e
	}
	return all
})

// successJSON returns the JSON response of op with status 200 or 201, or nil.
func successJSON(op *openapi3.Operation) *openapi3.MediaType {
	for _, status := range []int{200, 201} {
		if ref := op.Responses.Status(status); ref != nil && ref.Value != nil {
			if media := ref.Value.Content.Get(jsonType); media != nil {
				return media
			}
		}
	}
	return nil
}

// examples returns the examples of a successful response of e, sorted by name.
func examples(e Endpoint) []json.RawMessage {
	var all []json.RawMessage
	media := successJSON(operations()[e].Operation)
	for _, name := range slices.Sorted(maps.Keys(media.Examples)) {
		data, err := json.Marshal(media.Examples[name].Value.Value)
		if err != nil {
			panic(fmt.Sprintf("ringcxtest: example %s of %s: %v", name, e, err))
		}
		all = append(all, data)
	}
	return all
}

// exampleElements returns the elements of all examples of e, whose response is an array.
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

// exampleSession returns the first example of a response to an exchange that contains a
// refresh token.
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

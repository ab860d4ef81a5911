package ringcxtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest/internal/contract"
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
	o := contract.OpenAPI().ByID(string(e))
	return o == nil || successJSON(o) != nil
}

// successJSON returns the JSON response of o with status 200 or 201, or nil.
func successJSON(o *contract.Operation) *openapi3.MediaType {
	for _, status := range []int{200, 201} {
		if ref := o.Spec().Responses.Status(status); ref != nil && ref.Value != nil {
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
	media := successJSON(contract.OpenAPI().ByID(string(e)))
	for _, name := range slices.Sorted(maps.Keys(media.Examples)) {
		data, err := json.Marshal(media.Examples[name].Value.Value)
		if err != nil {
			panic(fmt.Sprintf("ringcxtest: example %s of %s: %v", name, e, err))
		}
		all = append(all, data)
	}
	return all
}

// exampleSession returns the first example of a response to an exchange that contains a
// refresh token. The caller must not change it.
var exampleSession = sync.OnceValue(func() map[string]json.RawMessage {
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
})

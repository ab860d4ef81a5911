package ringcxtest

// Endpoint is a request that the fake knows: the sign-in to RingCentral, or an
// operation of RingCX by its operationId in openapi.yaml. So Endpoint("listUsers")
// is the same as [Users], and an operation that is new in openapi.yaml has its
// Endpoint without a constant here. That of [Server.Handle] is its pattern.
type Endpoint string

// The endpoints of the fake.
const (
	Login  Endpoint = "login"  // POST /restapi/oauth/token of RingCentral
	Revoke Endpoint = "revoke" // POST /restapi/oauth/revoke of RingCentral

	Exchange Endpoint = "exchangeToken" // POST /api/auth/login/rc/accesstoken
	Refresh  Endpoint = "refreshToken"  // POST /api/auth/token/refresh
	Logout   Endpoint = "logout"        // DELETE /api/auth/logout/{refreshToken}
	Accounts Endpoint = "listAccounts"  // GET /voice/api/v1/admin/accounts
	Users    Endpoint = "listUsers"     // GET /voice/api/v1/admin/users
)

// known reports whether the fake has e without [Server.Handle].
func (e Endpoint) known() bool {
	return e == Login || e == Revoke || operations()[e] != nil
}

// isRingCentral reports whether e belongs to RingCentral and not to RingCX.
func (e Endpoint) isRingCentral() bool { return e == Login || e == Revoke }

// issuesTokens reports whether e answers with new tokens.
func (e Endpoint) issuesTokens() bool { return e == Login || e.isTokenRequest() }

// isTokenRequest reports whether e answers with new RingCX tokens.
func (e Endpoint) isTokenRequest() bool { return e == Exchange || e == Refresh }

// isCall reports whether e is an operation of RingCX that takes an access token.
func (e Endpoint) isCall() bool {
	return e != "" && !e.isRingCentral() && !e.isTokenRequest() && e != Logout
}

// answersJSON reports whether a good answer of e has a JSON body. That of
// [Server.Handle] may have one.
func (e Endpoint) answersJSON() bool {
	if e.isRingCentral() {
		return e == Login
	}
	route := operations()[e]
	return route == nil || goodJSON(route.Operation) != nil
}

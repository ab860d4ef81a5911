// Package ringcx signs a Go program in to RingCX, RingCentral's contact centre,
// and keeps it signed in.
//
// A [TokenSource] turns RingCentral tokens into RingCX tokens that are always
// good: it exchanges, refreshes before the end of the five minutes that a token
// lives, and signs in again where nothing else helps, with one renewal at a time
// for all goroutines. A [Client] is the client generated from openapi.yaml with
// such a source plugged in:
//
//	client, err := ringcx.New(ringcx.Config{
//		RingCentral: &ringcx.JWTLogin{ClientID: id, ClientSecret: secret, JWT: jwt},
//	})
//	accounts, err := ringcx.Get(client.ListAccountsWithResponse(ctx))
//
// Make one Client per login and share it: RingCentral allows five sign-ins a
// minute per application and RingCX five exchanges, and this package keeps to
// four of each, for its own requests. Clients of one user in several processes
// share their session through a [Store]; without one they do not know of each
// other.
//
// Every refusal is an [*Error] that says at which step, with which status, and
// what to do, and holds no secret. Test your program with package ringcxtest.
//
// This package is not made or endorsed by RingCentral.
package ringcx

// libraryAgent is how this library names itself to servers.
const libraryAgent = "ringcx-go/0.1"

// Package ringcx is a client for RingCX, the contact center of RingCentral.
//
// A [Client] has a method for each operation of openapi.yaml, in services such as Accounts and
// Users. It signs in with a JWT credential of RingCentral, or with any other source of
// RingCentral tokens:
//
//	client, err := ringcx.New(ringcx.Config{
//		RingCentral: &ringcx.JWTLogin{ClientID: id, ClientSecret: secret, JWT: jwt},
//	})
//	if err != nil {
//		return err
//	}
//	accounts, err := client.Accounts.List(ctx)
//	…
//	for user, err := range client.Users.All(ctx, nil) {
//		…
//	}
//
// A [CodeLogin] continues the session of a user who signed in with a browser.
//
// The [TokenSource] of a Client exchanges the RingCentral token for a RingCX token, which is valid for
// five minutes, and renews it before it expires. Use [TokenSource.Transport] to add the
// token to the requests of another HTTP client.
//
// Create one Client for each login and share it between goroutines. RingCentral allows
// five sign-ins a minute per application, and RingCX five exchanges a minute. This package
// limits its own requests to four of each. Clients of one user in several processes can
// share a session with a [Store]; without it, each has its own.
//
// If RingCX or RingCentral rejects a request, the error is an [*Error]. It has the step
// that failed, the HTTP status and, for common mistakes, the usual causes, and contains no
// secrets.
//
// Config.OnCall reports each attempt of a call, and Config.OnEvent each step of the session.
// Package otel/ringcxotel, a module of its own, records calls with OpenTelemetry.
//
// To test a program without RingCX, use package ringcxtest.
//
// This package is not made or endorsed by RingCentral.
package ringcx

// libraryAgent is the name of this library in the User-Agent header.
const libraryAgent = "ringcx-go/0.1"

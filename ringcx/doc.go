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
// # Services
//
// The fields of gen.Services, such as client.Leads and client.Queues, are the services.
// docs/operations.md in the repository lists their methods, with the permission that each
// needs. Ids and other required values are arguments. Optional parameters are a pointer to a
// struct, which may be nil.
//
//   - A list has a method that returns a slice, such as List, and an iterator, such as All, which
//     yields elements while they arrive, or requests page after page. [Pages] does the same for
//     a list of your own. An iterator yields at most one error, and then ends.
//   - A method that deletes returns only an error, which wraps [wire.ErrFalse] if RingCX
//     returned false.
//   - An update replaces the resource. [wire.Merge] keeps the fields that this package does
//     not know.
//   - A file is sent as a [wire.File], and read from the body of an http.Response, which the
//     caller must close. Neither is kept in memory. The error for a recording, a transcript or
//     a summary that is not ready yet wraps [wire.ErrNotReady].
//   - A call that RingCX may have processed is not sent again if a repetition could have an
//     effect: see [TokenSource.Transport], and [WithoutRetry] and Config.MaxReplays for the
//     others.
//
// [Client.Do] sends any other request.
//
// # Tokens
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
// # Errors
//
// If RingCX or RingCentral rejects a request, the error is an [*Error]. It has the step
// that failed, the HTTP status and, for common mistakes, the usual causes, and contains no
// secrets. If a response reports success but does not match openapi.yaml, the error is a
// [*wire.DecodeError].
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

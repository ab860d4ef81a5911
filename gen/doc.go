// Package gen holds the types and the client that are generated from
// openapi.yaml, the contract of this module.
//
// Programs get the client from package ringcx, whose New adds what RingCX needs
// and this package knows nothing of: tokens that are renewed, limits that are
// kept, and errors with their status.
//
//	client, err := ringcx.New(ringcx.Config{RingCentral: source})
//	accounts, err := ringcx.Get(client.ListAccountsWithResponse(ctx))
//
// An optional member of an answer is a pointer, or a slice, which is nil where
// RingCX sent null or nothing. Values of an open list, such as [AgentType], may
// be other than the constants; their method Valid reports whether they are one.
// Members that the contract does not list are ignored.
//
// Secrets are of type [wire.Secret], which fmt and slog show as "***". The two
// forms [TokenExchange] and [TokenRefresh] are the exception: their tokens are
// plain strings, so don't log them.
//
// Nothing in openapi.gen.go is written by hand. To change it, change
// openapi.yaml and run, in the root of the module:
//
//	go generate ./...
package gen

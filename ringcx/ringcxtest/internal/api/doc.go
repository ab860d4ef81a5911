// Package api holds the routes of the fake RingCX and the contract they follow,
// both generated from openapi.yaml.
//
// [Handler] and [HandlerWithOptions] route requests to a [ServerInterface],
// which has a method for each operation: an operation that is new in
// openapi.yaml keeps the fake from compiling until it is there. [GetSpec] is
// the contract itself, so that the fake can check what it hears and says. The
// types are those of package gen.
//
// Nothing in openapi.gen.go is written by hand. To change it, change
// openapi.yaml and run, in the root of the module:
//
//	go generate ./...
package api

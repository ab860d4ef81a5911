// Package contract contains openapi.yaml for the fake RingCX, as compact JSON. [OpenAPI]
// returns it; [Document.Find] finds the operation of a request, and [Operation.Request] and
// [Operation.Response] return the rules that a request or a response violates.
//
// The size of openapi.yaml costs a program nothing until it is used. The first use reads an index
// of the operations, without their schemas. The first call of an operation decodes that
// operation with the components that it refers to.
//
// openapi.json is generated. To change it, change openapi.yaml and run, in the root of the
// module:
//
//	go generate ./...
package contract

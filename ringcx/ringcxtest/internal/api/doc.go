// Package api contains the routes of the fake RingCX and the embedded openapi.yaml. Both
// are generated from openapi.yaml.
//
// [Handler] and [HandlerWithOptions] route requests to a [ServerInterface], which has a
// method for each operation. Package ringcxtest therefore does not compile until it
// implements every operation. [GetSpec] returns openapi.yaml, with which ringcxtest
// compares requests and responses. The types are those of package gen.
//
// Do not edit openapi.gen.go. To change it, change openapi.yaml and run, in the root of the
// module:
//
//	go generate ./...
package api

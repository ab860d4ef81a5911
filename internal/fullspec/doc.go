// Package fullspec makes an OpenAPI document with the size and the shapes of the whole RingCX
// API, for tests. Such a test shows that the code generator, the client and the fake work
// at that size before openapi.yaml has grown to it.
//
// The document contains openapi.yaml as it is. Operations and schemas that openapi.yaml lacks
// are synthetic: they have the names, paths, parameters, statuses and Content-Types of the
// tables in package names, and schemas with as many fields of each type as the real ones
// and the same references to each other. Their other fields have made-up names such as
// text3 and flag12.
//
// The document is the same on every run. It is not committed.
package fullspec

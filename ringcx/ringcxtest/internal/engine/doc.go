// Package engine is the state of a fake service: it keeps resources and responds to the
// operations of an OpenAPI document, without code for any of them.
//
// [Compile] recognizes collections and resources by the shape of the paths. In
//
//	GET, POST              /voice/api/v1/admin/accounts/{accountId}/dialGroups
//	GET, PUT, DELETE       /voice/api/v1/admin/accounts/{accountId}/dialGroups/{dialGroupId}
//	GET                    /voice/api/v1/admin/accounts/{accountId}/dialGroups/withChildren
//	GET                    /voice/api/v2/admin/accounts/{accountId}/dialGroups
//
// the dial groups of each account are a collection, on which all of these operations work: the
// version of a path does not matter. The schemas say which field has the id and which
// operations have lists. Operations with bodies that say nothing about resources respond with
// the examples of the document. [API.Serves] tells them apart.
//
// An [Engine] has the resources. Each collection begins with the examples of the document, or,
// below a resource that Set or an operation has made, without resources. A new
// resource gets an id of its own; the fields that the request lacks are those of the
// example. A resource below one that does not exist is not found, and deleting a resource
// deletes everything below it. The same requests in the same order get the same responses.
//
// Nothing of a document is decoded before an operation needs it, and the schemas of the
// contract are never loaded.
package engine

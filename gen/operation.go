package gen

import (
	"slices"

	"github.com/ringcx-go/ringcx-go/internal/route"
)

// Operation describes an operation of openapi.yaml. More fields may be added.
type Operation struct {
	// ID is the operationId, for example "listUsers".
	ID string
	// Method is the HTTP method in capitals, for example "GET".
	Method string
	// Path is the path template below the base URL, for example
	// "/voice/api/v1/admin/accounts/{accountId}". It begins with a slash.
	Path string
	// Success is the statuses below 300 that openapi.yaml declares, in ascending order.
	// All copies of an Operation share it: do not change it.
	Success []int
	// Idempotent reports whether sending the request twice has the same effect as sending it
	// once: it is a GET, HEAD, PUT or DELETE, or openapi.yaml says so with x-idempotent, for
	// example of a POST that searches.
	Idempotent bool
}

// OperationOf returns the operation of a result of the generated client, such as
// [*ListUsersResult]. The result may be a nil pointer, as the client returns it with an
// error. OperationOf returns false for any other value.
func OperationOf(result any) (Operation, bool) {
	r, ok := result.(interface{ Operation() Operation })
	if !ok {
		return Operation{}, false
	}
	return r.Operation(), true
}

// FindOperation returns the operation for a request with the given method, in capitals,
// and path. The path is the escaped one ([net/url.URL.EscapedPath]), below the base URL.
// FindOperation returns false if openapi.yaml has no such operation.
//
// If the templates of several operations match, it returns the one with a static segment in
// place of a parameter. A path template matches its own operation.
func FindOperation(method, path string) (Operation, bool) {
	i := route.Table{Len: len(operations), At: operationRoute}.Find(method, path)
	if i < 0 {
		return Operation{}, false
	}
	return operations[i], true
}

func operationRoute(i int) (method, template string) {
	return operations[i].Method, operations[i].Path
}

// Operations returns the operations of openapi.yaml in ascending order of their paths.
func Operations() []Operation { return slices.Clone(operations[:]) }

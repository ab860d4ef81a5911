package gen

import (
	"slices"
	"time"

	"github.com/ringcx-go/ringcx-go/internal/decode"
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
	// once. openapi.yaml says so with x-idempotent: it is true for a POST that searches, and
	// false for a PUT that creates something, sends e-mail, or may do so. Without x-idempotent,
	// a GET, HEAD, PUT or DELETE is idempotent.
	Idempotent bool

	// Service is the service and the method, for example "Accounts.List" (x-service). It is
	// empty for the sign-in operations, which have no service.
	Service string
	// Permission is what the user needs, as documented, for example "READ Account"
	// (x-permission). " + " means and, "ROLE A|B" one of these roles. It is empty if the
	// documentation does not say.
	Permission string
	// Limits is the documented rate limits (x-rate-limit). An operation without any has
	// RingCX's limit for all: 120 requests a minute. All copies of an Operation share it: do
	// not change it.
	Limits []RateLimit
	// Paging is how the list is divided into pages (x-paging), or nil if it is not. All copies
	// of an Operation share it: do not change it.
	Paging *Paging

	// TokenCookie is the name of the cookie in which the access token is sent (security). It is
	// empty for all other operations, which have the header Authorization.
	TokenCookie string
	// Delayed reports whether the data is ready only some time after a call (x-delayed). Until
	// then the error wraps [wire.ErrNotReady].
	Delayed bool
}

// RateLimit is a limit of the requests for an operation. It is documented as one for each
// sub-account.
type RateLimit struct {
	Requests int           // how many requests are allowed in the Window
	Window   time.Duration // a time that ends with the request
}

// Paging is how a list is divided into pages.
type Paging struct {
	// Page is the name of the parameter with the number of the page, and Rows of that with
	// the number of elements on a page, or "" if there is none.
	Page, Rows string
	// InBody reports whether Page and Rows are fields of the body of the request. Otherwise
	// they are in the query.
	InBody bool
	// First is the number of the first page, or 0 if it is not documented.
	First int
}

// expected returns what a response to operation i is compared with. It is not inlined, because
// hundreds of functions call it.
//
//go:noinline
func expected(i int) decode.Operation {
	op := &operations[i]
	return decode.Operation{Method: op.Method, Path: op.Path, Success: op.Success, Delayed: op.Delayed}
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

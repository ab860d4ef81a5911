package ringcx

import (
	"context"
	"iter"
	"net/http"
	"strings"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/internal/decode"
	"github.com/ringcx-go/ringcx-go/wire"
)

// Get returns the decoded JSON of a response. Its arguments are the results of a method
// of the generated client whose name ends in WithResponse:
//
//	accounts, err := ringcx.Get(client.ListAccountsWithResponse(ctx))
//
// A JSON null is an empty list. If err is not nil, Get returns it, or a
// [*wire.DecodeError] if it is about the response. Get also returns a
// [*wire.DecodeError] for a response without JSON, for one that lacks a required field, at
// any depth, and for one with a status that openapi.yaml does not declare.
//
// A response with status 204 (no content) is the zero T if the operation declares this status
// and T is not a list. Any other 204 is a [*wire.DecodeError]: it is not an empty list.
//
// If the connection breaks off while the body is read, the error is a [*wire.DecodeError]
// that wraps the cause, and the call is not sent again. If the context ended, the error wraps
// that of the context and is not a [*wire.DecodeError].
//
// The required fields are those of the types in package gen: a T of another package has
// none of its own.
func Get[T any](r interface{ GetJSON200() *T }, err error) (T, error) {
	return decode.Result(resultOperation(r), r, err)
}

// Stream returns an iterator over the elements of a JSON array. It decodes each element
// when it arrives, so that only one element is in memory at a time. Its arguments are
// the results of a method of the generated client whose name does not end in
// WithResponse, or those of [Client.Do]; T is the type of an element:
//
//	flat := &gen.ListUsersParams{Flatten: new(true)} // without it, users are nested
//	for user, err := range ringcx.Stream[gen.User](client.ListUsers(ctx, flat)) {
//		if err != nil {
//			return err
//		}
//		…
//	}
//
// Range over it exactly once; otherwise the response body leaks. The end of the loop
// closes the body.
//
// The iterator yields at most one error, and then ends. It is err, the end of the
// request's context, or a [*wire.DecodeError] for a response that is not a complete JSON
// array of T, breaks off, lacks a required field as for [Get], or has a status that
// openapi.yaml does not declare (200 and 201 are expected of other operations). A JSON null
// is an empty array.
//
// Elements before the error have already been yielded: an incomplete list is not requested
// again. A program that copies the list should therefore write it in one transaction, and
// delete what is not in it only after a complete list that is not empty.
func Stream[T any](r *http.Response, err error) iter.Seq2[T, error] {
	return decode.Stream[T](responseOperation, r, err)
}

// Pages returns an iterator over the elements of all pages of a list. It calls fetch with
// the page numbers first, first+1, and so on, until a page is empty:
//
//	for campaign, err := range ringcx.Pages(ctx, 0, fetch) {
//		if err != nil {
//			return err
//		}
//		…
//	}
//
// fetch requests one page, for example with [Get], and returns its elements. RingCX counts
// pages from 0 if its documentation says so; for most lists it says nothing. Pages also
// handles servers that count from 1 instead of 0, that ignore the page number, or that send
// fewer elements than requested.
//
// The iterator yields at most one error, with the zero T, and then ends; elements before it
// have already been yielded. See [wire.Pages] for the rules, and [wire.MaxPages] for the bound.
func Pages[T any](ctx context.Context, first int, fetch func(ctx context.Context, page int) ([]T, error)) iter.Seq2[T, error] {
	return wire.Pages(ctx, first, fetch)
}

// resultOperation returns the operation of r, a result of the generated client, or the zero
// value if it is another one.
func resultOperation(r any) decode.Operation {
	op, _ := gen.OperationOf(r)
	return decode.Operation{Method: op.Method, Path: op.Path, Success: op.Success, Delayed: op.Delayed}
}

// responseOperation returns the operation of the request of r, or the zero value if it is
// unknown.
func responseOperation(r *http.Response) decode.Operation {
	if r.Request == nil {
		return decode.Operation{}
	}
	path := strings.TrimPrefix(r.Request.URL.EscapedPath(), decode.BasePath(r))
	op, _ := gen.FindOperation(r.Request.Method, path)
	return decode.Operation{Method: op.Method, Path: op.Path, Success: op.Success, Delayed: op.Delayed}
}

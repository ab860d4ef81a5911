package ringcx

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx/internal/redact"
	"github.com/ringcx-go/ringcx-go/wire"
)

// Get returns the decoded JSON of a response. Its arguments are the results of a method
// of the generated client whose name ends in WithResponse:
//
//	accounts, err := ringcx.Get(client.ListAccountsWithResponse(ctx))
//
// A JSON null is an empty list. If err is not nil, Get returns it, or a
// [*wire.DecodeError] if it is about the response. Get also returns a
// [*wire.DecodeError] for a response without JSON and for one with a status that
// openapi.yaml does not declare. That includes status 204 (no content): it is not an
// empty list. Only if the operation declares status 204, and T is not a list, a 204 is the
// zero T.
func Get[T any](r interface{ GetJSON200() *T }, err error) (T, error) {
	var zero T
	if err != nil {
		return zero, parserError(r, err)
	}
	v := r.GetJSON200()
	if created, ok := r.(interface{ GetJSON201() *T }); ok && v == nil {
		v = created.GetJSON201()
	}
	if err := checkResult(r, reflect.ValueOf(v)); err != nil {
		return zero, err
	}
	if v == nil {
		return zero, nil
	}
	return *v, nil
}

// parserError returns err, the error of a method of the generated client, or a
// *wire.DecodeError if err is from decoding a response. The method returns a nil result
// with it, so that only the type of r is known.
func parserError(r any, err error) error {
	err = redact.Error(err)
	field, reason := mismatchIn(err)
	if reason == nil || isFromRequest(err) {
		return err
	}
	op, _ := gen.OperationOf(r)
	return &wire.DecodeError{Method: op.Method, Path: op.Path, StatusCode: jsonStatus(op), Field: field, Err: reason}
}

// isFromRequest reports whether err, of a method of the generated client, is from before
// its response: from Client.Do, another HTTP client, or encoding the body of the request.
func isFromRequest(err error) bool {
	_, isURL := errors.AsType[*url.Error](err)
	_, isMarshal := errors.AsType[*json.MarshalerError](err)
	return isURL || isMarshal || strings.HasPrefix(err.Error(), "ringcx: ")
}

// jsonStatus returns the status with which op returns JSON, or 0 if there are several.
func jsonStatus(op gen.Operation) int {
	isEmpty := func(status int) bool { return status == http.StatusNoContent }
	statuses := slices.DeleteFunc(slices.Clone(op.Success), isEmpty)
	if len(statuses) != 1 {
		return 0
	}
	return statuses[0]
}

// mismatch is the reason of a *wire.DecodeError.
type mismatch string

func (m mismatch) Error() string { return string(m) }

// mismatchIn returns the field and the reason of a *wire.DecodeError for an error of
// reading or decoding a response. The reason is nil if err is not about the contents of the
// response, for example if the network failed or the context ended.
func mismatchIn(err error) (field string, reason error) {
	if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return t.Field, err
	}
	syntax, isSyntax := errors.AsType[*json.SyntaxError](err)
	_, isMismatch := errors.AsType[mismatch](err)
	switch {
	case isMismatch:
		return "", err
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "", endedEarly(err)
	case !isSyntax:
		return "", nil
	case syntax.Offset == 0:
		return "", errEmpty
	case syntax.Error() == "unexpected end of JSON input":
		return "", endedEarly(io.ErrUnexpectedEOF)
	}
	return "", fmt.Errorf("the body is not valid JSON: %w", err)
}

func endedEarly(err error) error { return fmt.Errorf("the body ended early: %w", err) }

// checkResult returns a *wire.DecodeError if r, a result of the generated client, does
// not have the JSON that Get returns. v is a pointer to this JSON, or nil.
func checkResult(r any, v reflect.Value) error {
	var status int
	var body []byte
	if raw, ok := r.(interface {
		StatusCode() int
		GetBody() []byte
	}); ok {
		status, body = raw.StatusCode(), raw.GetBody()
	}
	if !v.IsNil() {
		return responseError(r, status, nullIn(v.Elem(), body))
	}
	want := declaredBy(r)
	declared := slices.Contains(want, status)
	isList := v.Type().Elem().Kind() == reflect.Slice
	switch {
	case status == http.StatusNoContent && declared && !isList:
		return nil
	case status == http.StatusNoContent:
		return responseError(r, status, errNoContent)
	case !declared:
		return responseError(r, status, undeclared(want))
	}
	return responseError(r, status, notJSON(body))
}

// declaredBy returns the statuses that the operation of the result r declares.
func declaredBy(r any) []int {
	if op, ok := gen.OperationOf(r); ok {
		return op.Success
	}
	return jsonStatuses
}

// declaredFor returns the statuses that the operation with the given request declares.
func declaredFor(method, path string) []int {
	if op, ok := gen.FindOperation(method, path); ok {
		return op.Success
	}
	return jsonStatuses
}

// jsonStatuses are the statuses with which an unknown operation may return JSON.
var jsonStatuses = []int{http.StatusOK, http.StatusCreated}

const (
	errEmpty       = mismatch("the body is empty")
	errNull        = mismatch("the body is null")
	errNoContent   = mismatch("the response has no content")
	errNullElement = mismatch("an element of the list is null")
	errNotArray    = mismatch("the body is not a JSON array")
	errContinues   = mismatch("the body continues after the list")
)

// undeclared is the mismatch of a response whose status is not one of the given.
func undeclared(want []int) error {
	return mismatch("want status " + strings.ReplaceAll(strings.Trim(fmt.Sprint(want), "[]"), " ", " or "))
}

// notJSON is the mismatch of a response whose Content-Type is not JSON.
func notJSON(body []byte) error {
	if len(body) == 0 {
		return errEmpty
	}
	return mismatch("the body is not JSON: " + string(body))
}

// responseError returns a *wire.DecodeError for the response in r, or nil if reason is
// nil.
func responseError(r any, status int, reason error) error {
	if reason == nil {
		return nil
	}
	resp := responseOf(r)
	if resp == nil {
		resp = &http.Response{StatusCode: status}
	}
	e := newDecodeError(resp, reason)
	if op, ok := gen.OperationOf(r); ok && e.Method == "" {
		e.Method, e.Path = op.Method, op.Path
	}
	return e
}

// newDecodeError returns the error for resp with reason, a result of mismatchIn, without
// the secrets of its call.
func newDecodeError(resp *http.Response, reason error) *wire.DecodeError {
	scrubber := redact.New(secretsOf(resp)...)
	e := &wire.DecodeError{
		StatusCode:  resp.StatusCode,
		ContentType: oneLine(scrubber.Text(resp.Header.Get("Content-Type"))),
		Err:         scrubber.Error(reason),
	}
	if m, ok := reason.(mismatch); ok { //nolint:errorlint // a mismatch may contain a part of the body
		e.Err = mismatch(oneLine(scrubber.Text(string(m))))
	}
	if resp.Request != nil {
		e.Method, e.Path = resp.Request.Method, printable(scrubber.Text(maskPath(resp.Request.URL)))
	}
	return e
}

// nullIn returns a mismatch if body, from which v was decoded, is null and v is not a
// list, or if an element of the list v is null. encoding/json decodes a null as a zero
// struct.
func nullIn(v reflect.Value, body []byte) error {
	switch {
	case mayBeNull(v.Type()):
	case isNull(body):
		return errNull
	}
	isList := v.Kind() == reflect.Slice && !mayBeNull(v.Type().Elem())
	if isList && hasZero(v) && hasNull(body) {
		return errNullElement
	}
	return nil
}

func isNull(body []byte) bool { return string(bytes.TrimSpace(body)) == "null" }

// hasNull reports whether body is an array with a null element.
func hasNull(body []byte) bool {
	var elements []*json.RawMessage
	return json.Unmarshal(body, &elements) == nil && slices.Contains(elements, nil)
}

// mayBeNull reports whether a value of type t can represent null.
func mayBeNull(t reflect.Type) bool {
	return slices.Contains([]reflect.Kind{reflect.Slice, reflect.Map, reflect.Pointer, reflect.Interface}, t.Kind())
}

// hasZero reports whether the slice v has a zero element.
func hasZero(v reflect.Value) bool {
	for i := range v.Len() {
		if v.Index(i).IsZero() {
			return true
		}
	}
	return false
}

// Stream returns an iterator over the elements of a JSON array. It decodes each element
// when it arrives, so that only one element is in memory at a time. Its arguments are
// the results of a method of the generated client whose name does not end in
// WithResponse; T is the type of an element:
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
// request's context, an error of the network, or a [*wire.DecodeError] for a response that
// is not a complete JSON array of T, or has a status that openapi.yaml does not declare
// (200 and 201 are expected of other operations). Elements before the error have already
// been yielded: an incomplete list is not requested again. A JSON null is an empty array.
func Stream[T any](r *http.Response, err error) iter.Seq2[T, error] {
	used := false
	return func(yield func(T, error) bool) {
		var zero T
		switch {
		case err != nil:
			yield(zero, err)
			return
		case used:
			yield(zero, errors.New("ringcx: a Stream can be ranged over only once: repeat the call"))
			return
		}
		used = true
		defer r.Body.Close()
		err := checkList(r)
		if err == nil {
			err = elements(json.NewDecoder(r.Body), yield)
		}
		if err != nil {
			yield(zero, listError(r, err))
		}
	}
}

// checkList returns a mismatch if the status or the Content-Type of r is not that of a
// list.
func checkList(r *http.Response) error {
	ctype := r.Header.Get("Content-Type")
	want := jsonStatuses
	if r.Request != nil {
		want = declaredFor(r.Request.Method, r.Request.URL.EscapedPath())
	}
	switch {
	case r.StatusCode == http.StatusNoContent:
		return errNoContent
	case !slices.Contains(want, r.StatusCode):
		return undeclared(want)
	case ctype != "" && !isJSON(ctype):
		body, _ := io.ReadAll(io.LimitReader(r.Body, maxErrorBody)) // ignore the error: use what was read
		return notJSON(body)
	}
	return nil
}

// isJSON reports whether ctype, a Content-Type, is JSON for the generated client.
func isJSON(ctype string) bool { return strings.Contains(ctype, "json") }

// listError returns a *wire.DecodeError for err, an error of reading a list. If the
// response could not be read to its end, it adds the request to err instead.
func listError(r *http.Response, err error) error {
	if field, reason := mismatchIn(err); reason != nil {
		e := newDecodeError(r, reason)
		e.Field = field
		return e
	}
	e := newDecodeError(r, err)
	return fmt.Errorf("ringcx: call: %s %s: status %d: reading the list: %w", e.Method, e.Path, e.StatusCode, e.Err)
}

// elements yields the elements of an array. It returns nil at the end of the body, and
// if yield returns false.
func elements[T any](d *json.Decoder, yield func(T, error) bool) error {
	if isList, err := openList(d); !isList {
		return err
	}
	var v *T // declared once, because it escapes to the heap
	for d.More() {
		if err := decodeElement(d, &v); err != nil {
			return err
		}
		if !yield(wire.Value(v), nil) {
			return nil
		}
	}
	if _, err := d.Token(); err != nil { // the closing bracket; without it the list is incomplete
		return unexpectedEOF(err)
	}
	return bodyEnd(d)
}

// openList reads the start of an array. It returns false at the end of a null, and with
// an error.
func openList(d *json.Decoder) (bool, error) {
	start, err := d.Token()
	switch {
	case err == io.EOF:
		return false, errEmpty
	case err != nil:
		return false, err
	case start == nil:
		return false, bodyEnd(d)
	case start != json.Delim('['):
		return false, errNotArray
	}
	return true, nil
}

// decodeElement reads an element of an array into a new T. It sets *v to nil for a null
// that a T can represent.
func decodeElement[T any](d *json.Decoder, v **T) error {
	*v = nil
	if err := d.Decode(v); err != nil {
		return unexpectedEOF(err)
	}
	if *v == nil && !mayBeNull(reflect.TypeFor[T]()) {
		return errNullElement
	}
	return nil
}

// bodyEnd returns an error if the body continues.
func bodyEnd(d *json.Decoder) error {
	_, err := d.Token()
	_, isSyntax := errors.AsType[*json.SyntaxError](err)
	switch {
	case err == io.EOF:
		return nil
	case err == nil || isSyntax:
		return errContinues
	}
	return err
}

// unexpectedEOF returns io.ErrUnexpectedEOF for io.EOF, and any other err unchanged.
func unexpectedEOF(err error) error {
	if err == io.EOF { //nolint:errorlint // a reader returns io.EOF itself
		return io.ErrUnexpectedEOF
	}
	return err
}

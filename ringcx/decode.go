package ringcx

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/internal/strictjson"
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
// [*wire.DecodeError] for a response without JSON, for one that lacks a required field, at
// any depth, and for one with a status that openapi.yaml does not declare. That includes status 204 (no content): it is not an
// empty list. Only if the operation declares status 204, and T is not a list, a 204 is the
// zero T.
//
// If the connection breaks off while the body is read, the error is a [*wire.DecodeError]
// that wraps the cause, and the call is not sent again. If the context ended, the error wraps
// that of the context and is not a [*wire.DecodeError].
//
// The required fields are those of the types in package gen: a T of another package has
// none of its own.
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
	if isFromRequest(err) {
		return err
	}
	op, _ := gen.OperationOf(r)
	field, reason := mismatchIn(err)
	switch {
	case reason != nil:
	case !isReadError(err):
		return err
	case isContextError(err):
		return fmt.Errorf("ringcx: call: %s %s: reading the response: %w", op.Method, op.Path, err)
	default:
		reason = endedEarly(err)
	}
	return &wire.DecodeError{Method: op.Method, Path: op.Path, StatusCode: jsonStatus(op), Field: oneLine(field), Err: reason}
}

// isReadError reports whether err is from reading the body of a response: of a [Client], or
// of another HTTP client if the network failed.
func isReadError(err error) bool {
	_, isBody := errors.AsType[*bodyError](err)
	op, isOp := errors.AsType[*net.OpError](err)
	return isBody || isOp && op.Op == "read"
}

func isContextError(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
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
	if located, ok := errors.AsType[*strictjson.Error](err); ok {
		_, reason = mismatchIn(located.Err)
		return located.Field, reason
	}
	if m, ok := errors.AsType[*missing](err); ok {
		return m.field, m.reason
	}
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

// missing is the error for a field that the response must have.
type missing struct {
	field  string
	reason mismatch
}

func (m *missing) Error() string { return m.field + ": " + m.reason.Error() }

// requiredFields finds the required fields of the types of package gen.
var requiredFields = strictjson.NewChecker[gen.Operation]()

// missingIn returns a *missing if v, which was decoded from data, lacks a required field.
func missingIn(fields *strictjson.Fields, v reflect.Value, data func() []byte) error {
	if fields.Complete(v) {
		return nil
	}
	if field, reason := fields.Missing(data()); reason != "" {
		return &missing{field, mismatch(reason)}
	}
	return nil
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
		err := nullIn(v.Elem(), body)
		if err == nil {
			err = missingIn(requiredFields.Of(v.Type()), v, func() []byte { return body })
		}
		return responseError(r, status, err)
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
	errEmpty     = mismatch("the body is empty")
	errNull      = mismatch("the body is null")
	errNoContent = mismatch("the response has no content")
	errNotArray  = mismatch("the body is not a JSON array")
	errContinues = mismatch("the body continues after the list")
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
	field, reason := mismatchIn(reason)
	resp := responseOf(r)
	if resp == nil {
		resp = &http.Response{StatusCode: status}
	}
	e := newDecodeError(resp, field, reason)
	if op, ok := gen.OperationOf(r); ok && e.Method == "" {
		e.Method, e.Path = op.Method, op.Path
	}
	return e
}

// newDecodeError returns the error for resp with a result of mismatchIn, without
// the secrets of its call.
func newDecodeError(resp *http.Response, field string, reason error) *wire.DecodeError {
	scrubber := redact.New(secretsOf(resp)...)
	e := &wire.DecodeError{
		StatusCode:  resp.StatusCode,
		ContentType: oneLine(scrubber.Text(resp.Header.Get("Content-Type"))),
		Field:       oneLine(scrubber.Text(field)), // a map has keys of the server
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
	if isList && hasZero(v) {
		return nullElement(body)
	}
	return nil
}

func isNull(body []byte) bool { return string(bytes.TrimSpace(body)) == "null" }

// nullElement returns a *missing if body is an array with a null element.
func nullElement(body []byte) error {
	var elements []*json.RawMessage
	if json.Unmarshal(body, &elements) != nil {
		return nil
	}
	if i := slices.Index(elements, nil); i >= 0 {
		return &missing{strconv.Itoa(i), strictjson.NullElement}
	}
	return nil
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
			err = elements(newElementReader[T](r.Body), yield)
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
		want = declaredFor(r.Request.Method, strings.TrimPrefix(r.Request.URL.EscapedPath(), basePathOf(r)))
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

// listError returns a *wire.DecodeError for err, an error of reading a list. If the context
// ended, it adds the request to err instead.
func listError(r *http.Response, err error) error {
	field, reason := mismatchIn(err)
	if reason == nil && isContextError(err) {
		e := newDecodeError(r, field, err)
		return fmt.Errorf("ringcx: call: %s %s: status %d: reading the list: %w", e.Method, e.Path, e.StatusCode, e.Err)
	}
	if reason == nil {
		reason = endedEarly(err)
	}
	return newDecodeError(r, field, reason)
}

// elements yields the elements of an array. It returns nil at the end of the body, and
// if yield returns false.
func elements[T any](r *elementReader[T], yield func(T, error) bool) error {
	d := r.decoder
	if isList, err := openList(d); !isList {
		return err
	}
	for d.More() {
		if err := r.next(); err != nil {
			return err
		}
		if !yield(wire.Value(r.v), nil) {
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

// elementReader reads the elements of an array. It keeps the JSON of the current element,
// to find out what is wrong with it.
type elementReader[T any] struct {
	decoder *json.Decoder
	fields  *strictjson.Fields
	index   int
	v       *T // the last element, or nil for a null that a T can represent

	body  io.Reader
	kept  []byte // the last bytes that were read from body
	end   int64  // the number of bytes that were read from body
	start int64  // the offset of the current element, or of the comma before it
}

func newElementReader[T any](body io.Reader) *elementReader[T] {
	r := &elementReader[T]{body: body, fields: requiredFields.Of(reflect.TypeFor[T]())}
	r.decoder = json.NewDecoder(r)
	return r
}

// Read reads from the body for the decoder. It keeps the bytes from start on.
func (r *elementReader[T]) Read(p []byte) (int, error) {
	n, err := r.body.Read(p)
	r.kept = append(r.kept[:copy(r.kept, r.fromStart())], p[:n]...)
	r.end += int64(n)
	return n, err
}

// fromStart returns the bytes of kept from start on.
func (r *elementReader[T]) fromStart() []byte {
	return r.kept[len(r.kept)-int(min(r.end-r.start, int64(len(r.kept)))):]
}

// element returns the JSON of the element that was decoded last.
func (r *elementReader[T]) element() []byte {
	return bytes.TrimLeft(r.fromStart()[:r.decoder.InputOffset()-r.start], ", \t\r\n")
}

// next reads the next element into a new T.
func (r *elementReader[T]) next() error {
	r.start, r.v = r.decoder.InputOffset(), nil
	err := r.decoder.Decode(&r.v)
	_, isType := errors.AsType[*json.UnmarshalTypeError](err)
	switch {
	case isType:
		return &strictjson.Error{Field: r.place(strictjson.Locate(r.element(), reflect.TypeFor[T]())), Err: err}
	case err != nil:
		return &strictjson.Error{Field: r.place(""), Err: unexpectedEOF(err)}
	case r.v == nil && !mayBeNull(reflect.TypeFor[T]()):
		return &missing{r.place(""), strictjson.NullElement}
	case r.v != nil:
		err = missingIn(r.fields, reflect.ValueOf(r.v).Elem(), r.element)
	}
	if m, ok := errors.AsType[*missing](err); ok {
		m.field = r.place(m.field)
	}
	r.index++
	return err
}

// place returns the place of field, which is in the current element, in the list.
func (r *elementReader[T]) place(field string) string {
	return strings.TrimSuffix(strconv.Itoa(r.index)+"."+field, ".")
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

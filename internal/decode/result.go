package decode

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/ringcx-go/ringcx-go/internal/redact"
	"github.com/ringcx-go/ringcx-go/wire"
)

// Result returns the JSON in r, a result of the generated client for op. Its last arguments
// are those of Get of package ringcx, which documents it.
func Result[T any](op Operation, r interface{ GetJSON200() *T }, err error) (T, error) {
	var zero T
	if err != nil {
		return zero, op.parserError(err)
	}
	v := r.GetJSON200()
	if created, ok := r.(interface{ GetJSON201() *T }); ok && v == nil {
		v = created.GetJSON201()
	}
	if err := op.checkResult(r, reflect.ValueOf(v)); err != nil {
		return zero, err
	}
	if v == nil {
		return zero, nil
	}
	return *v, nil
}

// parserError returns err, the error of a method of the generated client, or a
// *wire.DecodeError if err is from decoding a response. The method returns a nil result
// with it, so that only the operation is known.
func (op Operation) parserError(err error) error {
	err = redact.Error(err)
	if isFromRequest(err) {
		return err
	}
	field, reason := mismatchIn(err)
	switch {
	case op.Delayed && errors.Is(reason, errEmpty):
		return notReadyError(op.Method, op.Path, op.jsonStatus())
	case reason != nil:
	case !isReadError(err):
		return err
	case isContextError(err):
		return fmt.Errorf("ringcx: call: %s %s: reading the response: %w", op.Method, op.Path, err)
	default:
		reason = endedEarly(err)
	}
	return &wire.DecodeError{Method: op.Method, Path: op.Path, StatusCode: op.jsonStatus(), Field: redact.Line(field), Err: reason}
}

// isReadError reports whether err is from reading the body of a response: of a ringcx.Client, or
// of another HTTP client if the network failed.
func isReadError(err error) bool {
	_, isBody := errors.AsType[*bodyError](err)
	op, isOp := errors.AsType[*net.OpError](err)
	return isBody || isOp && op.Op == "read"
}

// isFromRequest reports whether err, of a method of the generated client, is from before
// its response: from Client.Do, another HTTP client, or encoding the body of the request.
func isFromRequest(err error) bool {
	_, isURL := errors.AsType[*url.Error](err)
	_, isMarshal := errors.AsType[*json.MarshalerError](err)
	return isURL || isMarshal || strings.HasPrefix(err.Error(), "ringcx: ")
}

// checkResult returns a *wire.DecodeError if r, a result of the generated client, does
// not have the JSON that Get returns. v is a pointer to this JSON, or nil.
func (op Operation) checkResult(r any, v reflect.Value) error {
	var status int
	var body []byte
	if raw, ok := r.(interface {
		StatusCode() int
		GetBody() []byte
	}); ok {
		status, body = raw.StatusCode(), raw.GetBody()
	}
	if notReady := op.Delayed && isBlank(body); notReady && status == http.StatusOK {
		e := op.decodeError(r, status, errEmpty)
		return notReadyError(e.Method, e.Path, status)
	}
	if !v.IsNil() {
		err := nullIn(v.Elem(), body)
		if err == nil {
			err = missingIn(requiredFields.Of(v.Type()), v, func() []byte { return body })
		}
		return op.responseError(r, status, err)
	}
	want := op.declared()
	declared := slices.Contains(want, status)
	isList := v.Type().Elem().Kind() == reflect.Slice
	switch {
	case status == http.StatusNoContent && declared && !isList:
		return nil
	case status == http.StatusNoContent:
		return op.responseError(r, status, errNoContent)
	case !declared:
		return op.responseError(r, status, undeclared(want))
	}
	return op.responseError(r, status, notJSON(body, v.Type()))
}

// responseError returns a *wire.DecodeError for the response in r, or nil if reason is
// nil.
func (op Operation) responseError(r any, status int, reason error) error {
	if reason == nil {
		return nil
	}
	return op.decodeError(r, status, reason)
}

// decodeError returns the *wire.DecodeError for the response in r.
func (op Operation) decodeError(r any, status int, reason error) *wire.DecodeError {
	field, reason := mismatchIn(reason)
	resp := responseOf(r)
	if resp == nil {
		resp = &http.Response{StatusCode: status}
	}
	e := newDecodeError(resp, field, reason)
	if e.Method == "" {
		e.Method, e.Path = op.Method, op.Path
	}
	return e
}

// responseOf returns the HTTPResponse field of a result of a generated client, or nil.
func responseOf(result any) *http.Response {
	v := reflect.Indirect(reflect.ValueOf(result))
	if v.Kind() != reflect.Struct {
		return nil
	}
	field := v.FieldByName("HTTPResponse")
	if !field.IsValid() || !field.CanInterface() {
		return nil
	}
	resp, _ := field.Interface().(*http.Response)
	return resp
}

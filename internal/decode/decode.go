// Package decode reads the successful responses of the generated client. It compares each
// with openapi.yaml, so that a response that does not match is a [*wire.DecodeError] and not
// a zero value. Get and Stream of package ringcx, and the services of package gen, use it.
//
// Statuses of 400 or higher do not arrive here: Do of a ringcx.Client returns them as errors.
package decode

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/ringcx-go/ringcx-go/internal/redact"
	"github.com/ringcx-go/ringcx-go/internal/strictjson"
	"github.com/ringcx-go/ringcx-go/wire"
)

// Operation is what openapi.yaml says about the success of an operation. The zero Operation
// is an unknown one.
type Operation struct {
	Method, Path string // Path is the template
	Success      []int  // the statuses below 300 that are declared; nil for an unknown operation
	Delayed      bool   // an empty body means that the data is not ready
}

// jsonStatuses are the statuses with which an unknown operation may return JSON.
var jsonStatuses = []int{http.StatusOK, http.StatusCreated}

// declared returns the statuses that are a success.
func (op Operation) declared() []int {
	if op.Success == nil {
		return jsonStatuses
	}
	return op.Success
}

// jsonStatus returns the status with which op returns JSON, or 0 if there are several.
func (op Operation) jsonStatus() int {
	isEmpty := func(status int) bool { return status == http.StatusNoContent }
	statuses := slices.DeleteFunc(slices.Clone(op.Success), isEmpty)
	if len(statuses) != 1 {
		return 0
	}
	return statuses[0]
}

// Value returns the value in the body of a response to op, and closes the body. Its last
// arguments are the results of a method of the generated client whose name does not end in
// WithResponse. If err is not nil, Value returns it.
//
// The body is JSON. Booleans and numbers are read whatever the Content-Type is, and a string
// also from a body that is text/plain. For null, status 204 and required fields the rules are
// those of Get of package ringcx.
func Value[T any](op Operation, resp *http.Response, err error) (v T, _ error) {
	err = op.read(resp, err, &v)
	return v, err
}

// None checks a response to op, an operation without content, and closes the body. What the
// body contains has no meaning, except for a false in the response to a DELETE: then the
// error wraps [wire.ErrFalse].
func None(op Operation, resp *http.Response, err error) error {
	body, err := op.readBody(resp, err)
	if err != nil {
		return err
	}
	if err := op.checkStatus(resp, false); err != nil {
		return err
	}
	if op.Method == http.MethodDelete && string(bytes.TrimSpace(body)) == "false" {
		return falseError(resp)
	}
	return nil
}

// Deleted checks a response to op, a DELETE whose success is a boolean, and closes the body.
// It returns nil for true and for status 204, and an error that wraps [wire.ErrFalse] for
// false.
func Deleted(op Operation, resp *http.Response, err error) error {
	if err == nil && resp.StatusCode == http.StatusNoContent {
		resp.Body.Close()
		return nil
	}
	ok, err := Value[bool](op, resp, err)
	if err == nil && !ok {
		return falseError(resp)
	}
	return err
}

// falseError returns an error that wraps wire.ErrFalse.
func falseError(resp *http.Response) error {
	e := newDecodeError(resp, "", wire.ErrFalse)
	return fmt.Errorf("ringcx: call: %s %s: status %d: %w", e.Method, e.Path, e.StatusCode, wire.ErrFalse)
}

// isBlank reports whether body, that of a delayed operation, has no data: it is empty, or JSON
// without a value.
func isBlank(body []byte) bool {
	return slices.Contains([]string{"", `""`, "null"}, string(bytes.TrimSpace(body)))
}

// notReadyError returns an error that wraps wire.ErrNotReady.
func notReadyError(method, path string, status int) error {
	return fmt.Errorf("ringcx: call: %s %s: status %d: %w", method, path, status, wire.ErrNotReady)
}

// Download returns resp, whose body the caller must close. It returns an error if the status
// is not one that op declares, or is 204, or if the Content-Type is none of media, the declared
// ones.
func Download(op Operation, media []string, resp *http.Response, err error) (*http.Response, error) {
	if err != nil {
		return nil, redact.Error(err)
	}
	err = op.checkStatus(resp, true)
	if err == nil {
		err = checkMedia(resp, media)
	}
	if err != nil {
		resp.Body.Close()
		return nil, err
	}
	return resp, nil
}

// checkMedia returns a *wire.DecodeError if the Content-Type of resp contradicts media. One that
// says nothing about the content is accepted: none, or application/octet-stream. So are other
// names of audio, such as audio/x-wav for audio/wav, and a response with several ranges.
func checkMedia(resp *http.Response, media []string) error {
	ctype := resp.Header.Get("Content-Type")
	got, _, err := mime.ParseMediaType(ctype)
	switch {
	case ctype == "", got == "application/octet-stream":
		return nil
	case got == "multipart/byteranges" && resp.StatusCode == http.StatusPartialContent:
		return nil
	}
	isDeclared := func(want string) bool {
		return got == want || strings.HasPrefix(got, "audio/") && strings.HasPrefix(want, "audio/")
	}
	if err != nil || !slices.ContainsFunc(media, isDeclared) {
		return newDecodeError(resp, "", mismatch("want the Content-Type "+strings.Join(media, " or ")))
	}
	return nil
}

// checkStatus returns a *wire.DecodeError if the status of resp is not one that op declares,
// or is 204 although there must be content.
func (op Operation) checkStatus(resp *http.Response, hasContent bool) error {
	switch {
	case hasContent && resp.StatusCode == http.StatusNoContent:
		return newDecodeError(resp, "", errNoContent)
	case !slices.Contains(op.declared(), resp.StatusCode):
		return newDecodeError(resp, "", undeclared(op.declared()))
	}
	return nil
}

// readBody reads and closes the body of resp. If err is not nil, it returns err.
func (op Operation) readBody(resp *http.Response, err error) ([]byte, error) {
	if err != nil {
		return nil, redact.Error(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	switch {
	case err == nil:
		return body, nil
	case isContextError(err):
		e := newDecodeError(resp, "", err)
		return nil, fmt.Errorf("ringcx: call: %s %s: status %d: reading the response: %w", e.Method, e.Path, e.StatusCode, e.Err)
	}
	return nil, newDecodeError(resp, "", endedEarly(err))
}

// read reads the body of resp into the variable that pointer points to, which stays zero if
// there is an error. It is not generic, so that a program has
// this code once and not for each type.
func (op Operation) read(resp *http.Response, err error, pointer any) error {
	body, err := op.readBody(resp, err)
	if err != nil {
		return err
	}
	v := reflect.ValueOf(pointer).Elem()
	declared := slices.Contains(op.declared(), resp.StatusCode)
	isList := v.Kind() == reflect.Slice
	if isEmpty := resp.StatusCode == http.StatusNoContent; isEmpty && declared && !isList {
		return nil
	}
	if err := op.checkStatus(resp, true); err != nil {
		return err
	}
	if op.Delayed && isBlank(body) {
		e := newDecodeError(resp, "", wire.ErrNotReady)
		return notReadyError(e.Method, e.Path, e.StatusCode)
	}
	if err := decodeBody(body, resp.Header.Get("Content-Type"), v); err != nil {
		v.SetZero()
		return bodyMismatch(resp, err)
	}
	return nil
}

// bodyMismatch returns a *wire.DecodeError for err, an error of decoding the body of resp.
func bodyMismatch(resp *http.Response, err error) error {
	field, reason := mismatchIn(err)
	if reason == nil {
		reason = err
	}
	return newDecodeError(resp, field, reason)
}

// decodeBody decodes body into v.
func decodeBody(body []byte, ctype string, v reflect.Value) error {
	switch kind := v.Kind(); {
	case ctype == "", isJSON(ctype), kind == reflect.Bool, kind == reflect.Int64, kind == reflect.Float64:
	case kind == reflect.String && isText(ctype):
		v.SetString(string(body))
		return nil
	default:
		return notJSON(body, v.Type())
	}
	if err := strictjson.Unmarshal(body, v.Addr().Interface()); err != nil {
		return err
	}
	if err := nullIn(v, body); err != nil {
		return err
	}
	return missingIn(requiredFields.Of(v.Type()), v, func() []byte { return body })
}

// isText reports whether ctype, a Content-Type, is text/plain.
func isText(ctype string) bool {
	kind, _, _ := strings.Cut(ctype, ";") // the parameters need not be valid
	return strings.EqualFold(strings.TrimSpace(kind), "text/plain")
}

// isJSON reports whether ctype, a Content-Type, is JSON for the generated client.
func isJSON(ctype string) bool { return strings.Contains(ctype, "json") }

// requiredFields finds the required fields of the types of package gen.
var requiredFields = strictjson.Checker{Package: "github.com/ringcx-go/ringcx-go/gen"}

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
		return &missing{fmt.Sprint(i), strictjson.NullElement}
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

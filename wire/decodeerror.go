package wire

import (
	"fmt"
	"strings"
)

// DecodeError is the error for a response whose status is below 400, but that does not
// match openapi.yaml: it has a status that the operation does not declare, is not JSON,
// ended early, or contains a value of the wrong type. No part of such a response is
// returned as data.
//
// Secrets of the request are removed from all fields.
type DecodeError struct {
	// Method is the HTTP method of the request, and Path its path without the query. If
	// only the operation is known, Path is the path template, such as
	// "/voice/api/v1/admin/accounts/{accountId}". Both are empty if the request is not
	// known.
	Method, Path string

	// StatusCode is the HTTP status of the response, or 0 if it is not known.
	StatusCode int

	// ContentType is the Content-Type header of the response. It is empty if the
	// response has none, or if it is not known.
	ContentType string

	// Field is the field with the wrong type, by its name in JSON and the names of the
	// fields around it, such as "regionalSettings.timezone". It is empty if the error is
	// not about one field.
	Field string

	// Err is the reason. It is an [*encoding/json.UnmarshalTypeError] for a wrong type, and
	// wraps [io.ErrUnexpectedEOF] if the response ended early.
	Err error
}

// Error returns the request, the status, the Content-Type and the reason, in a single
// line.
func (e *DecodeError) Error() string {
	var b strings.Builder
	b.WriteString("ringcx: call: ")
	if e.Method != "" {
		fmt.Fprintf(&b, "%s %s: ", e.Method, e.Path)
	}
	b.WriteString("the response does not match openapi.yaml: ")
	if e.StatusCode != 0 {
		fmt.Fprintf(&b, "status %d: ", e.StatusCode)
	}
	if e.ContentType != "" {
		fmt.Fprintf(&b, "%q: ", e.ContentType)
	}
	fmt.Fprint(&b, e.Err)
	return b.String()
}

// Unwrap returns e.Err.
func (e *DecodeError) Unwrap() error { return e.Err }

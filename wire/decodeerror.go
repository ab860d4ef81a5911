package wire

import (
	"errors"
	"fmt"
	"strings"
)

// DecodeError is the error for a response whose status is below 400, but that does not
// match openapi.yaml: it has a status that the operation does not declare, is not JSON (or,
// for a recording, has the Content-Type of something else), ended early, lacks a required
// field, or contains a value of the wrong type. No part of such a response is returned as data.
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

	// Field is the place of the error in the JSON: names of fields and, in lists, indexes of
	// elements from 0, such as "17.userName" or "17.children.0.regionalSettings.timezone".
	// For an element that ended early or is not valid JSON it is the index alone. It is empty
	// if the error is not about one place.
	Field string

	// Err is the reason. It is an [*encoding/json.UnmarshalTypeError] for a wrong type. If
	// the response ended early, it wraps the cause: [io.ErrUnexpectedEOF] or the error of the
	// connection, such as [syscall.ECONNRESET].
	Err error
}

// Error returns the request, the status, the Content-Type, Field and the reason, in a single
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
	if e.Field != "" {
		fmt.Fprintf(&b, "at %s: ", e.Field)
	}
	fmt.Fprint(&b, e.Err)
	return b.String()
}

// Unwrap returns e.Err.
func (e *DecodeError) Unwrap() error { return e.Err }

// ErrFalse is wrapped by the error of a service's method that deletes something, if RingCX
// returned false instead of true. The status was a success, but nothing was deleted
// (inferred).
var ErrFalse = errors.New("RingCX returned false: nothing was deleted")

// ErrNotReady is wrapped by the error for a recording, a transcript or a summary that is not
// ready yet: RingCX makes them some minutes after the call. The status is 404, or for a summary
// also 200 with an empty body. RingCX sends the same 404 for an id that does not exist, so a
// program should not try forever: half an hour after the end of the segment is enough, twice
// MediaDelay of package gen (inferred).
//
// Source: RingCX developer guide, "Call transcripts" and "Call summaries"; for recordings, and
// for wrong ids, it is inferred.
var ErrNotReady = errors.New("not ready yet")

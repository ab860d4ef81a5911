package ringcx

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"
	"unicode"
)

const (
	maxErrorBody = 64 << 10 // of a refused call, read to make its Error
	maxMessage   = 512      // of Error.Message
	maxSecret    = 8 << 10  // longer than any token
)

// newError makes the Error of the answer to req. The secrets are what req
// carried: a server may send them back.
func newError(stage Stage, req *http.Request, resp *http.Response, body []byte, secrets ...string) *Error {
	e := &Error{
		Stage: stage, StatusCode: resp.StatusCode, RetryAfter: retryAfter(resp.Header, time.Now()),
		Method: req.Method, Path: maskPath(req.URL),
	}
	e.read(body)
	clean := scrubber(secrets)
	e.Code, e.Message, e.Path = tidy(clean.Replace(e.Code)), tidy(clean.Replace(e.Message)), visible(clean.Replace(e.Path))
	for i, v := range e.Validation {
		e.Validation[i] = FieldError{Field: tidy(clean.Replace(v.Field)), Message: tidy(clean.Replace(v.Message))}
	}
	return e
}

// readError reads and closes the body of a refused call.
func readError(stage Stage, req *http.Request, resp *http.Response, secrets ...string) *Error {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody)) // half a message beats none
	resp.Body.Close()
	return newError(stage, req, resp, body, secrets...)
}

// errorBody has the members of both families of JSON errors: RingCX's and
// RingCentral's. What is not text where text belongs reads as empty.
type errorBody struct {
	ErrorCode                 text
	GeneralMessage, Message   text
	Details, DeveloperMessage text
	ValidationErrors          list[struct{ AttributeName, Message text }]

	Error       text
	Description text `json:"error_description"`
	Errors      list[struct{ ErrorCode, Message text }]
}

func (e *Error) read(body []byte) {
	e.Message = string(body)
	if len(body) >= maxErrorBody {
		e.Message = string(body[:maxErrorBody-maxSecret]) // a secret may be cut off at the end
	}
	if b := bytes.TrimSpace(body); len(b) == 0 || b[0] != '{' || !json.Valid(b) {
		return
	}
	var b errorBody
	_ = json.Unmarshal(body, &b) // the body is valid JSON, and no type of errorBody refuses any
	if len(b.Errors) > 0 {
		b.ErrorCode = cmp.Or(b.ErrorCode, b.Errors[0].ErrorCode)
		b.Message = cmp.Or(b.Message, b.Errors[0].Message)
	}
	e.Code = string(cmp.Or(b.ErrorCode, b.Error))
	if m := cmp.Or(b.GeneralMessage, b.Message, b.Description, b.Details, b.DeveloperMessage); m != "" || e.Code != "" {
		e.Message = string(m)
	}
	for _, v := range b.ValidationErrors {
		e.Validation = append(e.Validation, FieldError{Field: string(v.AttributeName), Message: string(v.Message)})
	}
}

// text is a JSON string; anything else reads as empty.
type text string

func (t *text) UnmarshalJSON(data []byte) error {
	var s string
	if json.Unmarshal(data, &s) == nil {
		*t = text(s)
	}
	return nil
}

// list is a JSON array; anything else, or an array of something else, reads as
// empty.
type list[T any] []T

func (l *list[T]) UnmarshalJSON(data []byte) error {
	var s []T
	if json.Unmarshal(data, &s) == nil {
		*l = s
	}
	return nil
}

// visible replaces what does not print in a path, which a redirect may have chosen.
func visible(path string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, path)
}

// tidy puts s on one line, drops what does not print and cuts it.
func tidy(s string) string {
	s = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "?"), func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r)
	}), " ")
	if len(s) > maxMessage {
		s = strings.ToValidUTF8(s[:maxMessage], "") + "…"
	}
	return s
}

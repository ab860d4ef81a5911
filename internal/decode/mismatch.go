package decode

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"

	"github.com/ringcx-go/ringcx-go/internal/redact"
	"github.com/ringcx-go/ringcx-go/internal/strictjson"
	"github.com/ringcx-go/ringcx-go/wire"
)

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

const (
	errEmpty     = mismatch("the body is empty")
	errNull      = mismatch("the body is null")
	errNoContent = mismatch("the response has no content")
	errNotArray  = mismatch("the body is not a JSON array")
	errContinues = mismatch("the body continues after the list")
	errNotJSON   = mismatch("the body is not JSON")
)

// undeclared is the mismatch of a response whose status is not one of the given.
func undeclared(want []int) error {
	return mismatch("want status " + strings.ReplaceAll(strings.Trim(fmt.Sprint(want), "[]"), " ", " or "))
}

const (
	notJSONPrefix = "the body is not JSON: "

	// maxQuoted is how many bytes of a body are searched for secrets, to quote its start.
	maxQuoted = 64 << 10
	// maxSecret is how many bytes a secret has at most, with escapes. Tokens are shorter.
	maxSecret = 16 << 10
)

// notJSON is the mismatch of a response whose Content-Type is not JSON, and which is read into
// a variable of type t. It quotes the body, unless that is a secret or a list of secrets.
func notJSON(body []byte, t reflect.Type) error {
	switch {
	case len(body) == 0:
		return errEmpty
	case isSecret(t):
		return errNotJSON
	}
	return mismatch(notJSONPrefix + string(body[:min(len(body), maxQuoted)]))
}

// isSecret reports whether t is wire.Secret, or a pointer to it or a slice of it.
func isSecret(t reflect.Type) bool {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	return t == reflect.TypeFor[wire.Secret]()
}

// line returns m in one line, without secrets. If m quotes a long body, the end of it may be a
// part of a secret, which is not recognized, and is omitted.
func (m mismatch) line(scrubber redact.Scrubber) mismatch {
	text := scrubber.Text(string(m))
	if len(m) >= maxQuoted {
		text = text[:max(min(len(text), len(notJSONPrefix)), len(text)-maxSecret)]
	}
	return mismatch(redact.Line(text))
}

func endedEarly(err error) error { return fmt.Errorf("the body ended early: %w", err) }

// newDecodeError returns the error for resp with a result of mismatchIn, without
// the secrets of its call.
func newDecodeError(resp *http.Response, field string, reason error) *wire.DecodeError {
	scrubber := redact.New(secretsOf(resp)...)
	e := &wire.DecodeError{
		StatusCode:  resp.StatusCode,
		ContentType: redact.Line(scrubber.Text(resp.Header.Get("Content-Type"))),
		Field:       redact.Line(scrubber.Text(field)), // a map has keys of the server
		Err:         scrubber.Error(reason),
	}
	if m, ok := reason.(mismatch); ok { //nolint:errorlint // a mismatch may contain a part of the body
		e.Err = m.line(scrubber)
	}
	if resp.Request != nil {
		e.Method, e.Path = resp.Request.Method, redact.Printable(scrubber.Text(redact.Path(resp.Request.URL)))
	}
	return e
}

// isContextError reports whether err is the end of a context.
func isContextError(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

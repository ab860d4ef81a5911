package redact

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
)

// Error is [Scrubber.Error] of a Scrubber for secrets.
func Error(err error, secrets ...string) error {
	return New(secrets...).Error(err)
}

// Error returns err if no text of it contains a secret. Otherwise it returns an error
// with a redacted text that errors.Is and errors.As treat like err, except that
// errors.As finds a redacted copy of a *url.Error. A net.Error remains one.
func (s Scrubber) Error(err error) error {
	if !s.leaks(err) {
		return err
	}
	if u, ok := err.(*url.Error); ok { //nolint:errorlint // err itself is replaced
		return s.urlError(u)
	}
	redacted := redactedError{text: s.Text(err.Error()), cause: &err}
	if u, ok := errors.AsType[*url.Error](err); ok {
		redacted.url = s.urlError(u)
	}
	if _, ok := err.(net.Error); ok { //nolint:errorlint // err itself is replaced
		return redactedNetError{redacted}
	}
	return redacted
}

// leaks reports whether fmt prints a secret for err or for an error that it wraps.
func (s Scrubber) leaks(err error) bool {
	if err == nil {
		return false
	}
	if text := fmt.Sprintf("%v %+v %#v", err, err, err); s.Text(text) != text {
		return true
	}
	switch u := err.(type) { //nolint:errorlint // visits each error of the tree
	case interface{ Unwrap() error }:
		return s.leaks(u.Unwrap())
	case interface{ Unwrap() []error }:
		return slices.ContainsFunc(u.Unwrap(), s.leaks)
	}
	return false
}

func (s Scrubber) urlError(u *url.Error) *url.Error {
	return &url.Error{Op: s.Text(u.Op), URL: s.Text(u.URL), Err: s.Error(u.Err)}
}

// redactedError has the text of an error without its secrets. It has no Unwrap method,
// and a pointer to the error instead of the error, which fmt does not follow: a program
// cannot print the error itself.
type redactedError struct {
	text  string
	cause *error
	url   *url.Error // redacted, of the cause; nil if there is none
}

func (e redactedError) Error() string        { return e.text }
func (e redactedError) Is(target error) bool { return errors.Is(*e.cause, target) }

func (e redactedError) As(target any) bool {
	if u, ok := target.(**url.Error); ok {
		*u = e.url
		return e.url != nil
	}
	return errors.As(*e.cause, target)
}

// redactedNetError is a redactedError whose cause is a net.Error.
type redactedNetError struct{ redactedError }

// Timeout implements net.Error.
func (e redactedNetError) Timeout() bool { return (*e.cause).(net.Error).Timeout() } //nolint:errorlint // the cause itself is one

// Temporary implements net.Error.
func (e redactedNetError) Temporary() bool {
	t, ok := (*e.cause).(interface{ Temporary() bool })
	return ok && t.Temporary()
}

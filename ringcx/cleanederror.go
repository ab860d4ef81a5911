package ringcx

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
)

// leaks reports whether a program that prints err, or an error in its chain, prints
// a secret.
func (s scrub) leaks(err error) bool {
	if err == nil {
		return false
	}
	if text := fmt.Sprintf("%v %+v %#v", err, err, err); s.Replace(text) != text {
		return true
	}
	switch u := err.(type) {
	case interface{ Unwrap() error }:
		return s.leaks(u.Unwrap())
	case interface{ Unwrap() []error }:
		return slices.ContainsFunc(u.Unwrap(), s.leaks)
	}
	return false
}

// cleanError returns err, or if err leaks one of the secrets an error with a clean
// text that matches the same targets.
func cleanError(err error, secrets ...string) error {
	return scrubber(secrets).clean(err)
}

func (s scrub) clean(err error) error {
	if !s.leaks(err) {
		return err
	}
	if u, ok := err.(*url.Error); ok {
		return s.cleanURL(u)
	}
	clean := cleanedError{text: s.Replace(err.Error()), cause: &err}
	if u, ok := errors.AsType[*url.Error](err); ok {
		clean.url = s.cleanURL(u)
	}
	if _, ok := err.(net.Error); ok {
		return cleanedNetError{clean}
	}
	return clean
}

func (s scrub) cleanURL(u *url.Error) *url.Error {
	return &url.Error{Op: s.Replace(u.Op), URL: s.Replace(u.URL), Err: s.clean(u.Err)}
}

// cleanedError has the text of an error without its secrets. The error itself can
// be asked for, but is in no chain that a program prints; fmt follows no pointer to
// it.
type cleanedError struct {
	text  string
	cause *error
	url   *url.Error // that of cause, cleaned
}

func (e cleanedError) Error() string        { return e.text }
func (e cleanedError) Is(target error) bool { return errors.Is(*e.cause, target) }

// As finds what the cause does, but for a *url.Error, which programs print, a clean
// one.
func (e cleanedError) As(target any) bool {
	if u, ok := target.(**url.Error); ok {
		*u = e.url
		return e.url != nil
	}
	return errors.As(*e.cause, target)
}

// cleanedNetError is a cleanedError of a net.Error.
type cleanedNetError struct{ cleanedError }

// Timeout is that of the cause.
func (e cleanedNetError) Timeout() bool { return (*e.cause).(net.Error).Timeout() }

// Temporary is that of the cause.
func (e cleanedNetError) Temporary() bool {
	t, ok := (*e.cause).(interface{ Temporary() bool })
	return ok && t.Temporary()
}

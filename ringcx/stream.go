package ringcx

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
)

// Stream returns the elements of a JSON array one by one, as they arrive. One
// element is in memory at a time, however long the answer is. T is named by the
// caller, and the method is the generated one without "WithResponse":
//
//	flat := &gen.ListUsersParams{Flatten: new(true)} // else users are nested
//	for user, err := range ringcx.Stream[gen.User](client.ListUsers(ctx, flat)) {
//		if err != nil {
//			return err
//		}
//	}
//
// An error ends it: the error that was passed in, an answer that breaks off or is
// no array, an element that does not fit T (the error names its member), or the
// end of the request's context. The elements before it were given already: a list
// that breaks off is not asked for again. null is an empty array. It can be ranged
// over once, and must be, or the answer stays open: the end of the loop closes it.
func Stream[T any](r *http.Response, err error) iter.Seq2[T, error] {
	used := false
	return func(yield func(T, error) bool) {
		var zero T
		switch {
		case err != nil:
			yield(zero, err)
			return
		case used:
			yield(zero, errors.New("ringcx: a Stream can be ranged over once: make the call again"))
			return
		}
		used = true
		defer r.Body.Close()
		if err := elements(json.NewDecoder(r.Body), yield); err != nil {
			yield(zero, listError(r, err))
		}
	}
}

// listError says which list could not be read.
func listError(r *http.Response, err error) error {
	what := "a list"
	if r.Request != nil {
		what = r.Request.Method + " " + visible(r.Request.URL.Path)
	}
	clean := scrubber(secretsOf(r))
	return fmt.Errorf("ringcx: call: %s: reading the list, status %d, %q: %w",
		clean.Replace(what), r.StatusCode, clean.Replace(r.Header.Get("Content-Type")), clean.clean(err))
}

// elements yields the elements of an array. It returns nil also where the loop
// was left early.
func elements[T any](d *json.Decoder, yield func(T, error) bool) error {
	start, err := d.Token()
	switch {
	case err != nil:
		return brokenOff(err)
	case start == nil:
		return nil
	case start != json.Delim('['):
		return errors.New("it is not an array")
	}
	for d.More() {
		var v T
		if err := d.Decode(&v); err != nil {
			return brokenOff(err)
		}
		if !yield(v, nil) {
			return nil
		}
	}
	_, err = d.Token() // the closing bracket, without which the list broke off
	return brokenOff(err)
}

// brokenOff tells an end in the middle from an end.
func brokenOff(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

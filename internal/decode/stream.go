package decode

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/ringcx-go/ringcx-go/internal/redact"
	"github.com/ringcx-go/ringcx-go/internal/strictjson"
	"github.com/ringcx-go/ringcx-go/wire"
)

// Stream returns an iterator over the elements of a JSON array. Its last arguments are those
// of Stream of package ringcx, which documents it. The function op returns the operation that
// the response belongs to.
func Stream[T any](op func(*http.Response) Operation, r *http.Response, err error) iter.Seq2[T, error] {
	used := false
	return func(yield func(T, error) bool) {
		var v *T
		next := func() bool { return yield(wire.Value(v), nil) }
		switch {
		case err != nil:
			yield(wire.Value(v), err)
			return
		case used:
			yield(wire.Value(v), errors.New("ringcx: a Stream can be ranged over only once: repeat the call"))
			return
		}
		used = true
		if err := op(r).stream(r, &v, next); err != nil {
			var zero T
			yield(zero, err)
		}
	}
}

// All returns an iterator over the elements of the JSON array in the response to op. It calls
// send, a method of the generated client whose name does not end in WithResponse, each time
// that a loop begins, and yields errors as Stream does.
func All[T any](op Operation, send func() (*http.Response, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var v *T
		r, err := send()
		if err == nil {
			err = op.stream(r, &v, func() bool { return yield(wire.Value(v), nil) })
		}
		if err != nil {
			var zero T
			yield(zero, redact.Error(err))
		}
	}
}

// stream reads the JSON array in r. For each element it sets the pointer that p points to: to
// a new value, or to nil for a null that an element can represent. Then it calls yield. It
// closes the body. It is not generic, so that a program has this code once and not for each
// type.
func (op Operation) stream(r *http.Response, p any, yield func() bool) error {
	defer r.Body.Close()
	v := reflect.ValueOf(p).Elem()
	err := op.checkList(r, v.Type())
	if err == nil {
		err = newElementReader(r.Body, v).each(yield)
	}
	if err != nil {
		return listError(r, err)
	}
	return nil
}

// checkList returns a mismatch if the status or the Content-Type of r is not that of a
// list. The type of its elements is elem.
func (op Operation) checkList(r *http.Response, elem reflect.Type) error {
	ctype := r.Header.Get("Content-Type")
	want := op.declared()
	switch {
	case r.StatusCode == http.StatusNoContent:
		return errNoContent
	case !slices.Contains(want, r.StatusCode):
		return undeclared(want)
	case ctype != "" && !isJSON(ctype):
		body, _ := io.ReadAll(io.LimitReader(r.Body, maxQuoted)) // ignore the error: use what was read
		return notJSON(body, elem)
	}
	return nil
}

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
type elementReader struct {
	decoder *json.Decoder
	fields  *strictjson.Fields
	index   int
	v       reflect.Value // a pointer: the last element, or nil for a null that it can represent

	body  io.Reader
	kept  []byte // the last bytes that were read from body
	end   int64  // the number of bytes that were read from body
	start int64  // the offset of the current element, or of the comma before it
}

func newElementReader(body io.Reader, v reflect.Value) *elementReader {
	r := &elementReader{body: body, v: v}
	r.fields = requiredFields.Of(r.elem())
	r.decoder = json.NewDecoder(r)
	return r
}

// elem returns the type of the elements.
func (r *elementReader) elem() reflect.Type { return r.v.Type().Elem() }

// each calls yield for each element of the array. It returns nil at the end of the body, and
// if yield returns false.
func (r *elementReader) each(yield func() bool) error {
	d := r.decoder
	if isList, err := openList(d); !isList {
		return err
	}
	for d.More() {
		if err := r.next(); err != nil {
			return err
		}
		if !yield() {
			return nil
		}
	}
	if _, err := d.Token(); err != nil { // the closing bracket; without it the list is incomplete
		return unexpectedEOF(err)
	}
	return bodyEnd(d)
}

// Read reads from the body for the decoder. It keeps the bytes from start on.
func (r *elementReader) Read(p []byte) (int, error) {
	n, err := r.body.Read(p)
	r.kept = append(r.kept[:copy(r.kept, r.fromStart())], p[:n]...)
	r.end += int64(n)
	return n, err
}

// fromStart returns the bytes of kept from start on.
func (r *elementReader) fromStart() []byte {
	return r.kept[len(r.kept)-int(min(r.end-r.start, int64(len(r.kept)))):]
}

// element returns the JSON of the element that was decoded last.
func (r *elementReader) element() []byte {
	return bytes.TrimLeft(r.fromStart()[:r.decoder.InputOffset()-r.start], ", \t\r\n")
}

// next reads the next element into a new value.
func (r *elementReader) next() error {
	r.start = r.decoder.InputOffset()
	r.v.SetZero()
	err := r.decoder.Decode(r.v.Addr().Interface())
	_, isType := errors.AsType[*json.UnmarshalTypeError](err)
	switch {
	case isType:
		return &strictjson.Error{Field: r.place(strictjson.Locate(r.element(), r.elem())), Err: err}
	case err != nil:
		return &strictjson.Error{Field: r.place(""), Err: unexpectedEOF(err)}
	case r.v.IsNil() && !mayBeNull(r.elem()):
		return &missing{r.place(""), strictjson.NullElement}
	case !r.v.IsNil():
		err = missingIn(r.fields, r.v.Elem(), r.element)
	}
	if m, ok := errors.AsType[*missing](err); ok {
		m.field = r.place(m.field)
	}
	r.index++
	return err
}

// place returns the place of field, which is in the current element, in the list.
func (r *elementReader) place(field string) string {
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

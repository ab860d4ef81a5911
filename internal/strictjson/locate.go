// Package strictjson finds what encoding/json does not report: where in a body an error
// is, and that a required field is missing.
//
// A place is a path of names of fields and indexes of elements, separated by dots, such as
// "17.children.0.userName".
package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
	"strings"
)

// Error is an error of [Unmarshal].
type Error struct {
	Field string // the place of the error, or "" if it is the whole body
	Err   error  // the error of encoding/json
}

func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns e.Err.
func (e *Error) Unwrap() error { return e.Err }

// Unmarshal is [json.Unmarshal], but returns an [*Error]. The generated client calls it.
func Unmarshal(data []byte, v any) error {
	err := json.Unmarshal(data, v)
	if err == nil {
		return nil
	}
	return &Error{Field: Locate(data, reflect.TypeOf(v)), Err: err}
}

// RawMessage and Marshal are those of encoding/json. The generated client of an operation
// with a JSON body needs them.
type RawMessage = json.RawMessage

// Marshal is [json.Marshal].
func Marshal(v any) ([]byte, error) { return json.Marshal(v) }

// maxDepth is how many levels Locate descends, because it decodes each level again.
const maxDepth = 100

// Locate returns the place of the first value in data that cannot be decoded into a t. It
// decodes data again, so call it only after an error. If data is not valid JSON, the place
// is that of the outermost element or field that is not valid. The place is "" if no part of
// data has the error.
func Locate(data []byte, t reflect.Type) string {
	return strings.Join(locate(data, t, maxDepth), ".")
}

func locate(data []byte, t reflect.Type, depth int) []string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case depth == 0:
		return nil
	case decodesItself(t):
		return placeByType(data, t)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	start, _ := d.Token() // an error is an error of the whole
	if start == nil || start != opening(t) {
		return nil
	}
	for i := 0; d.More(); i++ {
		name := strconv.Itoa(i)
		if start == json.Delim('{') {
			key, _ := d.Token() // an error occurs again in Decode
			name, _ = key.(string)
		}
		elem := typeOf(t, name)
		var raw json.RawMessage
		switch err := d.Decode(&raw); {
		case err != nil:
			return []string{name}
		case json.Unmarshal(raw, reflect.New(elem).Interface()) != nil:
			return append([]string{name}, locate(raw, elem, depth-1)...)
		}
	}
	return nil
}

// placeByType returns the place that the UnmarshalJSON of t reports: a wire.LeadPage reports
// the row and the field.
func placeByType(data []byte, t reflect.Type) []string {
	err := json.Unmarshal(data, reflect.New(t).Interface())
	var mismatch *json.UnmarshalTypeError
	if !errors.As(err, &mismatch) || mismatch.Field == "" {
		return nil
	}
	return []string{mismatch.Field}
}

// opening returns the token with which JSON for a t begins, or nil.
func opening(t reflect.Type) json.Token {
	switch t.Kind() {
	case reflect.Slice, reflect.Array:
		return json.Delim('[')
	case reflect.Map, reflect.Struct:
		return json.Delim('{')
	}
	return nil
}

// anything is the type of values that can always be decoded.
var anything = reflect.TypeFor[any]()

// typeOf returns the type of the element or field of t with the given name.
func typeOf(t reflect.Type, name string) reflect.Type {
	if t.Kind() != reflect.Struct {
		return t.Elem()
	}
	for _, f := range reflect.VisibleFields(t) {
		if own := jsonName(f); own != "" && strings.EqualFold(own, name) {
			return f.Type
		}
	}
	return anything
}

// jsonName returns the name of f in JSON, or "" if it has none, as an embedded struct.
func jsonName(f reflect.StructField) string {
	tag := f.Tag.Get("json")
	name, _, _ := strings.Cut(tag, ",")
	switch {
	case tag == "-", !f.IsExported():
		return ""
	case name != "":
		return name
	case f.Anonymous && f.Type.Kind() == reflect.Struct:
		return ""
	}
	return f.Name
}

var unmarshaler = reflect.TypeFor[json.Unmarshaler]()

// decodesItself reports whether t has its own UnmarshalJSON.
func decodesItself(t reflect.Type) bool { return reflect.PointerTo(t).Implements(unmarshaler) }

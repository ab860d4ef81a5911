package strictjson

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Reasons that [Fields.Missing] returns.
const (
	Missing     = "the required field is missing"
	Null        = "the required field is null"
	NullElement = "an element of the list is null"
)

// Checker finds required fields that a response does not have. A field is required if it
// belongs to a struct of one package and its JSON tag has neither omitempty nor omitzero, as
// oapi-codegen writes it. A Checker is safe for concurrent use.
type Checker struct {
	Package string // the import path of the package

	fields sync.Map // reflect.Type to *Fields, which is nil for a type without required fields
}

// Fields is the required fields in the values of a type, at any depth. A nil *Fields is none.
type Fields struct {
	kind   reflect.Kind
	elem   *Fields // of a pointer, a list or a map
	fields []field // of a struct
}

// field is a field of a struct that is required, or has required fields below it.
type field struct {
	name     string // "" for an embedded struct, whose fields are those of the outer one
	index    int
	required bool
	nullable bool
	below    *Fields
}

// Of returns the required fields of t. It looks at a type only once.
func (c *Checker) Of(t reflect.Type) *Fields {
	if f, ok := c.fields.Load(t); ok {
		return f.(*Fields) //nolint:forcetypeassert // nothing else is stored
	}
	f := c.build(t, make(map[reflect.Type]*Fields))
	c.fields.Store(t, f)
	return f
}

// build returns the required fields of t. Types may be recursive, so seen has those that are
// built already or in progress.
func (c *Checker) build(t reflect.Type, seen map[reflect.Type]*Fields) *Fields {
	if f, ok := seen[t]; ok {
		return f
	}
	isOwn := t.PkgPath() == c.Package
	if !isOwn && decodesItself(t) {
		return nil
	}
	f := &Fields{kind: t.Kind()}
	switch seen[t] = f; t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		f.elem = c.build(t.Elem(), seen)
	case reflect.Struct:
		f.fields = c.fieldsOf(t, isOwn, seen)
	}
	if f.elem == nil && len(f.fields) == 0 {
		seen[t] = nil
	}
	return seen[t]
}

func (c *Checker) fieldsOf(t reflect.Type, isOwn bool, seen map[reflect.Type]*Fields) (all []field) {
	for i := range t.NumField() {
		sf := t.Field(i)
		f := field{name: jsonName(sf), index: i, nullable: mayBeNull(sf.Type)}
		isEmbedded := sf.Anonymous && sf.Type.Kind() == reflect.Struct
		if f.name == "" && !isEmbedded {
			continue
		}
		_, options, _ := strings.Cut(sf.Tag.Get("json"), ",")
		f.required = isOwn && f.name != "" && !strings.Contains(options, "omit")
		f.below = c.build(sf.Type, seen)
		if f.required || f.below != nil {
			all = append(all, f)
		}
	}
	return all
}

// mayBeNull reports whether a value of type t can represent null.
func mayBeNull(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Slice, reflect.Map, reflect.Pointer, reflect.Interface:
		return true
	}
	return false
}

// Complete reports whether no required field in v, a value of the type, is zero. Then
// there is no need for Missing: a field that is not zero was in the response.
func (f *Fields) Complete(v reflect.Value) bool {
	if f == nil {
		return true
	}
	switch v.Kind() {
	case reflect.Pointer:
		return v.IsNil() || f.elem.Complete(v.Elem())
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if !f.elem.Complete(v.Index(i)) {
				return false
			}
		}
	case reflect.Map:
		for i := v.MapRange(); i.Next(); {
			if !f.elem.Complete(i.Value()) {
				return false
			}
		}
	case reflect.Struct:
		return f.isStructComplete(v)
	}
	return true
}

func (f *Fields) isStructComplete(v reflect.Value) bool {
	for i := range f.fields {
		own := &f.fields[i]
		at := v.Field(own.index)
		if own.required && at.IsZero() || !own.below.Complete(at) {
			return false
		}
	}
	return true
}

// Missing returns the place of the first required field that data does not have, or that is
// null although its type cannot represent null, and the reason. It also finds null elements of
// lists that have required fields. It returns "", "" if there is none, or if data is not
// valid JSON.
func (f *Fields) Missing(data []byte) (place, reason string) {
	var tree any
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber() // a number may be out of the range of a float64
	if f == nil || d.Decode(&tree) != nil {
		return "", ""
	}
	path, reason := f.missing(tree)
	return strings.Join(path, "."), reason
}

func (f *Fields) missing(tree any) (path []string, reason string) {
	if f == nil {
		return nil, ""
	}
	if f.kind == reflect.Pointer {
		return f.elem.missing(tree)
	}
	switch tree := tree.(type) {
	case []any:
		return f.missingInList(tree)
	case map[string]any:
		if f.kind == reflect.Map {
			return f.missingInMap(tree)
		}
		return f.missingInObject(tree)
	}
	return nil, ""
}

func (f *Fields) missingInList(list []any) (path []string, reason string) {
	for i, v := range list {
		path, reason = f.elem.missing(v)
		if v == nil && f.elem != nil && f.elem.kind == reflect.Struct {
			reason = NullElement
		}
		if reason != "" {
			return append([]string{strconv.Itoa(i)}, path...), reason
		}
	}
	return nil, ""
}

func (f *Fields) missingInMap(object map[string]any) (path []string, reason string) {
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if path, reason = f.elem.missing(object[name]); reason != "" {
			return append([]string{name}, path...), reason
		}
	}
	return nil, ""
}

func (f *Fields) missingInObject(object map[string]any) (path []string, reason string) {
	for _, own := range f.fields {
		if own.name == "" {
			path, reason = own.below.missing(object)
		} else {
			path, reason = own.missing(object)
		}
		if reason != "" {
			return path, reason
		}
	}
	return nil, ""
}

func (f *field) missing(object map[string]any) (path []string, reason string) {
	value, exists := lookup(object, f.name)
	switch {
	case f.required && !exists:
		reason = Missing
	case f.required && value == nil && !f.nullable:
		reason = Null
	default:
		path, reason = f.below.missing(value)
	}
	return append([]string{f.name}, path...), reason
}

// lookup returns the value of a field. Like encoding/json it ignores the case of names, if
// there is no other, and a null if there is another value.
func lookup(object map[string]any, name string) (value any, exists bool) {
	if value, exists = object[name]; value != nil {
		return value, true
	}
	for other, v := range object {
		if strings.EqualFold(other, name) {
			exists = true
			if v != nil {
				return v, true
			}
		}
	}
	return nil, exists
}

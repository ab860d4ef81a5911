package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Merge returns the JSON of an update: received, an object as RingCX sent it, with the
// fields of change. A PUT replaces the whole object: a program that sends only the fields of
// its struct deletes those that the struct does not have. Merge keeps all fields of received
// that change does not set, at any depth and in the form in which they came.
//
// change is a struct, for example of package gen, or anything else that encoding/json writes
// as an object, such as a map or a [json.RawMessage].
//
// Of a struct, the fields that encoding/json writes are set, except
//
//   - a field that has not changed. Merge reads received into a struct of the same type to
//     find out. So a program can read received into a struct, change some of its fields, and
//     pass it as change;
//   - the required fields of a struct (those without omitempty), if all of them are zero. So a
//     program can pass a struct in which it sets only optional fields. If only some of them are zero, and one
//     of these was not zero in received, Merge returns an error: it is not clear whether the
//     program wants to set it to zero.
//
// An optional field that is nil is not set, and neither is a list without elements. To clear a
// field, pass a map: the change map[string]any{"lastName": nil} sends a null, and
// map[string]any{"roles": []string{}} an empty list. A map also sets a required field to its zero
// value. RingCX does not document which fields may be null.
//
// If a field is an object in received and in change, their fields are merged. Any other
// value replaces that of received. In a list of a struct, an element of change keeps the fields
// that the struct does not have. They are those of an element of received: the equal one, or else
// the one with the same values in all fields named id or …Id, or else, for elements without such
// fields in lists of the same length, the one with the same index. If there is none, the element
// is new.
//
// Merge returns an error if received or change is not a JSON object, or if received cannot
// be read into a struct of the type of change. It does not modify its arguments. Pass the
// result to a method of the generated client whose name contains WithBody.
func Merge(received []byte, change any) (json.RawMessage, error) {
	var m merger
	var err error
	if m.change, err = json.Marshal(change); err != nil {
		return nil, fmt.Errorf("wire: Merge: change: %w", err)
	}
	m.received, m.value = received, reflect.ValueOf(change)
	if v := indirect(m.value); v.Kind() == reflect.Struct {
		decoded := reflect.New(v.Type())
		if err := json.Unmarshal(received, decoded.Interface()); err != nil {
			return nil, fmt.Errorf("wire: Merge: received: %w", err)
		}
		if m.unchanged, err = json.Marshal(decoded.Interface()); err != nil {
			return nil, fmt.Errorf("wire: Merge: received: %w", err)
		}
	}
	switch {
	case !json.Valid(received) || !isKind("object", received):
		return nil, errors.New("wire: Merge: received is not a JSON object")
	case !isKind("object", m.change):
		return nil, fmt.Errorf("wire: Merge: change, a %T, is not a JSON object", change)
	}
	merged, err := m.object("")
	if err != nil {
		return nil, err
	}
	return json.Marshal(merged)
}

// merger merges one value.
type merger struct {
	received  json.RawMessage
	unchanged json.RawMessage // received, as the type of change reads and writes it; nil if change is not a struct
	change    json.RawMessage
	value     reflect.Value // the Go value of change; invalid if it is not known
}

// object returns the fields of the merged object. path is its place, for errors.
func (m merger) object(path string) (map[string]json.RawMessage, error) {
	received, unchanged, change := fieldsOf(m.received), fieldsOf(m.unchanged), fieldsOf(m.change)
	fields := structFields(m.value)
	for name, value := range change {
		if bytes.Equal(unchanged[name], value) {
			continue
		}
		if f := fields[name]; f.unset {
			if fields.partial() {
				continue
			}
			return nil, fmt.Errorf("wire: Merge: %s is %s in change: to set the zero value of a required field, pass a map", path+name, value)
		}
		next := merger{received[name], unchanged[name], value, fields[name].value}
		merged, err := next.merge(path + name)
		if err != nil {
			return nil, err
		}
		received[name] = merged
	}
	return received, nil
}

// merge returns the merged value.
func (m merger) merge(path string) (json.RawMessage, error) {
	switch {
	case isKind("object", m.received, m.change):
		merged, err := m.object(path + ".")
		if err != nil {
			return nil, err
		}
		return json.Marshal(merged)
	case isKind("array", m.received, m.change):
		return m.list()
	}
	return m.change, nil
}

// list returns change, with the elements of received in place of those that have not changed,
// and their unknown fields in the others.
func (m merger) list() (json.RawMessage, error) {
	received, unchanged, change := elementsOf(m.received), elementsOf(m.unchanged), elementsOf(m.change)
	if len(received) != len(unchanged) {
		return m.change, nil // not of a struct, or of a type that reads a list in its own way
	}
	for i, j := range pairElements(unchanged, change) {
		if j < 0 {
			continue
		}
		merged, err := merger{received: received[j], unchanged: unchanged[j], change: change[i]}.element()
		if err != nil {
			return nil, err
		}
		change[i] = merged
	}
	return json.Marshal(change)
}

// element returns the merged element of a list: change, with the fields of received that the
// struct does not have.
func (m merger) element() (json.RawMessage, error) {
	switch {
	case bytes.Equal(m.unchanged, m.change):
		return m.received, nil
	case !isKind("object", m.received, m.unchanged, m.change):
		return m.change, nil
	}
	merged, err := m.object("")
	if err != nil {
		return nil, err
	}
	change := fieldsOf(m.change)
	for name := range fieldsOf(m.unchanged) {
		if _, ok := change[name]; !ok {
			delete(merged, name) // the struct has the field, and it was cleared
		}
	}
	return json.Marshal(merged)
}

// pairElements returns for each element of change the index of the one in unchanged that it was
// made from, or -1. No index occurs twice.
func pairElements(unchanged, change []json.RawMessage) []int {
	pairs, used := slices.Repeat([]int{-1}, len(change)), make([]bool, len(unchanged))
	text := func(_ int, e json.RawMessage) string { return string(e) }
	ids := func(_ int, e json.RawMessage) string { return idsOf(e) }
	keys := []func(int, json.RawMessage) string{text, ids}
	if len(change) == len(unchanged) {
		place := func(i int, e json.RawMessage) string { return strconv.Itoa(i) + string(e) }
		index := func(i int, e json.RawMessage) string {
			if idsOf(e) != "" {
				return ""
			}
			return strconv.Itoa(i)
		}
		keys = []func(int, json.RawMessage) string{place, text, ids, index}
	}
	for _, key := range keys {
		free := make(map[string][]int) // the indexes of elements with the same key
		for j, e := range unchanged {
			if !used[j] {
				free[key(j, e)] = append(free[key(j, e)], j)
			}
		}
		for i, e := range change {
			k := key(i, e)
			if isFree := len(free[k]) > 0; pairs[i] < 0 && k != "" && isFree {
				pairs[i], free[k] = free[k][0], free[k][1:]
				used[pairs[i]] = true
			}
		}
	}
	return pairs
}

// idsOf returns the fields of an object that are named id or …Id and not null, or "" if there
// are none.
func idsOf(data json.RawMessage) string {
	ids := fieldsOf(data)
	maps.DeleteFunc(ids, func(name string, value json.RawMessage) bool {
		return name != "id" && !strings.HasSuffix(name, "Id") || isKind("null", value)
	})
	if len(ids) == 0 {
		return ""
	}
	text, _ := json.Marshal(ids) // in the order of the names; they are valid JSON
	return string(text)
}

// mergeFields are the fields of a struct by their names in JSON.
type mergeFields map[string]mergeField

type mergeField struct {
	value    reflect.Value
	required bool // encoding/json writes it also if it is zero
	unset    bool // required, and zero
}

// partial reports whether no required field is set.
func (fields mergeFields) partial() bool {
	for _, f := range fields {
		if f.required && !f.unset {
			return false
		}
	}
	return true
}

// structFields returns the fields of v. It returns none if v is not a struct.
func structFields(v reflect.Value) mergeFields {
	v = indirect(v)
	if v.Kind() != reflect.Struct {
		return nil
	}
	fields := make(mergeFields)
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.Anonymous && f.Tag.Get("json") == "" {
			maps.Copy(fields, structFields(v.Field(i)))
			continue
		}
		if name, omitted := jsonField(f, reflect.Zero(f.Type)); name != "" {
			fields[name] = mergeField{v.Field(i), !omitted, !omitted && v.Field(i).IsZero()}
		}
	}
	return fields
}

// indirect returns what v points to, through interfaces and pointers.
func indirect(v reflect.Value) reflect.Value {
	for slices.Contains([]reflect.Kind{reflect.Pointer, reflect.Interface}, v.Kind()) {
		v = v.Elem()
	}
	return v
}

// isKind reports whether all values have the JSON type want.
func isKind(want string, values ...json.RawMessage) bool {
	return !slices.ContainsFunc(values, func(data json.RawMessage) bool {
		return kind(bytes.TrimSpace(data)) != want
	})
}

// fieldsOf returns the fields of an object. It returns an empty map for any other value.
func fieldsOf(data json.RawMessage) map[string]json.RawMessage {
	fields := make(map[string]json.RawMessage)
	_ = json.Unmarshal(data, &fields) // the caller knows what data is
	return fields
}

// elementsOf returns the elements of an array.
func elementsOf(data json.RawMessage) (elements []json.RawMessage) {
	_ = json.Unmarshal(data, &elements) // the caller knows what data is
	return elements
}

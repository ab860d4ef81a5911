package ringcx

import (
	"reflect"
	"strings"
	"sync"
	"unsafe"

	"github.com/ringcx-go/ringcx-go/ringcx/internal/servertime"
)

// Clone returns a copy of a TokenSource as a snapshot of its machine does: all that
// it knows, also its identity. The Store, the HTTP client and the source of
// RingCentral tokens are shared. A renewal under way is not: in the copy its
// response never comes. All goroutines of s must be blocked.
func Clone(s *TokenSource) *TokenSource {
	c := cloner{}
	cache := c.copyOf(reflect.ValueOf(s.cache)).Interface().(*tokenCache)
	cache.renewal = nil
	return &TokenSource{cache: cache}
}

// cloner copies values deeply. It holds the copies of pointers and channels.
type cloner map[unsafe.Pointer]reflect.Value

// copyOf returns a copy of v. Pointers to types of other packages and functions are
// shared; channels and locks are new.
func (c cloner) copyOf(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() || !ours(v.Type().Elem()) {
			return out
		}
		if known, ok := c[v.UnsafePointer()]; ok {
			return known
		}
		out.Set(reflect.New(v.Type().Elem()))
		c[v.UnsafePointer()] = out
		c.fill(out.Elem(), v.Elem())
	case reflect.Interface:
		if v.IsNil() || v.Elem().Kind() != reflect.Pointer {
			return out
		}
		if inner := c.copyOf(v.Elem()); inner.Type().AssignableTo(v.Type()) {
			out.Set(inner)
		}
	case reflect.Chan:
		if v.IsNil() {
			return out
		}
		known, ok := c[v.UnsafePointer()]
		if !ok {
			known = reflect.MakeChan(reflect.ChanOf(reflect.BothDir, v.Type().Elem()), v.Cap())
			c[v.UnsafePointer()] = known
		}
		out.Set(known.Convert(v.Type()))
	case reflect.Map:
		if !v.IsNil() {
			out.Set(reflect.MakeMap(v.Type()))
		}
		for key, value := range v.Seq2() {
			out.SetMapIndex(key, c.copyOf(value))
		}
	case reflect.Slice:
		if !v.IsNil() {
			out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		}
		for i := range v.Len() {
			out.Index(i).Set(c.copyOf(v.Index(i)))
		}
	case reflect.Struct:
		c.fill(out, v)
	}
	return out
}

// fill copies a struct into to, which is addressable.
func (c cloner) fill(to, from reflect.Value) {
	if from.Kind() != reflect.Struct {
		to.Set(c.copyOf(from))
		return
	}
	switch from.Type() {
	case reflect.TypeFor[sync.Mutex](), reflect.TypeFor[sync.RWMutex]():
		to.SetZero()
		return
	}
	if !ours(from.Type()) || from.Type() == reflect.TypeFor[Config]() {
		to.Set(from)
		return
	}
	source := reflect.New(from.Type()).Elem()
	source.Set(from) // an addressable copy, whose fields can be read
	for i := range source.NumField() {
		field := open(to.Field(i))
		field.Set(c.copyOf(open(source.Field(i))))
		if kind := field.Type(); kind == reflect.TypeFor[sync.Mutex]() || kind == reflect.TypeFor[sync.RWMutex]() {
			field.SetZero()
		}
	}
}

// open returns a field as if it was exported.
func open(field reflect.Value) reflect.Value {
	return reflect.NewAt(field.Type(), unsafe.Pointer(field.UnsafeAddr())).Elem()
}

// ours reports whether values of a type belong to one TokenSource: it is a type of this
// package or of servertime.
func ours(t reflect.Type) bool {
	return strings.HasSuffix(t.PkgPath(), "/ringcx") || strings.HasSuffix(t.PkgPath(), "/servertime")
}

// copyClock makes to know the services' time as from does. The machine and its clock stay.
func copyClock(to, from *servertime.Clock) {
	known := cloner{}.copyOf(reflect.ValueOf(from)).Elem()
	own := reflect.ValueOf(to).Elem()
	for i := range own.NumField() {
		switch own.Type().Field(i).Name {
		case "machine", "wall", "mu":
		default:
			open(own.Field(i)).Set(open(known.Field(i)))
		}
	}
}

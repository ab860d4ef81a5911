package ringcx

import (
	"reflect"
	"strings"
	"sync"
	"unsafe"

	"github.com/ringcx-go/ringcx-go/ringcx/internal/servertime"
)

// Clone returns a copy of s with the same state and the same process name, as a snapshot of
// a virtual machine does. Both use the same Store, HTTP client and source of RingCentral
// tokens. A renewal of s that is under way does not exist in the copy. All goroutines of s
// must be blocked.
func Clone(s *TokenSource) *TokenSource {
	c := cloner{}
	cache := c.copyOf(reflect.ValueOf(s.cache)).Interface().(*tokenCache)
	cache.renewal = nil
	return &TokenSource{cache: cache}
}

// cloner makes deep copies. It maps pointers and channels to their copies.
type cloner map[unsafe.Pointer]reflect.Value

// copyOf returns a deep copy of v. It does not copy functions and pointers to types of other
// packages. Channels and locks are new.
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
	source.Set(from) // addressable, as writable requires
	for i := range source.NumField() {
		field := writable(to.Field(i))
		field.Set(c.copyOf(writable(source.Field(i))))
		if kind := field.Type(); kind == reflect.TypeFor[sync.Mutex]() || kind == reflect.TypeFor[sync.RWMutex]() {
			field.SetZero()
		}
	}
}

// writable returns an unexported field as a value that can be read and set.
func writable(field reflect.Value) reflect.Value {
	return reflect.NewAt(field.Type(), unsafe.Pointer(field.UnsafeAddr())).Elem()
}

// ours reports whether t is a type of package ringcx or servertime, whose values are copied.
func ours(t reflect.Type) bool {
	return strings.HasSuffix(t.PkgPath(), "/ringcx") || strings.HasSuffix(t.PkgPath(), "/servertime")
}

// copyClock copies what from knows of the services' time into to. It does not copy the
// machine and its clock.
func copyClock(to, from *servertime.Clock) {
	known := cloner{}.copyOf(reflect.ValueOf(from)).Elem()
	own := reflect.ValueOf(to).Elem()
	for i := range own.NumField() {
		switch own.Type().Field(i).Name {
		case "machine", "wall", "mu":
		default:
			writable(own.Field(i)).Set(writable(known.Field(i)))
		}
	}
}

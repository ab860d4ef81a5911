// Package route finds the path template that a request belongs to, for example
// "/users/{userId}" for "/users/42".
package route

import (
	"sort"
	"strings"
)

// Table is a list of routes in ascending order of their templates, by bytes. A template is
// a path in which a segment in braces, such as "{userId}", is a parameter. A Table is plain
// data: building one costs nothing.
type Table struct {
	// Len is the number of routes.
	Len int
	// At returns the method and the template of route i.
	At func(i int) (method, template string)
}

// Find returns the index of the route for method and path, or -1. A parameter matches
// any segment that is not empty.
//
// If several templates match, Find prefers the one with the static segment, at the first
// segment where one is static and the other is a parameter. A template that does not have
// the method hides no other template. Find allocates nothing, and its time grows with the
// logarithm of the number of routes.
func (t Table) Find(method, path string) int {
	s := search{t, method}
	return s.after(span{0, t.Len, 0}, "", path)
}

// search looks for a route with the method.
type search struct {
	Table
	method string
}

// span is the routes lo to hi-1, whose templates have the same first done bytes.
type span struct{ lo, hi, done int }

// after returns the route of the part of r whose templates continue with the segment and
// match the rest of the path, which is empty or begins with a slash.
func (s search) after(r span, segment, rest string) int {
	r = s.continuing(r, segment)
	if rest == "" {
		return s.ending(r)
	}
	if r = s.continuing(r, "/"); r.lo == r.hi {
		return -1
	}
	path := rest[1:]
	next, rest := path, ""
	if i := strings.IndexByte(path, '/'); i >= 0 {
		next, rest = path[:i], path[i:]
	}
	if i := s.after(r, next, rest); i >= 0 || next == "" {
		return i
	}
	return s.afterParameter(r, rest)
}

// afterParameter is after for any parameter. Templates may use several names for the
// parameter at one place.
func (s search) afterParameter(r span, rest string) int {
	best := -1
	for r = s.continuing(r, "{"); r.lo < r.hi; {
		name := s.parameter(r)
		opening := span{r.lo, r.hi, r.done - len("{")}
		if i := s.after(opening, name, rest); i >= 0 && (best < 0 || s.precedes(i, best)) {
			best = i
		}
		r.lo = s.continuing(opening, name).hi
	}
	return best
}

// parameter returns the parameter that begins one byte before r.done in the first
// template of r, with its braces.
func (s search) parameter(r span) string {
	text := s.template(r.lo)[r.done-len("{"):]
	return text[:strings.IndexByte(text, '}')+1]
}

// precedes reports whether Find prefers route i to route j, if both match.
func (s search) precedes(i, j int) bool {
	a, b := s.template(i), s.template(j)
	for a != "" && b != "" {
		var x, y string
		x, a, _ = strings.Cut(a, "/")
		y, b, _ = strings.Cut(b, "/")
		if p, q := strings.HasPrefix(x, "{"), strings.HasPrefix(y, "{"); p != q {
			return q
		}
	}
	return false
}

// ending returns the route of r whose template ends after r.done bytes, or -1.
func (s search) ending(r span) int {
	for i := r.lo; i < r.hi; i++ {
		method, template := s.At(i)
		if len(template) > r.done {
			break // templates that end here come first
		}
		if method == s.method {
			return i
		}
	}
	return -1
}

// continuing returns the part of r whose templates continue with text.
func (s search) continuing(r span, text string) span {
	n := r.hi - r.lo
	lo := r.lo + sort.Search(n, func(i int) bool { return s.template(r.lo + i)[r.done:] >= text })
	hi := lo + sort.Search(r.hi-lo, func(i int) bool { return !strings.HasPrefix(s.template(lo + i)[r.done:], text) })
	return span{lo, hi, r.done + len(text)}
}

func (s search) template(i int) string {
	_, template := s.At(i)
	return template
}

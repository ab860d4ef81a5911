package main

import (
	"go/ast"
	"go/types"
	"regexp"
	"strings"
)

const (
	maxTimeTypes  = 3
	maxTimeFields = 8
)

// timeTypes are the types of a package that represent a point in time or a clock. A
// type is one of them
//
//   - if its doc comment begins by saying that it is a time or a clock, or
//   - if it is a struct of at most 8 fields, without JSON names, of which at least one
//     and at least half are times: a time.Time, a func that returns one, or another
//     time type. The others may only be flags, numbers, strings, durations and locks.
//
// Exported types do not count in package ringcx, whose callers see them. All types of
// an internal package count.
type timeTypes struct {
	pkg   *pkg
	docs  map[string]string // by the name of the type
	known map[*types.TypeName]bool
}

// saysTime matches the first sentence of the doc comment of a time type.
var saysTime = regexp.MustCompile(`^(?:An? )?\w+ (is|holds|represents|reads|tells|keeps) (an?|the|one) ((point|moment|instant) in time|time|instant|moment|deadline|timestamp|clock)\b`)

func measureTimes(p, services *pkg) measure {
	names := findTimeTypes(p, false)
	if services != nil {
		for _, name := range findTimeTypes(services, true) {
			names = append(names, services.name+"."+name)
		}
	}
	return measure{
		name: "types that are a time or a clock", value: float64(len(names)), limit: maxTimeTypes,
		advice: "express one in terms of another, or use time.Time", shown: names,
	}
}

// findTimeTypes returns the names of the time types of p.
func findTimeTypes(p *pkg, exported bool) (names []string) {
	t := &timeTypes{pkg: p, docs: typeDocs(p), known: map[*types.TypeName]bool{}}
	for _, name := range p.types.Scope().Names() {
		obj, ok := p.types.Scope().Lookup(name).(*types.TypeName)
		if ok && (exported || !obj.Exported()) && t.isTime(obj) {
			names = append(names, name)
		}
	}
	return names
}

// isTime reports whether obj is a time type.
func (t *timeTypes) isTime(obj *types.TypeName) bool {
	if obj.Pkg() != t.pkg.types {
		return obj.Pkg() != nil && obj.Pkg().Path() == "time" && obj.Name() == "Time"
	}
	is, done := t.known[obj]
	if !done {
		t.known[obj] = false // for a type that refers to itself
		is = saysTime.MatchString(t.docs[obj.Name()]) || t.mostlyTimes(obj)
		t.known[obj] = is
	}
	return is
}

// mostlyTimes reports whether obj is a struct of which at least half is times.
func (t *timeTypes) mostlyTimes(obj *types.TypeName) bool {
	s, ok := obj.Type().Underlying().(*types.Struct)
	if !ok || s.NumFields() == 0 || s.NumFields() > maxTimeFields {
		return false
	}
	times, others := 0, 0
	for i := range s.NumFields() {
		field := s.Field(i).Type()
		switch {
		case strings.Contains(s.Tag(i), "json:"):
			return false
		case t.holdsTime(field):
			times++
		case aside(field): // neither a time nor anything else
		case plain(field):
			others++
		default:
			return false
		}
	}
	return times > 0 && times >= others
}

// holdsTime reports whether a field of type f is a time.
func (t *timeTypes) holdsTime(f types.Type) bool {
	switch f := types.Unalias(f).(type) {
	case *types.Named:
		return t.isTime(f.Obj())
	case *types.Pointer:
		return t.holdsTime(f.Elem())
	case *types.Signature:
		return f.Results().Len() == 1 && t.holdsTime(f.Results().At(0).Type())
	}
	return false
}

// plain reports whether f is a flag, a number or a string.
func plain(f types.Type) bool {
	_, ok := f.Underlying().(*types.Basic)
	return ok
}

// aside reports whether f is a duration or a lock, which clocks have beside their
// times.
func aside(f types.Type) bool {
	switch types.TypeString(f, nil) {
	case "time.Duration", "sync.Mutex", "sync.RWMutex":
		return true
	}
	return false
}

// typeDocs returns the doc comments of p's types, each on one line, by their names.
func typeDocs(p *pkg) map[string]string {
	docs := map[string]string{}
	for _, f := range p.files {
		for _, d := range f.Decls {
			gen, ok := d.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, spec := range gen.Specs {
				if ts, ok := spec.(*ast.TypeSpec); ok {
					docs[ts.Name.Name] = oneLine(ts.Doc) + oneLine(gen.Doc)
				}
			}
		}
	}
	return docs
}

func oneLine(doc *ast.CommentGroup) string {
	return strings.Join(strings.Fields(doc.Text()), " ")
}

package main

import (
	"go/ast"
	"go/types"
)

const maxContextFiles = 10

// graph is which functions of a package refer to which others. A reference counts as
// a call, because a function that is handed over is called sooner or later. A call
// through an interface reaches each method of the package that implements it.
type graph struct {
	pkg   *pkg
	decls map[*types.Func]*ast.FuncDecl
	named []types.Type // the types that may implement an interface
}

func newGraph(p *pkg) *graph {
	g := &graph{pkg: p, decls: map[*types.Func]*ast.FuncDecl{}}
	for _, fn := range p.functions() {
		if obj, ok := p.info.Defs[fn.Name].(*types.Func); ok {
			g.decls[obj] = fn
		}
	}
	for _, name := range p.types.Scope().Names() {
		if obj, ok := p.types.Scope().Lookup(name).(*types.TypeName); ok && !types.IsInterface(obj.Type()) {
			g.named = append(g.named, types.NewPointer(obj.Type()))
		}
	}
	return g
}

// measureContext measures in how many files the functions lie that take a context and
// that a call of (*TokenSource).TokenContext can reach.
func measureContext(p *pkg) measure {
	g := newGraph(p)
	m := measure{
		name:   "files of functions with a context that TokenContext reaches",
		limit:  maxContextFiles,
		advice: "join the steps of a renewal in fewer files",
	}
	for fn := range g.reachable("TokenSource", "TokenContext") {
		if takesContext(fn) {
			m.shown = addNew(m.shown, p.file(fn.Pos()))
		}
	}
	if m.shown == nil { // no method of that name: nothing was measured
		m.shown, m.value = []string{"(*TokenSource).TokenContext is missing"}, m.limit+1
		return m
	}
	m.value = float64(len(m.shown))
	return m
}

// reachable returns the functions that the method refers to, directly or through
// others, and itself.
func (g *graph) reachable(receiverName, method string) map[*types.Func]bool {
	reached := map[*types.Func]bool{}
	var queue []*types.Func
	for obj, fn := range g.decls {
		if fn.Name.Name == method && receiver(fn) == receiverName {
			queue = append(queue, obj)
		}
	}
	for len(queue) > 0 {
		fn := queue[0]
		queue = queue[1:]
		if !reached[fn] {
			reached[fn] = true
			queue = append(queue, g.references(g.decls[fn])...)
		}
	}
	return reached
}

// references returns the functions of the package that fn may call.
func (g *graph) references(fn *ast.FuncDecl) (found []*types.Func) {
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok {
			return true
		}
		obj, ok := g.pkg.info.Uses[id].(*types.Func)
		if !ok {
			return true
		}
		for _, target := range g.targets(obj.Origin()) {
			if g.decls[target] != nil {
				found = append(found, target)
			}
		}
		return true
	})
	return found
}

// targets returns what runs if obj is called: itself, or the methods that implement
// it if it is one of an interface.
func (g *graph) targets(obj *types.Func) []*types.Func {
	recv := obj.Signature().Recv()
	if recv == nil || !types.IsInterface(recv.Type()) {
		return []*types.Func{obj}
	}
	iface := recv.Type().Underlying().(*types.Interface)
	var all []*types.Func
	for _, t := range g.named {
		if !types.Implements(t, iface) {
			continue
		}
		if m, _, _ := types.LookupFieldOrMethod(t, false, obj.Pkg(), obj.Name()); m != nil {
			all = append(all, m.(*types.Func).Origin())
		}
	}
	return all
}

// takesContext reports whether fn has a parameter of type context.Context.
func takesContext(fn *types.Func) bool {
	for v := range fn.Signature().Params().Variables() {
		if types.TypeString(v.Type(), nil) == "context.Context" {
			return true
		}
	}
	return false
}

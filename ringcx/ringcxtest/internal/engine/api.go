package engine

import (
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest/internal/contract"
)

// API is what the engine knows of a document: which paths are collections of resources, and
// what each operation does with them. It is immutable to its users, and safe for concurrent
// use.
type API struct {
	recognizer
	root       *node
	operations map[string]*operation // by operationId
}

// Compile returns the API of a document. It reads only the paths: the operations are decoded
// when they are called.
func Compile(document *contract.Document) *API {
	a := &API{
		recognizer: recognizer{declarations{sampler{checker{&schemas{document: document}}}}},
		root:       &node{}, operations: make(map[string]*operation),
	}
	for _, o := range document.Operations() {
		op := &operation{Operation: o}
		op.node = a.root.add(op)
		a.operations[o.ID] = op
	}
	return a
}

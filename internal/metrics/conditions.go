package main

import (
	"fmt"
	"go/ast"
	"go/token"
)

// longConditions returns the places of the outermost && and || expressions with three
// or more operands in the conditions of p's if, for and case.
func longConditions(p *pkg) (places []string) {
	for _, f := range p.files {
		ast.Inspect(f, func(n ast.Node) bool {
			for _, cond := range conditions(n) {
				for _, e := range outermost(cond) {
					if count := operands(e); count >= 3 {
						places = append(places, fmt.Sprintf("%s: %d operands", p.place(e.Pos()), count))
					}
				}
			}
			return true
		})
	}
	return places
}

// conditions returns the conditions of a statement: also the cases of a switch
// without a tag.
func conditions(n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.IfStmt:
		return []ast.Expr{n.Cond}
	case *ast.ForStmt:
		if n.Cond != nil {
			return []ast.Expr{n.Cond}
		}
	case *ast.CaseClause:
		return n.List
	}
	return nil
}

// outermost returns the && and || expressions in e that are not part of another one.
// It does not enter function literals, whose statements are looked at by themselves.
func outermost(e ast.Expr) (found []*ast.BinaryExpr) {
	ast.Inspect(e, func(n ast.Node) bool {
		if _, ok := n.(*ast.FuncLit); ok {
			return false
		}
		b, ok := n.(*ast.BinaryExpr)
		if !ok || !logical(b) {
			return true
		}
		found = append(found, b)
		return false
	})
	return found
}

func logical(b *ast.BinaryExpr) bool { return b.Op == token.LAND || b.Op == token.LOR }

// operands counts what && and || combine in e, through parentheses and negations.
func operands(e ast.Expr) int {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return operands(e.X)
	case *ast.UnaryExpr:
		if e.Op == token.NOT {
			return operands(e.X)
		}
	case *ast.BinaryExpr:
		if logical(e) {
			return operands(e.X) + operands(e.Y)
		}
	}
	return 1
}

// complexity returns the cyclomatic complexity of fn as gocyclo counts it: 1, and 1
// for each if, for, case, && and ||.
func complexity(fn *ast.FuncDecl) int {
	n := 1
	ast.Inspect(fn, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.IfStmt, *ast.ForStmt, *ast.RangeStmt:
			n++
		case *ast.CaseClause:
			if node.List != nil {
				n++
			}
		case *ast.CommClause:
			if node.Comm != nil {
				n++
			}
		case *ast.BinaryExpr:
			if logical(node) {
				n++
			}
		}
		return true
	})
	return n
}

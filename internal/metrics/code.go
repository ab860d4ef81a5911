package main

import (
	"fmt"
	"go/ast"
	"go/scanner"
	"go/token"
	"slices"
)

const (
	maxConditions  = 3 // per 1,000 lines of code
	maxMethods     = 15
	maxMethodFiles = 2
	maxFiles       = 30
	maxMedian      = 7
	maxNinetieth   = 22
	maxLines       = 35
	maxComplexity  = 12
)

// codeLines returns how many lines of src hold code: more than white space and
// comments.
func codeLines(src []byte) int {
	var s scanner.Scanner
	fset := token.NewFileSet()
	file := fset.AddFile("", fset.Base(), len(src))
	s.Init(file, src, nil, 0)
	lines := map[int]bool{}
	for {
		pos, tok, lit := s.Scan()
		if tok == token.EOF {
			return len(lines)
		}
		if tok == token.SEMICOLON && lit == "\n" {
			continue
		}
		first := file.Line(pos)
		last := file.Line(pos + token.Pos(max(len(lit)-1, 0)))
		for line := first; line <= last; line++ {
			lines[line] = true
		}
	}
}

// measureCode measures the conditions, receivers, files and functions of p.
func measureCode(p *pkg) []measure {
	long := longConditions(p)
	return append([]measure{{
		name:  fmt.Sprintf("conditions of three or more operands per 1,000 lines of code (%d in %d)", len(long), p.lines),
		value: 1000 * float64(len(long)) / float64(p.lines), limit: maxConditions, digits: 1,
		advice: "give the condition, or a part of it, a name: a method or a variable", places: long,
	}, {
		name: "files", value: float64(len(p.files)), limit: maxFiles,
		advice: "join files that share a subject",
	}}, append(measureReceivers(p), measureFunctions(p)...)...)
}

// measureReceivers measures the type with the most methods.
func measureReceivers(p *pkg) []measure {
	methods, files := map[string]int{}, map[string][]string{}
	for _, fn := range p.functions() {
		if name := receiver(fn); name != "" {
			methods[name]++
			files[name] = addNew(files[name], p.file(fn.Pos()))
		}
	}
	largest := ""
	for _, name := range sortedKeys(methods) {
		if methods[name] > methods[largest] {
			largest = name
		}
	}
	return []measure{{
		name: "methods of the largest receiver, " + largest, value: float64(methods[largest]), limit: maxMethods,
		advice: "split the type, or make a method that needs few of its fields a function",
	}, {
		name: "files of these methods", value: float64(len(files[largest])), limit: maxMethodFiles,
		advice: "move the methods into the file of their type", shown: files[largest],
	}}
}

// receiver returns the name of the type that fn is a method of, or "".
func receiver(fn *ast.FuncDecl) string {
	if fn.Recv == nil || len(fn.Recv.List) == 0 {
		return ""
	}
	name := ""
	ast.Inspect(fn.Recv.List[0].Type, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && name == "" {
			name = id.Name
		}
		return name == ""
	})
	return name
}

// measureFunctions measures the lines of functions, from func to the closing brace,
// and their cyclomatic complexity.
func measureFunctions(p *pkg) []measure {
	var lengths []int
	var long, complicated []string
	highest := 0
	for _, fn := range p.functions() {
		n, c := p.length(fn), complexity(fn)
		lengths, highest = append(lengths, n), max(highest, c)
		if n > maxLines {
			long = append(long, fmt.Sprintf("%s %s: %d lines", p.place(fn.Pos()), fn.Name.Name, n))
		}
		if c > maxComplexity {
			complicated = append(complicated, fmt.Sprintf("%s %s: %d", p.place(fn.Pos()), fn.Name.Name, c))
		}
	}
	slices.Sort(lengths)
	split := "split the longest functions by subject"
	return []measure{
		{name: "lines of a function, median", value: float64(quantile(lengths, 50)), limit: maxMedian, advice: split},
		{name: "lines of a function, 90th percentile", value: float64(quantile(lengths, 90)), limit: maxNinetieth, advice: split},
		{name: "lines of a function, at most", value: float64(quantile(lengths, 100)), limit: maxLines, advice: split, places: long},
		{name: "cyclomatic complexity, at most", value: float64(highest), limit: maxComplexity, advice: split, places: complicated},
	}
}

// length returns the lines of fn, without its doc comment.
func (p *pkg) length(fn *ast.FuncDecl) int {
	return p.fset.Position(fn.End()).Line - p.fset.Position(fn.Type.Func).Line + 1
}

// quantile returns the smallest of the sorted values that at least percent of them do
// not exceed, and 0 if there are none.
func quantile(sorted []int, percent int) int {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[max((len(sorted)*percent+99)/100, 1)-1]
}

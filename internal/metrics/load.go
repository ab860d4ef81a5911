package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/build"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// pkg is a package without its tests.
type pkg struct {
	name  string // last element of its directory
	fset  *token.FileSet
	files []*ast.File // those of all systems, in the order of their names
	lines int         // that hold code
	types *types.Package
	info  *types.Info // of the files that this system builds
}

// load parses and type-checks the package in dir.
func load(dir string) (*pkg, error) {
	p := &pkg{name: filepath.Base(dir), fset: token.NewFileSet()}
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	var built []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := p.parse(name)
		if err != nil {
			return nil, err
		}
		if ast.IsGenerated(f) {
			continue
		}
		p.files = append(p.files, f)
		if ok, _ := build.Default.MatchFile(dir, filepath.Base(name)); ok {
			built = append(built, f)
		}
	}
	if len(built) == 0 {
		return nil, fmt.Errorf("no Go files in %s: run it from the root of the module", dir)
	}
	return p, p.check(dir, built)
}

func (p *pkg) parse(name string) (*ast.File, error) {
	src, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	p.lines += codeLines(src)
	return parser.ParseFile(p.fset, name, src, parser.ParseComments|parser.SkipObjectResolution)
}

// check type-checks the files against the export data of their imports.
func (p *pkg) check(dir string, files []*ast.File) error {
	exports, err := exportData(dir)
	if err != nil {
		return err
	}
	lookup := func(path string) (io.ReadCloser, error) {
		name := exports[path]
		if name == "" {
			return nil, fmt.Errorf("no export data of %s", path)
		}
		return os.Open(name)
	}
	p.info = &types.Info{Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}}
	conf := types.Config{Importer: importer.ForCompiler(p.fset, "gc", lookup)}
	p.types, err = conf.Check(p.name, p.fset, files, p.info)
	return err
}

// exportData returns the files of export data of all that the package in dir imports,
// by import path. The go command builds them if they are not in its cache.
func exportData(dir string) (map[string]string, error) {
	cmd := exec.Command("go", "list", "-deps", "-export", "-f", "{{.ImportPath}}\t{{.Export}}", ".")
	var problem bytes.Buffer
	cmd.Dir, cmd.Stderr = dir, &problem
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w\n%s", err, &problem)
	}
	exports := map[string]string{}
	for line := range strings.Lines(string(out)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), "\t")
		exports[path] = file
	}
	return exports, nil
}

// functions returns the functions and methods that have a body.
func (p *pkg) functions() (all []*ast.FuncDecl) {
	for _, f := range p.files {
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil {
				all = append(all, fn)
			}
		}
	}
	return all
}

// place returns the file and the line of pos.
func (p *pkg) place(pos token.Pos) string {
	at := p.fset.Position(pos)
	return fmt.Sprintf("%s:%d", filepath.Base(at.Filename), at.Line)
}

// file returns the name of the file that holds pos.
func (p *pkg) file(pos token.Pos) string {
	return filepath.Base(p.fset.Position(pos).Filename)
}

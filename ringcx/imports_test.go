package ringcx_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestImports keeps what a program pays for small: whoever imports ringcx gets
// the standard library and these modules, and nothing else.
func TestImports(t *testing.T) {
	allowed := []string{
		"github.com/ringcx-go/ringcx-go/ringcx", "github.com/ringcx-go/ringcx-go/gen", "github.com/ringcx-go/ringcx-go/wire",
		"github.com/ringcx-go/ringcx-go/internal/origin",
		"golang.org/x/oauth2", "golang.org/x/oauth2/internal",
		"github.com/oapi-codegen/runtime", "github.com/oapi-codegen/runtime/types",
		"github.com/apapsch/go-jsonmerge/v2", "github.com/google/uuid", // of oapi-codegen/runtime
	}
	out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range strings.Fields(string(out)) {
		if !contains(allowed, path) {
			t.Errorf("ringcx imports %s", path)
		}
	}
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

// TestExportedNames holds every package to documented names, and ringcx to few.
func TestExportedNames(t *testing.T) {
	for _, dir := range []string{".", "ringcxtest", "filestore", "storetest", "../wire", "../gen"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		fset := token.NewFileSet()
		var parsed []*ast.File
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			parsed = append(parsed, f)
		}
		pkg, err := doc.NewFromFiles(fset, parsed, "github.com/ringcx-go/ringcx-go/"+dir)
		if err != nil {
			t.Fatal(err)
		}
		names, bare := exported(pkg)
		for _, name := range bare {
			if dir != "../gen" || !strings.Contains(name, "Result") { // of oapi-codegen's templates
				t.Errorf("%s.%s has no doc comment", pkg.Name, name)
			}
		}
		if t.Logf("%s exports %d names", pkg.Name, names); dir == "." && names > 40 {
			t.Errorf("ringcx exports %d names, want at most 40", names)
		}
	}
}

// exported counts the package-level names and lists what has no comment.
func exported(pkg *doc.Package) (names int, bare []string) {
	values := func(list []*doc.Value) {
		for _, v := range list {
			names += len(v.Names)
			if v.Doc == "" && !commented(v.Decl) {
				bare = append(bare, strings.Join(v.Names, ", "))
			}
		}
	}
	funcs := func(list []*doc.Func, prefix string) {
		for _, f := range list {
			if f.Doc == "" {
				bare = append(bare, prefix+f.Name)
			}
		}
	}
	values(pkg.Consts)
	values(pkg.Vars)
	names += len(pkg.Funcs) + len(pkg.Types)
	funcs(pkg.Funcs, "")
	for _, typ := range pkg.Types {
		values(typ.Consts)
		values(typ.Vars)
		names += len(typ.Funcs)
		funcs(typ.Funcs, "")
		funcs(typ.Methods, typ.Name+".")
		if typ.Doc == "" {
			bare = append(bare, typ.Name)
		}
	}
	return names, bare
}

// commented reports whether every line of a declaration has a comment.
func commented(decl *ast.GenDecl) bool {
	for _, spec := range decl.Specs {
		v := spec.(*ast.ValueSpec)
		if v.Doc == nil && v.Comment == nil {
			return false
		}
	}
	return true
}

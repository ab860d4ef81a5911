package ringcx_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestImports checks that package ringcx depends only on the standard library and on these
// packages.
func TestImports(t *testing.T) {
	allowed := []string{
		"github.com/ringcx-go/ringcx-go/ringcx", "github.com/ringcx-go/ringcx-go/gen", "github.com/ringcx-go/ringcx-go/wire",
		"github.com/ringcx-go/ringcx-go/internal/decode", "github.com/ringcx-go/ringcx-go/internal/redact",
		"github.com/ringcx-go/ringcx-go/internal/origin", "github.com/ringcx-go/ringcx-go/internal/pace", "github.com/ringcx-go/ringcx-go/internal/permission", "github.com/ringcx-go/ringcx-go/internal/route", "github.com/ringcx-go/ringcx-go/internal/strictjson",
		"github.com/ringcx-go/ringcx-go/ringcx/internal/bounded", "github.com/ringcx-go/ringcx-go/ringcx/internal/keepalive",
		"github.com/ringcx-go/ringcx-go/internal/redact", "github.com/ringcx-go/ringcx-go/ringcx/internal/servertime",
		"golang.org/x/oauth2", "golang.org/x/oauth2/internal",
		"github.com/oapi-codegen/runtime", "github.com/oapi-codegen/runtime/types",
		"github.com/apapsch/go-jsonmerge/v2", "github.com/google/uuid", // of oapi-codegen/runtime
	}
	out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range strings.Fields(string(out)) {
		if !slices.Contains(allowed, path) {
			t.Errorf("ringcx depends on %s", path)
		}
	}
}

// TestExportedNames checks that every exported name has a doc comment, and that package
// ringcx exports at most 40 names.
func TestExportedNames(t *testing.T) {
	for _, dir := range []string{".", "ringcxtest", "filestore", "sqlstore", "redisstore", "storetest", "../wire", "../gen"} {
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
		names, undocumented := exported(pkg)
		for _, name := range undocumented {
			if dir != "../gen" || !strings.Contains(name, "Result") { // made by a template of oapi-codegen
				t.Errorf("%s.%s has no doc comment", pkg.Name, name)
			}
		}
		if t.Logf("%s exports %d names", pkg.Name, names); dir == "." && names > 40 {
			t.Errorf("ringcx exports %d names, want at most 40", names)
		}
	}
}

// exported returns the number of package-level names, and the names without a comment.
func exported(pkg *doc.Package) (names int, undocumented []string) {
	values := func(list []*doc.Value) {
		for _, v := range list {
			names += len(v.Names)
			if v.Doc == "" && !commented(v.Decl) {
				undocumented = append(undocumented, strings.Join(v.Names, ", "))
			}
		}
	}
	funcs := func(list []*doc.Func, prefix string) {
		for _, f := range list {
			if f.Doc == "" {
				undocumented = append(undocumented, prefix+f.Name)
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
			undocumented = append(undocumented, typ.Name)
		}
	}
	return names, undocumented
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

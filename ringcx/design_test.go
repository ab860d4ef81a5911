package ringcx_test

import (
	"context"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
	"github.com/ringcx-go/ringcx-go/ringcx/storetest"
)

// designSection returns a section of DESIGN.md.
func designSection(t *testing.T, heading string) string {
	t.Helper()
	text, err := os.ReadFile("../DESIGN.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(text), "\n## "+heading+"\n")
	if !found {
		t.Fatalf("DESIGN.md has no section %q", heading)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	return section
}

// TestDesignRecord compares the table of the record in DESIGN.md with the records
// that a process writes.
func TestDesignRecord(t *testing.T) {
	section := designSection(t, "7. The record")
	documented := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\|").FindAllStringSubmatch(section, -1) {
		documented[row[1]] = true
	}
	for _, record := range writtenRecords(t) {
		for name, value := range record {
			if !documented[name] {
				t.Errorf("DESIGN.md does not have the field %q of the record", name)
			}
			checkNested(t, section, name, value)
		}
		for name := range documented {
			if _, ok := record[name]; !ok {
				t.Errorf("the record does not have the field %q of DESIGN.md", name)
			}
		}
	}
}

// checkNested requires that DESIGN.md has every field of a nested object of the
// record. The names in gates and roster are stages and processes, and the session is
// a response of RingCX.
func checkNested(t *testing.T, section, in string, value any) {
	t.Helper()
	switch v := value.(type) {
	case []any:
		for _, element := range v {
			checkNested(t, section, in, element)
		}
	case map[string]any:
		for name, value := range v {
			isField := in != "gates" && in != "roster"
			if in == "session" {
				return
			}
			if isField && !strings.Contains(section, "."+name+"`") && !strings.Contains(section, "*."+name+"[]`") {
				t.Errorf("DESIGN.md does not have the field %q in %q of the record", name, in)
			}
			checkNested(t, section, name, value)
		}
	}
}

// writtenRecords returns the records that a process writes while it signs in, meets a
// 429, and refreshes.
func writtenRecords(t *testing.T) (records []map[string]any) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		fake.Fault(ringcxtest.Refresh, ringcxtest.RateLimit(time.Minute), 1)
		store := &keepingStore{Store: storetest.NewMemory()}
		cfg := fake.Config()
		cfg.Store = store
		ts, err := ringcx.NewTokenSource(cfg)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if _, err := ts.Token(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(230 * time.Second)
		}
		ts.Close()
		for _, data := range store.written {
			var record map[string]any
			if err := json.Unmarshal(data, &record); err != nil {
				t.Fatal(err)
			}
			records = append(records, record)
		}
	})
	return records
}

// keepingStore keeps all that is written.
type keepingStore struct {
	ringcx.Store
	written [][]byte
}

func (s *keepingStore) CompareAndSwap(ctx context.Context, key, version string, data []byte) (string, error) {
	s.written = append(s.written, data)
	return s.Store.CompareAndSwap(ctx, key, version, data)
}

// TestDesignConstants compares the table of constants in DESIGN.md with the source.
func TestDesignConstants(t *testing.T) {
	constants := sourceConstants(t)
	rows := regexp.MustCompile("(?m)^\\| `(\\w+)` \\| ([^|]+) \\|").FindAllStringSubmatch(designSection(t, "15. Constants"), -1)
	if len(rows) < 10 {
		t.Fatalf("DESIGN.md has %d constants", len(rows))
	}
	for _, row := range rows {
		expression, ok := constants[row[1]]
		if !ok {
			t.Errorf("DESIGN.md has the constant %s, and the source does not", row[1])
			continue
		}
		if got, want := evaluate(t, expression, constants), parseValue(t, row[2]); got != want {
			t.Errorf("%s is %s in DESIGN.md, and %v in the source", row[1], row[2], time.Duration(got))
		}
	}
}

// TestDesignParts requires that the files and types in the table of the parts in
// DESIGN.md exist.
func TestDesignParts(t *testing.T) {
	types := sourceTypes(t)
	rows := regexp.MustCompile("(?m)^\\| (`[^|]+`) \\| ([^|]*)\\|").FindAllStringSubmatch(designSection(t, "2. The parts of the package"), -1)
	if len(rows) < 10 {
		t.Fatalf("DESIGN.md has %d parts", len(rows))
	}
	quoted := regexp.MustCompile("`([^`]+)`")
	for _, row := range rows {
		for _, file := range quoted.FindAllStringSubmatch(row[1], -1) {
			if _, err := os.Stat(filepath.FromSlash(file[1])); err != nil {
				t.Errorf("DESIGN.md has the file %s: %v", file[1], err)
			}
		}
		for _, name := range quoted.FindAllStringSubmatch(row[2], -1) {
			if !types[name[1]] {
				t.Errorf("DESIGN.md has the type %s, and the source does not", name[1])
			}
		}
	}
}

// sourceTypes returns the types that package ringcx and its internal packages declare.
func sourceTypes(t *testing.T) map[string]bool {
	t.Helper()
	types := map[string]bool{}
	for _, file := range sourceFiles(t) {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok {
				types[spec.Name.Name] = true
			}
			return true
		})
	}
	return types
}

// sourceConstants returns the constants of package ringcx and its internal packages.
func sourceConstants(t *testing.T) map[string]ast.Expr {
	t.Helper()
	constants := map[string]ast.Expr{}
	add := func(spec *ast.ValueSpec) {
		for i, name := range spec.Names {
			if i < len(spec.Values) {
				constants[name.Name] = spec.Values[i]
			}
		}
	}
	for _, file := range sourceFiles(t) {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			if d, ok := d.(*ast.GenDecl); ok && d.Tok == token.CONST {
				for _, spec := range d.Specs {
					add(spec.(*ast.ValueSpec))
				}
			}
		}
	}
	return constants
}

// sourceFiles returns the files of package ringcx and its internal packages, without
// tests.
func sourceFiles(t *testing.T) (files []string) {
	t.Helper()
	for _, dir := range []string{".", "internal"} {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			switch {
			case os.IsNotExist(err):
				return nil
			case err == nil && d.IsDir() && dir == "." && path != ".":
				return fs.SkipDir
			case err == nil && strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go"):
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// evaluate returns the value of an expression: of a duration in nanoseconds.
func evaluate(t *testing.T, e ast.Expr, constants map[string]ast.Expr) int64 {
	t.Helper()
	switch e := e.(type) {
	case *ast.BasicLit:
		n, err := strconv.ParseInt(e.Value, 0, 64)
		if err != nil {
			t.Fatal(err)
		}
		return n
	case *ast.BinaryExpr:
		if e.Op == token.MUL {
			return evaluate(t, e.X, constants) * evaluate(t, e.Y, constants)
		}
	case *ast.SelectorExpr:
		units := map[string]time.Duration{"Millisecond": time.Millisecond, "Second": time.Second, "Minute": time.Minute, "Hour": time.Hour}
		if unit, ok := units[e.Sel.Name]; ok {
			return int64(unit)
		}
	case *ast.Ident:
		if value, ok := constants[e.Name]; ok {
			return evaluate(t, value, constants)
		}
	}
	t.Fatalf("a constant is a %T, which this test cannot evaluate", e)
	return 0
}

// parseValue reads a value as DESIGN.md writes it, such as "5 min" or "4".
func parseValue(t *testing.T, s string) int64 {
	t.Helper()
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n
	}
	d, err := time.ParseDuration(strings.NewReplacer(" ", "", "min", "m").Replace(s))
	if err != nil {
		t.Fatal(err)
	}
	return int64(d)
}

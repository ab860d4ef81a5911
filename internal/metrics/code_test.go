package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// writeModule writes a module and returns its directory. The files are given by name.
func writeModule(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	files["go.mod"] = "module example.com/m\n\ngo 1.26.0\n"
	for name, text := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// loadCode loads a package ringcx of one file.
func loadCode(t *testing.T, code string) *pkg {
	t.Helper()
	root := writeModule(t, map[string]string{"ringcx/code.go": code})
	p, err := load(filepath.Join(root, "ringcx"))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func parseFunc(t *testing.T, body string) *ast.FuncDecl {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "code.go", "package p\nfunc f() {\n"+body+"\n}", 0)
	if err != nil {
		t.Fatal(err)
	}
	return f.Decls[0].(*ast.FuncDecl)
}

func TestConditionsOfThreeOrMoreOperandsAreCounted(t *testing.T) {
	tests := []struct {
		name, body string
		want       []int // operands of each outermost expression
	}{
		{"two operands", "if a && b {}", []int{2}},
		{"if", "if a && b || c {}", []int{3}},
		{"for", "for a || b || c || d {}", []int{4}},
		{"for without a condition", "for {}", nil},
		{"parentheses", "if a && (b || c) {}", []int{3}},
		{"negation", "if !(a && b) || !c {}", []int{3}},
		{"argument", "if f(a && b && c) {}", []int{3}},
		{"two expressions", "if f(a && b) == (c || d || e) {}", []int{2, 3}},
		{"case without a tag", "switch { case a && b && c, d || e: }", []int{3, 2}},
		{"comparisons", "if a == b && c < d && e {}", []int{3}},
		{"assignment", "x := a && b && c", nil},
		{"return", "return a && b && c", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []int
			ast.Inspect(parseFunc(t, tt.body), func(n ast.Node) bool {
				for _, cond := range conditions(n) {
					for _, e := range outermost(cond) {
						got = append(got, operands(e))
					}
				}
				return true
			})
			if !slices.Equal(got, tt.want) {
				t.Errorf("operands of %q: got %v, want %v", tt.body, got, tt.want)
			}
		})
	}
}

func TestComplexityIsThatOfGocyclo(t *testing.T) {
	tests := []struct {
		body string
		want int
	}{
		{"", 1},
		{"if a && b || c {} else if d {}", 5},
		{"for range x {}; for {}", 3},
		{"switch x { case 1, 2: case 3: default: }", 3},
		{"select { case <-x: default: }", 2},
		{"go func() { if a {} }()", 2},
	}
	for _, tt := range tests {
		if got := complexity(parseFunc(t, tt.body)); got != tt.want {
			t.Errorf("complexity of %q: got %d, want %d", tt.body, got, tt.want)
		}
	}
}

func TestCodeLinesOmitCommentsAndBlankLines(t *testing.T) {
	src := "// Package p is documented.\npackage p\n\n/* two\nlines */\nvar x = `a\n\nb` // a comment\n\nfunc f() {\n\t// nothing\n}\n"
	if got := codeLines([]byte(src)); got != 6 { // package, 3 of the string, func, brace
		t.Errorf("lines of code: got %d, want 6", got)
	}
}

func TestQuantilesOfSortedValues(t *testing.T) {
	for _, tt := range []struct{ count, percent, want int }{
		{0, 50, 0}, {1, 50, 1}, {1, 90, 1}, {2, 50, 1}, {3, 50, 2}, {10, 90, 9}, {11, 90, 10}, {10, 100, 10},
	} {
		values := make([]int, tt.count)
		for i := range values {
			values[i] = i + 1
		}
		if got := quantile(values, tt.percent); got != tt.want {
			t.Errorf("%d%% of 1 to %d: got %d, want %d", tt.percent, tt.count, got, tt.want)
		}
	}
}

func TestLargestReceiver(t *testing.T) {
	root := writeModule(t, map[string]string{
		"ringcx/a.go":      "package ringcx\ntype big[T any] struct{}\nfunc (b *big[T]) one() {}\nfunc (big[T]) two() {}\ntype small int\nfunc (small) one() {}\n",
		"ringcx/b.go":      "package ringcx\nfunc (b *big[T]) three() {}\n",
		"ringcx/a_test.go": "package ringcx\nfunc (s small) inTest() {}\nfunc (s small) inTest2() {}\nfunc (s small) inTest3() {}\n",
	})
	p, err := load(filepath.Join(root, "ringcx"))
	if err != nil {
		t.Fatal(err)
	}
	got := measureReceivers(p)
	if !strings.HasSuffix(got[0].name, " big") || got[0].value != 3 {
		t.Errorf("largest receiver: got %s with %g methods, want big with 3", got[0].name, got[0].value)
	}
	if got[1].value != 2 || !slices.Equal(got[1].shown, []string{"a.go", "b.go"}) {
		t.Errorf("its files: got %g, %v, want a.go and b.go", got[1].value, got[1].shown)
	}
}

func TestLengthOfAFunctionLeavesOutItsComment(t *testing.T) {
	p := loadCode(t, "package ringcx\n\n// f is\n// documented.\nfunc f() {\n\tprintln()\n}\n\nfunc g() {}\n")
	var got []int
	for _, fn := range p.functions() {
		got = append(got, p.length(fn))
	}
	if want := []int{3, 1}; !slices.Equal(got, want) {
		t.Errorf("lines: got %v, want %v", got, want)
	}
}

func TestCommentsAreMeasuredPerThousandWords(t *testing.T) {
	p := loadCode(t, "// Package ringcx is one that\n// counts. "+strings.Repeat("word ", 92)+"Where where\npackage ringcx\n\nvar s = `where`\n")
	got := measureComments(p)[0]
	if got.value != 20 || !got.exceeded() || len(got.places) != 2 {
		t.Errorf(`"where": got %g at %v, want 20 in 100 words`, got.value, got.places)
	}
}

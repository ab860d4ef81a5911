package ringcx_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/gen"
)

// TestReadmeJobs compares the services in the table of jobs in README.md with gen.Services, and
// requires that each Example to which README.md and docs link exists.
func TestReadmeJobs(t *testing.T) {
	_, jobs, _ := strings.Cut(readText(t, "README.md"), "\n## Jobs\n")
	jobs, _, _ = strings.Cut(jobs, "\n## ")
	got, want := map[string]bool{}, map[string]bool{}
	for _, row := range regexp.MustCompile(`(?m)^\| [^|]+\|([^|]+)\|`).FindAllStringSubmatch(jobs, -1) {
		for _, name := range regexp.MustCompile("`([A-Za-z]+)`").FindAllStringSubmatch(row[1], -1) {
			got[name[1]] = true
		}
	}
	for service := range reflect.TypeFor[gen.Services]().Fields() {
		want[service.Name] = true
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("services of the table of jobs in README.md (-gen.Services +README.md):\n%s", diff)
	}
}

// TestExamplesOfDocuments requires that each Example exists to which a document links.
func TestExamplesOfDocuments(t *testing.T) {
	link := regexp.MustCompile(`pkg\.go\.dev/github\.com/ringcx-go/ringcx-go/([a-z/]+)#(example-[A-Za-z.-]+)`)
	documents, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, document := range append(documents, "README.md") {
		for _, found := range link.FindAllStringSubmatch(readText(t, document), -1) {
			n++
			if !exampleLinks(t, found[1])[found[2]] {
				t.Errorf("%s links to the Example %s of package %s, which does not exist", document, found[2], found[1])
			}
		}
	}
	if n < 10 {
		t.Errorf("the documents link to %d Examples, want at least 10", n)
	}
}

// exampleLinks returns the fragments of the URLs of the Examples in a directory.
func exampleLinks(t *testing.T, dir string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	links := map[string]bool{}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range parsed.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && strings.HasPrefix(f.Name.Name, "Example") {
				links[exampleLink(strings.TrimPrefix(f.Name.Name, "Example"))] = true
			}
		}
	}
	return links
}

// exampleLink returns the fragment that pkg.go.dev has for an Example, given its name without
// "Example": "example-package-LoadLeads" for "_loadLeads", "example-Config-Invalidate" for
// "Config_invalidate", and "example-Client.Do" for "Client_Do".
func exampleLink(name string) string {
	link := "example-package"
	for i, part := range strings.Split(name, "_") {
		switch {
		case part == "":
		case i == 0:
			link = "example-" + part
		case unicode.IsUpper(rune(part[0])):
			link += "." + part
		default:
			link += "-" + strings.ToUpper(part[:1]) + part[1:]
		}
	}
	return link
}

func readText(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), "\r\n", "\n")
}

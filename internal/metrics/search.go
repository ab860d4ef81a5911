package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// finding is a word that should be replaced.
type finding struct {
	file   string // relative to the root, with slashes
	line   int
	text   string
	better string
}

// line is a line of text and its number.
type line struct {
	number int
	text   string
}

// searchTree looks for the words in all files below root that people read and write.
func searchTree(root string) (findings []finding, err error) {
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		if d.IsDir() {
			if skipsDir(name) {
				return filepath.SkipDir
			}
			return nil
		}
		if isSkipped(name) {
			return nil
		}
		lines, err := readText(path)
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		findings = append(findings, searchLines(name, lines)...)
		return nil
	})
	return findings, err
}

// skipsDir reports whether name is a directory of files that are not ours.
func skipsDir(name string) bool {
	base := name[strings.LastIndex(name, "/")+1:]
	hidden := strings.HasPrefix(base, ".") && name != "."
	return base == "node_modules" || hidden && base != ".ci" && base != ".github"
}

func isSkipped(name string) bool {
	return slices.ContainsFunc(skipped, func(e exception) bool { return e.file == name })
}

// searchLines returns what words are in the lines of a file.
func searchLines(file string, lines []line) (findings []finding) {
	for _, l := range lines {
		for text, w := range findWords(file, l.text) {
			findings = append(findings, finding{file, l.number, text, w.better})
		}
	}
	return findings
}

// findWords yields the words in a text of the file, unless an exception allows them.
// It splits names at capital letters, so that http.NoBody does not match.
func findWords(file, text string) iter.Seq2[string, word] {
	for _, e := range exceptions {
		if strings.HasPrefix(file, e.file) {
			text = strings.ReplaceAll(text, e.text, "…")
		}
	}
	text = splitNames(text)
	return func(yield func(string, word) bool) {
		for _, w := range words {
			for _, found := range w.pattern.FindAllString(text, -1) {
				if !yield(found, w) {
					return
				}
			}
		}
	}
}

var (
	lowerUpper = regexp.MustCompile(`([a-z0-9])([A-Z])`)
	upperWord  = regexp.MustCompile(`([A-Z])([A-Z][a-z])`)
)

// splitNames puts spaces between the parts of names in camel case and with
// underscores.
func splitNames(s string) string {
	s = lowerUpper.ReplaceAllString(s, "$1 $2")
	s = upperWord.ReplaceAllString(s, "$1 $2")
	return strings.ReplaceAll(s, "_", " ")
}

// readText returns the text of a file in which words are looked for: all lines, but of
// Go files only comments, strings and the names of tests. It returns none for files of
// other kinds and for generated ones.
func readText(path string) ([]line, error) {
	switch ext := filepath.Ext(path); {
	case ext == ".go":
		return readGo(path)
	case ext == ".md", ext == ".tmpl", ext == ".yaml", ext == ".yml", ext == ".txtar", filepath.Base(path) == "Makefile":
		src, err := os.ReadFile(path)
		return splitLines(1, string(src)), err
	}
	return nil, nil
}

func splitLines(first int, text string) (lines []line) {
	for text := range strings.Lines(text) {
		lines = append(lines, line{first + len(lines), text})
	}
	return lines
}

// readGo returns the comments, the strings and the names of tests in a Go file.
func readGo(path string) ([]line, error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, path, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil || ast.IsGenerated(f) {
		return nil, err
	}
	var lines []line
	add := func(pos token.Pos, text string) {
		lines = append(lines, splitLines(fset.Position(pos).Line, text)...)
	}
	for _, group := range f.Comments {
		for _, c := range group.List {
			add(c.Pos(), c.Text)
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false // names of packages are not ours
		case *ast.FuncDecl:
			if isTest(path, n.Name.Name) {
				add(n.Name.Pos(), n.Name.Name)
			}
		case *ast.BasicLit:
			add(n.Pos(), literalText(n))
		}
		return true
	})
	slices.SortStableFunc(lines, func(a, b line) int { return a.number - b.number })
	return lines, nil
}

var testName = regexp.MustCompile(`^(Test|Fuzz|Benchmark|Example)`)

func isTest(path, name string) bool {
	return strings.HasSuffix(path, "_test.go") && testName.MatchString(name)
}

// literalText returns the text of a string literal in its quotes. That of an
// interpreted string is one line, as it is in the file.
func literalText(lit *ast.BasicLit) string {
	if lit.Kind != token.STRING {
		return ""
	}
	if strings.HasPrefix(lit.Value, "`") {
		return lit.Value
	}
	text, err := strconv.Unquote(lit.Value)
	if err != nil {
		return lit.Value
	}
	return `"` + strings.Join(strings.Fields(text), " ") + `"`
}

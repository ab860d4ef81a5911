package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParseList(t *testing.T) {
	for text, want := range map[string]string{
		"file: a":                         "a mutation begins with",
		"== a\n== a":                      `line 2: the name "a" is used twice`,
		"== a\nline: 5":                   `"line" is not file`,
		"== a\nfile: x\nfile: y":          "file is given twice",
		"== a\nfile: x":                   "needs a name, a file and a text",
		"== a\nfile: x\nfind: y\nwith: y": "it changes nothing",
		"== a\nfile: x\nfind: y\nhint: (": "missing closing )",
	} {
		if _, err := parseList(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error is %v, want %q in it", text, err, want)
		}
	}
}

// TestList checks the list of this module, except that its mutations still apply:
// that is what make mutants reports.
func TestList(t *testing.T) {
	list, err := readList("mutants.txt")
	if err != nil {
		t.Fatal(err)
	}
	sim := 0
	for _, m := range list {
		if m.sim {
			sim++
		}
		if _, err := os.Stat(filepath.Join("..", "..", filepath.FromSlash(m.file))); err != nil {
			t.Errorf("%s: %v", m.name, err)
		}
	}
	if len(list) < 60 || sim < 25 {
		t.Errorf("%d mutations, %d of the protocol, want 60 and 25", len(list), sim)
	}
}

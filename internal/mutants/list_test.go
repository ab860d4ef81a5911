package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParseList(t *testing.T) {
	for text, want := range map[string]string{
		"file: a":                         "a mutation must start with",
		"== a\n== a":                      `line 2: duplicate name "a"`,
		"== a\nline: 5":                   `unknown key "line"`,
		"== a\nfile: x\nfile: y":          `duplicate key "file"`,
		"== a\nfile: x":                   "name, file or find is missing",
		"== a\nfile: x\nfind: y\nwith: y": "find and with are equal",
		"== a\nfile: x\nfind: y\nhint: (": "missing closing )",
		"== a\nfile: x\nfind: y\ntest: z": "test is set, but hint is not",
	} {
		if _, err := parseList(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("parseList(%q) returned error %v, want one that contains %q", text, err, want)
		}
	}
}

// TestList checks mutants.txt. It does not check that the mutations still apply: make
// mutants does.
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
		for _, path := range []string{m.file, m.test} {
			if _, err := os.Stat(filepath.Join("..", "..", filepath.FromSlash(path))); err != nil {
				t.Errorf("%s: %v", m.name, err)
			}
		}
	}
	if len(list) < 60 || sim < 25 {
		t.Errorf("%d mutations, %d marked [sim], want at least 60 and 25", len(list), sim)
	}
}

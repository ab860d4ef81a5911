package main

import (
	"fmt"
	"os"
	"path"
	"regexp"
	"strings"
)

// mutation is one entry of the list.
type mutation struct {
	name  string
	file  string // slash-separated, relative to the root of the module
	find  string // must be in the file exactly once, unless after is set
	after string // if not empty, must be in the file exactly once, and find once between it and the end of the function
	with  string // replaces find
	test  string // directory of the package of the test in hint, like file; empty: that of file
	hint  string // regexp of the test that kills it; empty: unknown
	sim   bool   // the simulation alone must kill it, too
}

// pkg returns the package of the mutated file as an argument of the go command.
func (m mutation) pkg() string { return "./" + path.Dir(m.file) }

// testPkg returns the package of the test that kills the mutation.
func (m mutation) testPkg() string {
	if m.test != "" {
		return "./" + m.test
	}
	return m.pkg()
}

// readList reads and checks a file of mutations.
func readList(file string) ([]mutation, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	list, err := parseList(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return list, nil
}

// parseList parses the format that is described at the start of mutants.txt.
func parseList(text string) (list []mutation, err error) {
	names := map[string]bool{}
	for number, line := range strings.Split(text, "\n") {
		line = strings.TrimSuffix(line, "\r")
		switch {
		case strings.TrimSpace(line) == "", strings.HasPrefix(line, "#"):
			continue
		case strings.HasPrefix(line, "== "):
			var m mutation
			m.name, m.sim = strings.CutSuffix(strings.TrimSpace(line[3:]), " [sim]")
			if names[m.name] {
				err = fmt.Errorf("duplicate name %q", m.name)
			}
			names[m.name] = true
			list = append(list, m)
		case len(list) == 0:
			err = fmt.Errorf("a mutation must start with a line == name")
		default:
			err = list[len(list)-1].set(line)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number+1, err)
		}
	}
	for _, m := range list {
		if err := m.check(); err != nil {
			return nil, fmt.Errorf("mutation %q: %w", m.name, err)
		}
	}
	return list, nil
}

// set parses one line of a mutation.
func (m *mutation) set(line string) error {
	key, value, _ := strings.Cut(line, ":")
	value = strings.TrimPrefix(value, " ")
	fields := map[string]*string{
		"file": &m.file, "find": &m.find, "after": &m.after, "with": &m.with, "test": &m.test, "hint": &m.hint,
	}
	field, ok := fields[key]
	switch {
	case !ok:
		return fmt.Errorf("unknown key %q: want file, find, after, with, test or hint", key)
	case *field != "":
		return fmt.Errorf("duplicate key %q", key)
	}
	*field = value
	return nil
}

// check returns an error if the entry is incomplete or invalid.
func (m mutation) check() error {
	incomplete := m.name == "" || m.file == "" || m.find == ""
	switch {
	case incomplete:
		return fmt.Errorf("name, file or find is missing")
	case m.find == m.with:
		return fmt.Errorf("find and with are equal")
	case m.test != "" && m.hint == "":
		return fmt.Errorf("test is set, but hint is not")
	}
	_, err := regexp.Compile(m.hint)
	return err
}

// apply returns the mutated source.
func (m mutation) apply(source string) (string, error) {
	start, end := 0, len(source)
	if m.after != "" {
		if n := strings.Count(source, m.after); n != 1 {
			return "", fmt.Errorf("no longer applies: its after text is %d times in %s, want once", n, m.file)
		}
		start = strings.Index(source, m.after) + len(m.after)
		if size := strings.Index(source[start:], "\n}\n"); size >= 0 {
			end = start + size
		}
	}
	if n := strings.Count(source[start:end], m.find); n != 1 {
		return "", fmt.Errorf("no longer applies: its find text is %d times in %s, want once", n, m.file)
	}
	return source[:start] + strings.Replace(source[start:end], m.find, m.with, 1) + source[end:], nil
}

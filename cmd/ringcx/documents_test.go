package main

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write docs/demo.txt and the part of README.md that shows it")

const (
	demoFile   = "../../docs/demo.txt"
	readmeFile = "../../README.md"

	// demoComment is before the part of the demo that README.md shows.
	demoComment = "<!-- These lines are copied from docs/demo.txt by \"make demo-text\". -->\n```text\n"
)

// TestDemoText compares docs/demo.txt with the output of the demo, except for
// latencies and the tokens that contain the time, and README.md with docs/demo.txt.
// "make demo-text" updates both.
func TestDemoText(t *testing.T) {
	got := output(t, "demo")
	if *update {
		write(t, demoFile, got)
		write(t, readmeFile, withExcerpt(t, read(t, readmeFile), excerpt(t, got)))
	}
	want := read(t, demoFile)
	if diff := cmp.Diff(varying.ReplaceAllString(want, "*"), varying.ReplaceAllString(got, "*")); diff != "" {
		t.Errorf("docs/demo.txt is not the output of the demo: run make demo-text (-file +demo):\n%s", diff)
	}
	readme := read(t, readmeFile)
	if diff := cmp.Diff(withExcerpt(t, readme, excerpt(t, want)), readme); diff != "" {
		t.Errorf("README.md does not show the lines of docs/demo.txt: run make demo-text (-want +got):\n%s", diff)
	}
}

// excerpt returns the part of the demo that README.md shows: the section about a token
// that expires: its title, and the requests and responses.
func excerpt(t *testing.T, demo string) string {
	t.Helper()
	const title = "3. The RingCX token expires\n"
	_, section, found := strings.Cut(demo, "\n"+title)
	section, _, next := strings.Cut(title+section, "\n4. ")
	if !found || !next {
		t.Fatalf("the demo has no section %q before a section 4:\n%s", title, demo)
	}
	lines := slices.DeleteFunc(strings.Split(section, "\n")[1:], func(line string) bool { return !strings.ContainsAny(line, "→←") })
	if len(lines) < 6 || len(lines) > 9 {
		t.Fatalf("section 3 of the demo has %d requests and responses, want six to nine:\n%s", len(lines), section)
	}
	return title + strings.Join(lines, "\n") + "\n"
}

// withExcerpt returns readme with another part of the demo.
func withExcerpt(t *testing.T, readme, excerpt string) string {
	t.Helper()
	before, after, found := strings.Cut(readme, demoComment)
	_, after, ends := strings.Cut(after, "```\n")
	if !found || !ends {
		t.Fatalf("README.md does not have a block of text after %q", demoComment)
	}
	return before + demoComment + excerpt + "```\n" + after
}

// TestReadmeNamesCommands compares the commands of README.md with those of the
// program, and requires the README to stay short.
func TestReadmeNamesCommands(t *testing.T) {
	readme := read(t, readmeFile)
	for _, c := range newRoot().Commands() {
		if name := c.Name(); name != "help" && c.Runnable() && !strings.Contains(readme, "`ringcx "+name) {
			t.Errorf("README.md does not have the command %q", "ringcx "+name)
		}
	}
	if n := strings.Count(readme, "\n"); n > 220 {
		t.Errorf("README.md has %d lines, want at most 220: move details to DESIGN.md or docs", n)
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), "\r\n", "\n")
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
)

// shellDocuments are the documents whose commands are run.
var shellDocuments = []string{"../../README.md", "../../docs/testing.md"}

// notRun are the lines of shell blocks, and the commands in texts and tables, that are
// not run, each with the reason.
var notRun = map[string]string{
	"go get github.com/ringcx-go/ringcx-go@latest":                "it needs a network and a released version",
	"go install github.com/ringcx-go/ringcx-go/cmd/ringcx@latest": "it needs a network and a released version",
	"go test ./...": "it would run this test again",
	"ringcx mock":   "it runs until it gets a signal; mock.txtar runs it",
	`curl -H "Authorization: Bearer $(ringcx token)" …`: "the URL is left out",
	"ringcx: exchange: POST /api/auth/login/rc/accesstoken: 403 access.denied.exception You do not have permission to access this resource; …": "it is not a command but the text of an error",
}

// commandBlock is a number of shell commands that share a shell.
type commandBlock struct {
	name  string // of the document and its line
	lines []string
}

// TestCommandsOfDocuments runs the commands of the documents against a mock, except
// those of notRun. Each block is a shell script whose failure is a failure of the test.
func TestCommandsOfDocuments(t *testing.T) {
	for _, program := range []string{"sh", "curl"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("the commands need %s: %v", program, err)
		}
	}
	var all []commandBlock
	for _, document := range shellDocuments {
		all = append(all, commandBlocks(filepath.Base(document), read(t, document))...)
	}
	used := make(map[string]bool)
	script := documentScript(all, used)
	for command := range notRun {
		if !used[command] {
			t.Errorf("no document has the command %q any more: remove it from notRun", command)
		}
	}
	checkMakeTargets(t, used)
	file := filepath.Join(t.TempDir(), "commands.txtar")
	write(t, file, script)
	p := scriptParams()
	p.Files = []string{file}
	testscript.Run(t, p)
}

// checkMakeTargets checks that the Makefile has the targets of the commands, which are
// not run.
func checkMakeTargets(t *testing.T, commands map[string]bool) {
	t.Helper()
	makefile := read(t, "../../Makefile")
	for command := range commands {
		if target, ok := strings.CutPrefix(command, "make "); ok && !strings.Contains(makefile, "\n"+target+":") {
			t.Errorf("the documents have %q, but the Makefile has no such target", command)
		}
	}
}

// documentScript returns a testscript that runs the blocks, and marks the commands of
// notRun that it omits.
func documentScript(blocks []commandBlock, omitted map[string]bool) string {
	var script, files strings.Builder
	// curl reads .curlrc. With fail it exits with an error if the status is 400 or higher.
	files.WriteString("-- .curlrc --\nfail\nsilent\nshow-error\n")
	script.WriteString("mock\n")
	for i, b := range blocks {
		var lines []string
		for _, line := range b.lines {
			if command := withoutComment(line); notRun[command] != "" {
				omitted[command] = true
			} else {
				lines = append(lines, runnable(line)...)
			}
		}
		if len(lines) == 0 {
			continue
		}
		name := fmt.Sprintf("block%d.sh", i)
		fmt.Fprintf(&script, "# %s\nexec sh -e %s\n", b.name, name)
		fmt.Fprintf(&files, "-- %s --\ntrap 'kill $started 2>/dev/null || true' EXIT\n%s\n", name, strings.Join(lines, "\n"))
	}
	return script.String() + files.String()
}

// comment matches a comment at the end of a line.
var comment = regexp.MustCompile(`\s+#.*$`)

func withoutComment(line string) string { return strings.TrimSpace(comment.ReplaceAllString(line, "")) }

// background matches a command that runs in the background and writes to a file.
var background = regexp.MustCompile(`> (\S+\.env)\b.* &$`)

// runnable returns the lines that run one line of a document. "go run ./cmd/ringcx" is
// the program under test. After a command in the background, they wait until it has
// written its file.
func runnable(line string) []string {
	line = strings.ReplaceAll(withoutComment(line), "go run ./cmd/ringcx", "ringcx")
	lines := []string{line}
	if file := background.FindStringSubmatch(line); file != nil {
		lines = append(lines, `started="$started $!"`, fmt.Sprintf("until grep -q RC_JWT %s; do sleep 0.05; done", file[1]))
	}
	return lines
}

// inlineCommand matches a command in a text or a table.
var inlineCommand = regexp.MustCompile("`((?:ringcx|curl) [^`]+)`")

// commandBlocks returns the commands of a Markdown document: those of each indented
// block and of each fenced block of shell commands, and each command in a text.
func commandBlocks(document, text string) []commandBlock {
	var all []commandBlock
	fence, previous := "", ""
	var open *commandBlock // the block that continues on the next line
	for i, line := range strings.Split(text, "\n") {
		name := fmt.Sprintf("%s:%d", document, i+1)
		isFence := strings.HasPrefix(line, "```")
		isShell := fence == "```sh"
		isIndented := fence == "" && strings.HasPrefix(line, "    ") && (open != nil || previous == "")
		switch {
		case isFence && fence == "":
			fence, open = line, nil
		case isFence:
			fence, open = "", nil
		case (isShell || isIndented) && strings.TrimSpace(line) != "":
			if open == nil {
				all = append(all, commandBlock{name: name})
				open = &all[len(all)-1]
			}
			open.lines = append(open.lines, line)
		case fence == "":
			open = nil
			for _, found := range inlineCommand.FindAllStringSubmatch(line, -1) {
				all = append(all, commandBlock{name: name, lines: []string{found[1]}})
			}
		}
		previous = line
	}
	return all
}

func TestCommandBlocks(t *testing.T) {
	text := "Run `ringcx a -b` or `ringcx`, `go x`:\n\n    go one   # c\n    go two\n\nText\n    not a block\n\n" +
		"```go\nringcx.New() // `ringcx b`\n```\n```sh\n# comment\nsh 1\n\nsh 2\n```\n| `curl x` | `ringcx c` |\n\n    last"
	var got []string
	for _, b := range commandBlocks("d", text) {
		got = append(got, b.name+" "+strings.Join(b.lines, ";"))
	}
	want := []string{
		"d:1 ringcx a -b", "d:3     go one   # c;    go two", "d:13 # comment;sh 1;sh 2", "d:18 curl x", "d:18 ringcx c", "d:20     last",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("blocks (-want +got):\n%s", diff)
	}
}

func TestDocumentScript(t *testing.T) {
	omitted := make(map[string]bool)
	got := documentScript([]commandBlock{
		{"d:1", []string{"    go test ./...   # all"}},
		{"d:2", []string{"go get github.com/ringcx-go/ringcx-go@latest", "go run ./cmd/ringcx mock > m.env &   # x", "ringcx users"}},
	}, omitted)
	want := `mock
# d:2
exec sh -e block1.sh
-- .curlrc --
fail
silent
show-error
-- block1.sh --
trap 'kill $started 2>/dev/null || true' EXIT
ringcx mock > m.env &
started="$started $!"
until grep -q RC_JWT m.env; do sleep 0.05; done
ringcx users
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("script (-want +got):\n%s", diff)
	}
	if !omitted["go get github.com/ringcx-go/ringcx-go@latest"] || !omitted["go test ./..."] || len(omitted) != 2 {
		t.Errorf("omitted: %v, want go get and go test ./...", omitted)
	}
}

package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// mockComment is before each block of shell commands that starts a mock.
const mockComment = "<!-- TestMockCommandsOfDocuments runs these commands. -->\n```sh\n"

// mockDocuments are the documents with such blocks, and what the output of each block
// contains.
var mockDocuments = []struct {
	file string
	want [][]string
}{
	{"../../docs/testing.md", [][]string{
		{"user2000@example.com", "GET /voice/api/v1/admin/users", "fault: rate-limit 2s"},
		{"Sales", `[{"campaignId": 1}]`},
	}},
}

// TestMockCommandsOfDocuments runs the commands that the documents show, in a shell. The
// shell must end by itself, and the mock with it.
func TestMockCommandsOfDocuments(t *testing.T) {
	needSignals(t)
	for _, tool := range []string{"sh", "curl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(err)
		}
	}
	for _, d := range mockDocuments {
		blocks := strings.Split(read(t, d.file), mockComment)[1:]
		if len(blocks) != len(d.want) {
			t.Errorf("%s has %d blocks of commands, want %d", d.file, len(blocks), len(d.want))
			continue
		}
		for i, block := range blocks {
			commands, _, _ := strings.Cut(block, "```\n")
			out := shell(t, commands)
			for _, want := range d.want[i] {
				if !strings.Contains(out, want) {
					t.Errorf("%s: the output does not contain %q:\n%s%s", d.file, want, commands, out)
				}
			}
		}
	}
}

// shell runs commands in a directory of its own. The first command that fails ends it. It
// waits for background processes.
func shell(t *testing.T, commands string) string {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "sh", "-e", "-c", commands+"\nwait $!")
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), quickExit, "HOME=" + dir, "XDG_CACHE_HOME=" + dir + "/cache"}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v:\n%s%s", err, commands, out)
	}
	return string(out)
}

package ringcxtest

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestInitReadsNoSpecification checks that a program that imports this package does not read
// openapi.yaml when it starts: initialization allocates little.
func TestInitReadsNoSpecification(t *testing.T) {
	const (
		module = "github.com/ringcx-go/ringcx-go/"
		limit  = 128 << 10 // bytes; openapi.json alone is larger
	)
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for line := range strings.Lines(string(out)) {
		name, rest, _ := strings.Cut(strings.TrimPrefix(line, "init "), " ")
		if !strings.HasPrefix(name, module) {
			continue
		}
		found = found || name == module+"ringcx/ringcxtest"
		var at, took float64
		var bytes int
		if _, err := fmt.Sscanf(rest, "@%f ms, %f ms clock, %d bytes", &at, &took, &bytes); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if bytes > limit {
			t.Errorf("initialization of %s allocates %d bytes, want at most %d", name, bytes, limit)
		}
	}
	if !found {
		t.Errorf("the output has no trace of this package:\n%s", out)
	}
}

package gen_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestNoInit checks that packages gen and internal/decode run no code when a program
// starts. TestShapes runs it, too, because openapi.yaml does not have all shapes.
func TestNoInit(t *testing.T) {
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(out), "init net/http ") {
		t.Fatalf("the output has no trace of initialization:\n%s", out)
	}
	for _, pkg := range []string{"gen", "internal/decode"} {
		if strings.Contains(string(out), "init github.com/ringcx-go/ringcx-go/"+pkg+" ") {
			t.Errorf("package %s has initialization:\n%s", pkg, out)
		}
	}
}

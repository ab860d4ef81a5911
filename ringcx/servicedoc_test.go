package ringcx_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestServiceDocument requires that the Go code in docs/service.md is a part of an example
// that is compiled.
func TestServiceDocument(t *testing.T) {
	read := func(name string) string {
		t.Helper()
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	indent := regexp.MustCompile(`(?m)^\t+`)
	code := read("example_service_test.go") + read("../otel/ringcxotel/example_test.go")
	code = indent.ReplaceAllString(code, "")
	blocks := regexp.MustCompile("(?ms)^```go\n(.*?)^```$").FindAllStringSubmatch(read("../docs/service.md"), -1)
	if len(blocks) < 8 {
		t.Errorf("docs/service.md has %d blocks of code, want 8 at least", len(blocks))
	}
	for _, b := range blocks {
		if !strings.Contains(code, indent.ReplaceAllString(b[1], "")) {
			t.Errorf("docs/service.md shows code that is in no example:\n%s", b[1])
		}
	}
}

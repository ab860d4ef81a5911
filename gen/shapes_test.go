package gen_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// ofAnySpec are the files of this directory that do not need a type of openapi.yaml.
var ofAnySpec = []string{"doc.go", "operation.go", "init_test.go"}

// TestShapes generates package gen from testdata/shapes/openapi.yaml, compiles it, and runs
// testdata/shapes/services_test.go and TestNoInit with it. The go command takes the generated files instead
// of those of this directory.
func TestShapes(t *testing.T) {
	overlay := generate(t, "gen/testdata/shapes/openapi.yaml")
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		_, isGenerated := overlay[file]
		if !isGenerated && !slices.Contains(ofAnySpec, file) {
			overlay[file] = ""
		}
	}
	overlay["shapes_test.go"] = filepath.Join("testdata", "shapes", "services_test.go")
	runGo(t, "test", "-count=1", "-overlay="+writeOverlay(t, overlay), ".")
}

// generate generates package gen from spec, which is relative to the root of the module. It
// returns the generated files by the names that they have in package gen.
func generate(t *testing.T, spec string) map[string]string {
	t.Helper()
	configs, err := filepath.Glob("*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	files, dir := map[string]string{}, t.TempDir()
	for _, name := range configs {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		_, rest, found := strings.Cut(string(data), "\noutput: gen/")
		if !found {
			continue // the overlay
		}
		output, _, _ := strings.Cut(rest, "\n")
		made, config := filepath.Join(dir, output), filepath.Join(dir, name)
		text := strings.Replace(string(data), "output: gen/"+output, "output: "+filepath.ToSlash(made), 1)
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		runGo(t, "-C", "..", "run", "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen", "-config", config, spec)
		files[output] = made
	}
	if len(files) != 3 {
		t.Fatalf("generated %v, want three files", files)
	}
	return files
}

// writeOverlay writes a file for the option -overlay of the go command. It replaces files of
// this directory; an empty name removes one.
func writeOverlay(t *testing.T, replace map[string]string) string {
	t.Helper()
	absolute := func(name string) string {
		if name == "" {
			return ""
		}
		path, err := filepath.Abs(name)
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	for name, with := range replace {
		overlay.Replace[absolute(name)] = absolute(with)
	}
	data, err := json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "overlay.json")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// runGo runs the go command and returns its output.
func runGo(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

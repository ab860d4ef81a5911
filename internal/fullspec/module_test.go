//go:build full

package fullspec

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// tested is the packages that are made from openapi.yaml, and those of their tests that hold
// for the present contract only. TestModule compiles and vets all other packages too.
var tested = []struct{ pattern, skip string }{
	{"./gen", "^(ExampleOperations|TestSentAgain)$"}, // lists of the operations
	{"./wire", ""},
	{"./ringcx/ringcxtest/...", ""},
	{".", "^Test(OperationsFile|OperationsTables|ReadmeJobs)$"}, // compare documents of the repository
}

// maxSize is the limits of the size of programs in MB, with Go 1.26 for Linux on amd64 without
// cgo: 1.05 and 1.15 times what they were when openapi.yaml had five operations, which was
// 10.55 and 13.15. With html/template, the linker keeps every method of the generated client.
var maxSize = map[string]float64{"accounts": 11.08, "accountspage": 15.12}

// TestModule puts the document in place of openapi.yaml in a copy of the module. It generates,
// builds and tests this module, and logs how long that takes.
func TestModule(t *testing.T) {
	t.Run("validate", func(t *testing.T) { validate(t, Document()) })
	full := copyModule(t, Document())
	t.Run("generate", func(t *testing.T) {
		full.run(t, "go", "build", "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen")
		full.run(t, "go", "generate", "./...") // goal: 10 s on two processors
	})
	t.Run("compile", func(t *testing.T) {
		full.run(t, "go", "build", "./gen")
		full.change(t, "gen/doc.go")
		full.run(t, "go", "build", "./gen") // goal: 6 s on two processors
	})
	t.Run("vet", func(t *testing.T) {
		full.run(t, "go", "vet", "./...")
	})
	for _, tt := range tested {
		t.Run("test "+tt.pattern, func(t *testing.T) {
			full.run(t, "go", "test", "-timeout", "10m", "-skip", tt.skip, tt.pattern)
		})
	}
	for program, limit := range maxSize {
		t.Run("size of "+program, func(t *testing.T) {
			size := full.size(t, program)
			t.Logf("%s: %.2f MB", program, size)
			if size > limit {
				t.Errorf("%s has %.2f MB, want at most %.2f", program, size, limit)
			}
		})
	}
}

// module is a copy of the module.
type module struct{ dir string }

// copyModule copies the module without nested modules and hidden directories, with another
// contract.
func copyModule(t *testing.T, contract []byte) module {
	t.Helper()
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	m := module{t.TempDir()}
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			return m.copyDirectory(path, name)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(m.dir, name), data, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(m.dir, "openapi.yaml"), contract, 0o644); err != nil {
		t.Fatal(err)
	}
	return m
}

func (m module) copyDirectory(path, name string) error {
	nested := name != "." && exists(filepath.Join(path, "go.mod"))
	if nested || strings.HasPrefix(filepath.Base(name), ".") && name != "." {
		return filepath.SkipDir
	}
	return os.MkdirAll(filepath.Join(m.dir, name), 0o755)
}

// run runs a command in the module, and logs the processor time of the command and its
// children.
func (m module) run(t *testing.T, name string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = m.dir
	start := time.Now()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, out)
	}
	used := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	t.Logf("%s %s: %v of processor time in %v", name, strings.Join(args, " "), used.Round(time.Millisecond), time.Since(start).Round(time.Millisecond))
}

// change appends a comment to a file.
func (m module) change(t *testing.T, name string) {
	t.Helper()
	path := filepath.Join(m.dir, filepath.FromSlash(name))
	data, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, append(data, "\n// Changed.\n"...), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// size builds a program of testdata for Linux on amd64 and without cgo, and returns its size in
// MB.
func (m module) size(t *testing.T, program string) float64 {
	t.Helper()
	for name, value := range map[string]string{"GOOS": "linux", "GOARCH": "amd64", "CGO_ENABLED": "0"} {
		t.Setenv(name, value)
	}
	out := filepath.Join(t.TempDir(), program)
	m.run(t, "go", "build", "-o", out, "./internal/fullspec/testdata/"+program)
	info, err := os.Stat(out)
	if err != nil {
		t.Fatal(err)
	}
	return float64(info.Size()) / 1e6
}

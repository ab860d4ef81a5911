//go:build full

package fullspec

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ringcx-go/ringcx-go/internal/names"
)

// vetted is the packages that compile with any contract. Add the packages that are made
// from openapi.yaml alone.
var vetted = []string{".", "./gen", "./ringcx/ringcxtest/..."}

// tested is the tests that hold for any contract: the arguments of go test. Add the
// packages whose tests read openapi.yaml, or name those of their tests that do.
var tested = [][]string{
	{"./gen", "-run", "^TestFindOperation"},
	{".", "-run", "^Test(Operations|Services|Types|Examples)$"},
	{"./ringcx/ringcxtest/internal/contract"},
}

// The limits of processor time, of all processes together: it depends less than the time of
// day on what else runs, but a busy machine still needs half as much again. On two free
// processors the compiler needs about half of its limit.
const (
	maxGenerate = 10 * time.Second
	maxCompile  = 12 * time.Second
)

// The limits of the size of a program, as a ratio to the same program of a module whose
// contract has only the operations with which openapi.yaml began. With html/template, the
// linker keeps every method of the generated client.
const (
	maxProgram = 1.05
	maxPage    = 1.17
)

// TestModule puts the document in place of openapi.yaml in a copy of the module. It generates,
// builds and tests this module, and measures that.
func TestModule(t *testing.T) {
	t.Run("validate", func(t *testing.T) { validate(t, Document()) })
	full := copyModule(t, Document())
	t.Run("generate", func(t *testing.T) {
		full.run(t, "go", "build", "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen")
		atMost(t, maxGenerate, full.run(t, "go", "generate", "./..."))
	})
	t.Run("compile", func(t *testing.T) {
		full.run(t, "go", "build", "./gen")
		full.change(t, "gen/doc.go")
		atMost(t, maxCompile, full.run(t, "go", "build", "./gen"))
	})
	t.Run("vet", func(t *testing.T) {
		full.run(t, append([]string{"go", "vet"}, vetted...)...)
	})
	for _, args := range tested {
		t.Run("test "+args[0], func(t *testing.T) {
			full.run(t, append([]string{"go", "test", "-timeout", "10m"}, args...)...)
		})
	}
	t.Run("size", func(t *testing.T) { compareSizes(t, full) })
}

// compareSizes compares programs of the module with programs of a module with few
// operations.
func compareSizes(t *testing.T, full module) {
	contract, err := json.Marshal(small(t))
	if err != nil {
		t.Fatal(err)
	}
	few := copyModule(t, contract)
	few.run(t, "go", "generate", "./...")
	for program, limit := range map[string]float64{"accounts": maxProgram, "accountspage": maxPage} {
		base, size := few.size(t, program), full.size(t, program)
		ratio := float64(size) / float64(base)
		t.Logf("%s: %.2f MB, %.3f times the %.2f MB with few operations", program, mega(size), ratio, mega(base))
		if ratio > limit {
			t.Errorf("%s is %.3f times as large as with few operations, want at most %.2f", program, ratio, limit)
		}
	}
}

func mega(bytes int64) float64 { return float64(bytes) / 1e6 }

// TestFew tests that the contract with few operations differs from the document.
func TestFew(t *testing.T) {
	for _, o := range names.Operations() {
		if o.ID == "listCampaigns" && small(t)["paths"].(object)[o.Path] != nil {
			t.Errorf("the contract with few operations has %s", o.ID)
		}
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

// run runs a command in the module. It returns the processor time of the command and its
// children.
func (m module) run(t *testing.T, name string, args ...string) time.Duration {
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
	return used
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

// size builds a program of testdata and returns its size in bytes.
func (m module) size(t *testing.T, program string) int64 {
	t.Helper()
	out := filepath.Join(t.TempDir(), program)
	m.run(t, "go", "build", "-o", out, "./internal/fullspec/testdata/"+program)
	info, err := os.Stat(out)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

func atMost(t *testing.T, limit, got time.Duration) {
	t.Helper()
	if got > limit {
		t.Errorf("it took %v of processor time, want at most %v", got, limit)
	}
}

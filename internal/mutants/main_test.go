package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// module contains the files of a small module and a list of mutations. A test checks
// Twice, and a simulation checks Limit.
var module = map[string]string{
	"go.mod": "module example.com/m\n\ngo 1.26\n",
	"m/m.go": `package m

const Limit = 3

func Twice(n int) int { return n + n }

func Unused(n int) int { return n - 1 }

func Wait() { select {} }
`,
	"m/m_test.go": `package m

import "testing"

func TestTwice(t *testing.T) {
	t.Run("three", func(t *testing.T) {
		if got := Twice(3); got != 6 {
			t.Errorf("Twice(3) = %d, want 6", got)
		}
	})
}

func TestSimulation(t *testing.T) {
	if Limit > 3 {
		t.Error("too many")
	}
}
`,
	"other/other_test.go": `package other

import (
	"testing"

	"example.com/m/m"
)

func TestLimit(t *testing.T) {
	if m.Limit < 3 {
		panic("too few")
	}
}

func TestTwiceOfZero(t *testing.T) {
	if got := m.Twice(0); got != 0 {
		t.Errorf("Twice(0) = %d, want 0", got)
	}
}
`,
	"list.txt": `# a comment
== killed by its hint
file: m/m.go
find: n + n
with: n * n
hint: TestTwice

== killed by its hint in another package
file: m/m.go
find: n + n
with: n + n + 1
test: other
hint: TestTwiceOfZero

== killed without a hint
file: m/m.go
find: n + n
with: n

== killed by another package
file: m/m.go
find: Limit = 3
with: Limit = 2

== killed by the simulation [sim]
file: m/m.go
find: Limit = 3
with: Limit = 4

== survives [sim]
file: m/m.go
find: n - 1
with: n + 1

== with after
file: m/m.go
after: func Unused(
find: return n
with: return 1 + n

== does not apply
file: m/m.go
find: return n
with: return 2 * n

== does not compile
file: m/m.go
find: n + n
with: n + x
`,
}

// inModule writes the module to a new directory and runs c there. It returns the table
// with all times replaced by 0.
func inModule(t *testing.T, c config) (table string, err error) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range module {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("GOFLAGS", "-mod=mod")
	t.Setenv("GOWORK", "off")
	c.dir, c.list, c.packages = dir, filepath.Join(dir, "list.txt"), "./..."
	c.jobs, c.hintTime, c.testTime, c.simTime = 2, time.Minute, time.Minute, time.Minute
	c.simPkg, c.simArgs = "./m", []string{"-test.run=TestSimulation"}
	if c.names == nil {
		c.names = regexp.MustCompile("")
	}
	var out strings.Builder
	err = run(t.Context(), c, &out, t.Output())
	for name, text := range module {
		if now, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name))); err != nil || string(now) != text {
			t.Errorf("run changed %s: %q, %v", name, now, err)
		}
	}
	return seconds.ReplaceAllString(out.String(), "| 0 |"), err
}

var seconds = regexp.MustCompile(`\| \d+\.\d \|`)

func TestRun(t *testing.T) {
	got, err := inModule(t, config{tests: true, sim: true})
	want := `| mutation | file | killed by | s | simulation | s |
| --- | --- | --- | --- | --- | --- |
| killed by its hint | m/m.go | TestTwice/three | 0 |  |  |
| killed by its hint in another package | m/m.go | TestTwiceOfZero | 0 |  |  |
| killed without a hint | m/m.go | TestTwice/three | 0 |  |  |
| killed by another package | m/m.go | TestLimit | 0 |  |  |
| killed by the simulation | m/m.go | TestSimulation | 0 | TestSimulation | 0 |
| survives | m/m.go | SURVIVED | 0 | SURVIVED | 0 |
| with after | m/m.go | SURVIVED | 0 |  |  |
| does not apply | m/m.go | ERROR: no longer applies: its find text is 2 times in m/m.go, want once |  |  |  |
| does not compile | m/m.go | ERROR: does not compile: exit status 1 |  |  |  |
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
	wantErr := "9 mutations: 2 no longer apply or do not compile; 2 survived all tests; the simulation killed only 1 of 2"
	if err == nil || err.Error() != wantErr {
		t.Errorf("error is %v, want %s", err, wantErr)
	}
}

func TestRunSimulation(t *testing.T) {
	got, err := inModule(t, config{sim: true, names: regexp.MustCompile("killed")})
	want := `| mutation | file | simulation | s |
| --- | --- | --- | --- |
| killed by the simulation | m/m.go | TestSimulation | 0 |
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
	if err != nil {
		t.Error(err)
	}
}

func TestCheck(t *testing.T) {
	_, err := inModule(t, config{check: true, tests: true})
	want := "9 mutations: 2 no longer apply or do not compile"
	if err == nil || err.Error() != want {
		t.Errorf("error is %v, want %s", err, want)
	}
}

func TestRunWithoutMutations(t *testing.T) {
	if _, err := inModule(t, config{tests: true, names: regexp.MustCompile("no such")}); err == nil {
		t.Error("run returned no error, but no mutation is selected")
	}
}

// TestBaselineFails checks that run stops if the unchanged code fails a test.
func TestBaselineFails(t *testing.T) {
	failing := module["m/m.go"]
	module["m/m.go"] = strings.Replace(failing, "n + n", "n + n + 1", 1)
	defer func() { module["m/m.go"] = failing }()
	_, err := inModule(t, config{tests: true})
	if err == nil || !strings.Contains(err.Error(), "the unchanged code fails: TestTwice") {
		t.Errorf("error is %v, want one that names TestTwice", err)
	}
}

// TestTimeouts checks that a test that exceeds its time limit kills the mutation, and
// that a simulation that does so does not.
func TestTimeouts(t *testing.T) {
	r, err := newRunner(t.Context(), config{dir: ".", packages: ".", hintTime: time.Second, simTime: time.Second, simPkg: ".", simArgs: []string{"-test.run=TestHang"}}, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(r.temp) })
	t.Setenv("MUTANTS_HANG", "1")
	v, err := r.newVariant(mutation{})
	if err != nil {
		t.Fatal(err)
	}
	if killer, err := v.test(".", "TestHang"); killer != "TestHang (timeout)" || err != nil {
		t.Errorf("test that does not end: killer is %q, error %v, want TestHang (timeout)", killer, err)
	}
	if killer, err := v.simulate(); killer != "" || err != nil {
		t.Errorf("simulation that does not end: killer is %q, error %v, want none", killer, err)
	}
}

// TestHang does not end if the environment variable is set. TestTimeouts runs it in
// another process.
func TestHang(t *testing.T) {
	if os.Getenv("MUTANTS_HANG") != "" {
		time.Sleep(time.Hour)
	}
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// variant is the code with one mutation, or the unchanged code.
type variant struct {
	*runner
	dir     string            // for the overlay and the test binaries
	overlay string            // path of the JSON file; empty: unchanged code
	built   map[string]string // test binaries by package; "" if the package has no tests
}

// newVariant writes the overlay of a mutation. The zero mutation stands for the
// unchanged code.
func (r *runner) newVariant(m mutation) (*variant, error) {
	dir, err := os.MkdirTemp(r.temp, "mutation")
	if err != nil {
		return nil, err
	}
	v := &variant{runner: r, dir: dir, built: map[string]string{}}
	if m.file == "" {
		return v, nil
	}
	original := filepath.Join(r.config.dir, filepath.FromSlash(m.file))
	source, err := os.ReadFile(original)
	if err != nil {
		return nil, fmt.Errorf("no longer applies: %w", err)
	}
	mutated, err := m.apply(string(source))
	if err != nil {
		return nil, err
	}
	copied := filepath.Join(dir, "mutated.go")
	if err := os.WriteFile(copied, []byte(mutated), 0o600); err != nil {
		return nil, err
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{original: copied}})
	if err != nil {
		return nil, err
	}
	v.overlay = filepath.Join(dir, "overlay.json")
	return v, os.WriteFile(v.overlay, overlay, 0o600)
}

// compile compiles pkg without its tests.
func (v *variant) compile(pkg string) error {
	cmd := exec.CommandContext(v.ctx, "go", "build", "-overlay", v.overlay, pkg)
	cmd.Dir = v.config.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return notCompiled(err, out)
	}
	return nil
}

func notCompiled(err error, out []byte) error {
	return fmt.Errorf("does not compile: %w\n%s", err, bytes.TrimSpace(out))
}

// build returns the path of the test binary of pkg, or "" if pkg has no tests.
func (v *variant) build(pkg string) (string, error) {
	if binary, ok := v.built[pkg]; ok {
		return binary, nil
	}
	binary := filepath.Join(v.dir, strconv.Itoa(len(v.built))+".test.exe")
	args := []string{"test", "-c", "-vet=off", "-ldflags=-w", "-o", binary}
	if v.overlay != "" {
		args = append(args, "-overlay", v.overlay)
	}
	cmd := exec.CommandContext(v.ctx, "go", append(args, ".")...)
	cmd.Dir = filepath.Join(v.config.dir, filepath.FromSlash(pkg)) // it may be in another module
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", notCompiled(err, out)
	}
	if _, err := os.Stat(binary); err != nil {
		binary = ""
	}
	v.built[pkg] = binary
	return binary, nil
}

// test runs the tests of pkg that match hint, or all tests if hint is "". It returns
// the test that killed the mutation, or "" if all pass.
func (v *variant) test(pkg, hint string) (killer string, err error) {
	limit := v.config.testTime
	if hint != "" {
		limit = v.config.hintTime
	}
	out, failed, err := v.execute(limit+time.Minute, pkg, []string{"-test.run=" + hint, "-test.timeout=" + limit.String()})
	if err != nil || !failed {
		return "", err
	}
	return killerIn(out), nil
}

// simulate runs the simulation for at most simTime. It returns the test that killed
// the mutation, or "" if none did within that time.
func (v *variant) simulate() (killer string, err error) {
	out, failed, err := v.execute(v.config.simTime, v.config.simPkg, v.config.simArgs)
	if errors.Is(err, context.DeadlineExceeded) || err == nil && !failed {
		return "", nil
	}
	return killerIn(out), err
}

// execute runs the test binary of pkg and reports whether it failed. It stops the
// binary after limit and returns context.DeadlineExceeded then.
func (v *variant) execute(limit time.Duration, pkg string, args []string) (out []byte, failed bool, err error) {
	binary, err := v.build(pkg)
	if err != nil || binary == "" {
		return nil, false, err
	}
	ctx, cancel := context.WithTimeout(v.ctx, limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, append([]string{"-test.v", "-test.failfast", "-test.cpu=1"}, args...)...)
	cmd.Dir = filepath.Join(v.config.dir, filepath.FromSlash(pkg))
	cmd.WaitDelay = 10 * time.Second // child processes of the tests may keep the output open
	out, err = cmd.CombinedOutput()
	if ctx.Err() != nil {
		return out, true, ctx.Err()
	}
	if _, exited := errors.AsType[*exec.ExitError](err); exited {
		return out, true, nil
	}
	return out, false, err
}

var (
	failLine    = regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+)`)
	runLine     = regexp.MustCompile(`(?m)^=== RUN\s+(\S+)`)
	timeoutLine = regexp.MustCompile(`(?m)^panic: test timed out`)
	panicLine   = regexp.MustCompile(`(?m)^(panic|fatal error): `)
)

// killerIn returns the first test that failed according to the output of go test -v.
// If a subtest failed, it returns the innermost one.
func killerIn(out []byte) string {
	running, note := "", ""
	if loc := panicLine.FindIndex(out); loc != nil {
		if all := runLine.FindAllSubmatch(out[:loc[0]], -1); len(all) > 0 {
			running = string(all[len(all)-1][1])
		}
		note = " (panic)"
		if timeoutLine.Match(out) {
			note = " (timeout)"
		}
	}
	if all := failLine.FindAllSubmatch(out, -1); len(all) > 0 {
		killer := string(all[0][1])
		for _, m := range all[1:] {
			if strings.HasPrefix(string(m[1]), killer+"/") {
				killer = string(m[1])
			}
		}
		return killer
	}
	if running == "" {
		return "an exit without a message"
	}
	return running + note
}

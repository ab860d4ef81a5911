package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// runner runs mutations.
type runner struct {
	ctx      context.Context
	config   config
	temp     string   // directory of all files that are written
	packages []string // packages that match config.packages, as ./path

	mu       sync.Mutex
	progress io.Writer
}

// result is the result of one mutation.
type result struct {
	mutation
	err       error // error in the list: the mutation does not apply or does not compile
	tests     part
	simulated part
}

// part is the result of the tests or of the simulation.
type part struct {
	ran    bool
	killer string // the test that failed; empty: the mutation survived
	took   time.Duration
}

func newRunner(ctx context.Context, c config, progress io.Writer) (*runner, error) {
	dir, err := filepath.Abs(c.dir)
	if err != nil {
		return nil, err
	}
	c.dir = dir
	cmd := exec.CommandContext(ctx, "go", "list", "-f", "{{.Dir}}", c.packages)
	cmd.Dir, cmd.Stderr = dir, progress
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list %s: %w", c.packages, err)
	}
	r := &runner{ctx: ctx, config: c, progress: progress}
	for found := range strings.Lines(string(out)) {
		relative, err := filepath.Rel(dir, strings.TrimSpace(found))
		if err != nil {
			return nil, err
		}
		r.packages = append(r.packages, "./"+filepath.ToSlash(relative))
	}
	r.temp, err = os.MkdirTemp("", "mutants")
	return r, err
}

// baseline runs the unchanged code in the same way. A test that fails there would
// appear to kill every mutation.
func (r *runner) baseline(selected []mutation) error {
	v, err := r.newVariant(mutation{})
	if err != nil {
		return err
	}
	defer os.RemoveAll(v.dir)
	if r.config.tests {
		start := time.Now()
		if killer, err := v.testAll(mutation{}); err != nil || killer != "" {
			return fmt.Errorf("the unchanged code fails: %s: %w", cmp.Or(killer, "go test"), cmp.Or(err, errTests))
		}
		r.logf("the unchanged code passes all tests in %.0f s", time.Since(start).Seconds())
	}
	if r.config.sim && hasSim(selected) {
		start := time.Now()
		if killer, err := v.simulate(); err != nil || killer != "" {
			return fmt.Errorf("the unchanged code fails in the simulation: %s: %w", killer, cmp.Or(err, errTests))
		}
		r.logf("the unchanged code passes the simulation in %.0f s", time.Since(start).Seconds())
	}
	return r.ctx.Err()
}

var errTests = fmt.Errorf("fix this first")

func hasSim(list []mutation) bool {
	for _, m := range list {
		if m.sim {
			return true
		}
	}
	return false
}

// runAll runs the mutations, config.jobs of them concurrently. The results are in the
// order of the list.
func (r *runner) runAll(list []mutation) []result {
	results := make([]result, len(list))
	next := make(chan int)
	var wg sync.WaitGroup
	for range max(r.config.jobs, 1) {
		wg.Go(func() {
			for i := range next {
				results[i] = r.runOne(list[i])
				r.report(results[i])
			}
		})
	}
	for i := range list {
		if r.ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	wg.Wait()
	return results
}

// runOne runs the tests, the simulation, or both for one mutation.
func (r *runner) runOne(m mutation) (res result) {
	res.mutation = m
	v, err := r.newVariant(m)
	if err != nil {
		res.err = err
		return res
	}
	defer os.RemoveAll(v.dir)
	if r.config.check {
		res.err = v.compile(m.pkg())
		return res
	}
	if r.config.tests {
		res.tests, res.err = timed(func() (string, error) { return v.testAll(m) })
	}
	if r.config.sim && m.sim && res.err == nil {
		res.simulated, res.err = timed(v.simulate)
	}
	return res
}

func timed(f func() (string, error)) (part, error) {
	start := time.Now()
	killer, err := f()
	return part{ran: true, killer: killer, took: time.Since(start)}, err
}

// testAll runs the test of the hint, then all tests of its package, then those of the
// mutated package and of the other packages. It stops when a test fails.
func (v *variant) testAll(m mutation) (killer string, err error) {
	if m.hint != "" {
		if killer, err = v.test(m.testPkg(), m.hint); err != nil || killer != "" {
			return killer, err
		}
	}
	order := v.packages
	if m.file != "" {
		order = []string{m.testPkg()}
		for _, pkg := range append([]string{m.pkg()}, v.packages...) {
			if !slices.Contains(order, pkg) {
				order = append(order, pkg)
			}
		}
	}
	for _, pkg := range order {
		if killer, err = v.test(pkg, ""); err != nil || killer != "" {
			return killer, err
		}
	}
	return "", nil
}

// logf writes a line to progress.
func (r *runner) logf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fmt.Fprintf(r.progress, format+"\n", args...)
}

// report writes the result of one mutation to progress.
func (r *runner) report(res result) {
	if res.err != nil {
		r.logf("%s: %v", res.name, res.err)
		return
	}
	for what, p := range map[string]part{"tests": res.tests, "simulation": res.simulated} {
		if p.ran {
			r.logf("%s: %s: %s (%.1f s)", res.name, what, p, p.took.Seconds())
		}
	}
}

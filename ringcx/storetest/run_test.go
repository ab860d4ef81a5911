package storetest

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

func TestMemory(t *testing.T) {
	Run(t, func(*testing.T) ringcx.Store { return NewMemory() })
}

func TestOwners(t *testing.T) {
	Run(t, func(*testing.T) ringcx.Store { return newOwners(NewMemory()) })
}

// TestSharedDatabase holds Run to what it says: the Stores of its subtests may
// be one, and nothing stays behind.
func TestSharedDatabase(t *testing.T) {
	m := NewMemory()
	var calls atomic.Int64
	counted := flawed{Memory: m, swap: func(ctx context.Context, key, version string, data []byte) (string, error) {
		calls.Add(1)
		return m.CompareAndSwap(ctx, key, version, data)
	}}
	t.Run("rules", func(t *testing.T) {
		Run(t, func(*testing.T) ringcx.Store { return counted })
	})
	if n := len(m.records); n != 0 {
		t.Errorf("Run left %d records", n)
	}
	t.Logf("Run called CompareAndSwap %d times", calls.Load())
}

// TestMemoryInBubble shows that a bubble may share a Memory: nobody waits for
// anything outside of it.
func TestMemoryInBubble(t *testing.T) {
	for _, r := range allRules() {
		synctest.Test(t, func(t *testing.T) { newTrial(t, r, newOwners(NewMemory())).run() })
	}
}

// TestFlaws runs the suite against Stores that each break a rule, and expects
// that rule's test to fail and to say why.
func TestFlaws(t *testing.T) {
	caught := map[string]bool{}
	for _, f := range slices.Concat(flaws, swapFlaws, leaseFlaws) {
		t.Run(f.name, func(t *testing.T) {
			for _, name := range f.breaks {
				r := ruleOf(t, name)
				caught[r.name] = true
				synctest.Test(t, func(t *testing.T) {
					text := try(t, r, f.store(NewMemory()))
					if !strings.Contains(text, "\tthe contract: "+r.says) {
						t.Errorf("%q does not fail", r.name)
					}
					t.Logf("%s: %s", r.name, text)
				})
			}
		})
	}
	for _, r := range allRules() {
		if !caught[r.name] {
			t.Errorf("no flaw shows that %q can fail", r.name)
		}
	}
}

func ruleOf(t *testing.T, name string) rule {
	i := slices.IndexFunc(allRules(), func(r rule) bool { return r.name == name })
	if i < 0 {
		t.Fatalf("no rule is called %q", name)
	}
	return allRules()[i]
}

func allRules() []rule { return slices.Concat(rules(), leaseRules) }

// try runs a check and returns how it failed.
func try(t *testing.T, r rule, s ringcx.Store) string {
	rec := &recorder{T: t}
	var wg sync.WaitGroup
	wg.Go(func() { newTrial(rec, r, s).run() }) // FailNow ends the goroutine
	wg.Wait()
	time.Sleep(2 * time.Hour) // of the bubble: what hangs comes to its end
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return strings.Join(rec.failures, "\n")
}

// recorder is a testing.T that keeps failures to itself.
type recorder struct {
	*testing.T
	mu       sync.Mutex
	failures []string
}

func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

func (r *recorder) FailNow() { runtime.Goexit() }

func (r *recorder) Cleanup(func()) {} // nothing to clean in memory

func TestRulesAreNamed(t *testing.T) {
	var names []string
	for _, r := range allRules() {
		if r.name == "" || r.says == "" || slices.Contains(names, r.name) {
			t.Errorf("rule %q, %q: want a name of its own, and a sentence", r.name, r.says)
		}
		names = append(names, r.name)
	}
}

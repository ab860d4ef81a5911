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

func TestLeaseStore(t *testing.T) {
	store := newOwners(NewMemory()) // shared, so that no subtest is skipped
	Run(t, func(*testing.T) ringcx.Store { return store })
}

// TestSharedDatabase checks that the subtests of Run may share a Store, and that Run deletes
// its records.
func TestSharedDatabase(t *testing.T) {
	m := NewMemory()
	var calls atomic.Int64
	counted := buggyStore{Memory: m, swap: func(ctx context.Context, key, version string, data []byte) (string, error) {
		calls.Add(1)
		return m.CompareAndSwap(ctx, key, version, data)
	}}
	t.Run("rules", func(t *testing.T) {
		Run(t, func(*testing.T) ringcx.Store { return counted })
	})
	if n := len(m.records); n != 0 {
		t.Errorf("%d records after Run, want 0", n)
	}
	t.Logf("Run called CompareAndSwap %d times", calls.Load())
}

// TestMemoryInBubble runs the rules in a synctest bubble.
func TestMemoryInBubble(t *testing.T) {
	for _, r := range allRules() {
		synctest.Test(t, func(t *testing.T) {
			store := newOwners(NewMemory())
			newTrial(t, r, func() ringcx.Store { return store }).run()
		})
	}
}

// TestRulesFindBugs checks Stores that each have a bug, and expects the rules of the bug to
// fail with a message that contains the rule.
func TestRulesFindBugs(t *testing.T) {
	failed := map[string]bool{}
	for _, b := range slices.Concat(bugs, swapBugs, sharedBugs, leaseBugs) {
		t.Run(b.name, func(t *testing.T) {
			for _, name := range b.breaks {
				r := ruleOf(t, name)
				failed[r.name] = true
				synctest.Test(t, func(t *testing.T) {
					m := NewMemory()
					text := try(t, r, func() ringcx.Store { return b.store(m) })
					if !strings.Contains(text, "\tcontract: "+r.contract) {
						t.Errorf("rule %q does not fail", r.name)
					}
					t.Logf("%s: %s", r.name, text)
				})
			}
		})
	}
	for _, r := range allRules() {
		if !failed[r.name] {
			t.Errorf("no bug makes rule %q fail", r.name)
		}
	}
}

func ruleOf(t *testing.T, name string) rule {
	i := slices.IndexFunc(allRules(), func(r rule) bool { return r.name == name })
	if i < 0 {
		t.Fatalf("there is no rule %q", name)
	}
	return allRules()[i]
}

func allRules() []rule { return slices.Concat(rules(), leaseRules) }

// try runs a rule and returns its failures.
func try(t *testing.T, r rule, newStore func() ringcx.Store) string {
	rec := &recorder{T: t}
	var wg sync.WaitGroup
	wg.Go(func() { newTrial(rec, r, newStore).run() }) // FailNow ends the goroutine
	wg.Wait()
	time.Sleep(2 * time.Hour) // in the synctest bubble, so that blocked calls end
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return strings.Join(rec.failures, "\n")
}

// recorder is a testing.T that records failures instead of reporting them.
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

func (r *recorder) Skip(...any) { runtime.Goexit() }

func (r *recorder) Cleanup(func()) {} // a Memory needs no cleanup

func TestRuleNamesAreUnique(t *testing.T) {
	var names []string
	for _, r := range allRules() {
		if r.name == "" || r.contract == "" || slices.Contains(names, r.name) {
			t.Errorf("rule %q, %q: want a unique name and a sentence", r.name, r.contract)
		}
		names = append(names, r.name)
	}
}

package pace

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

var limits = []Limit{{3, time.Minute}, {5, 10 * time.Minute}}

// TestWait checks when requests are allowed, and that keys do not affect each other.
func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p Pace
		start := time.Now()
		var got []time.Duration
		for range 8 {
			if err := p.Wait(t.Context(), "a", limits); err != nil {
				t.Fatal(err)
			}
			got = append(got, time.Since(start))
		}
		const next, last = 61 * time.Second, 601 * time.Second
		want := []time.Duration{0, 0, 0, next, next, last, last, last}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("times (-want +got):\n%s", diff)
		}
		before := time.Now()
		if err := p.Wait(t.Context(), "b", limits); err != nil || time.Since(before) != 0 {
			t.Errorf("another key waited %v: %v", time.Since(before), err)
		}
		if n := len(p.sent["a"]); n != 5 {
			t.Errorf("%d times are kept, want 5", n)
		}
	})
}

// TestWaitEnds checks that Wait ends with its context, and then counts nothing.
func TestWaitEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p Pace
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		start := time.Now()
		var err error
		for range 4 {
			err = p.Wait(ctx, "a", limits)
		}
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 30*time.Second {
			t.Errorf("Wait returned %v after %v", err, time.Since(start))
		}
		if err := p.Wait(ctx, "b", limits); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Wait after the end: %v", err)
		}
		if len(p.sent["a"]) != 3 || len(p.sent["b"]) != 0 {
			t.Errorf("counted: %v", p.sent)
		}
	})
}

// TestWaitConcurrently checks that no limit is exceeded if many callers wait at once.
func TestWaitConcurrently(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p Pace
		var mu sync.Mutex
		minutes := map[int]int{}
		start := time.Now()
		var wg sync.WaitGroup
		for range 9 {
			wg.Go(func() {
				if err := p.Wait(t.Context(), "a", []Limit{{3, time.Minute}}); err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				minutes[int(time.Since(start)/(61*time.Second))]++
			})
		}
		wg.Wait()
		if diff := cmp.Diff(map[int]int{0: 3, 1: 3, 2: 3}, minutes); diff != "" {
			t.Errorf("requests per minute (-want +got):\n%s", diff)
		}
	})
}

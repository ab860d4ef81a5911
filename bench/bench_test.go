package main

import (
	"encoding/json"
	"errors"
	"io"
	"math"
	"testing"
	"time"

	"github.com/ringcx-go/ringcx-go/gen"
)

func TestTimings(t *testing.T) {
	base, own := timing{1, 10, 2}, timing{2, 30, 4}
	if got := own.ratio(base); got != 2 {
		t.Errorf("ratio = %v, want 2", got)
	}
	if got := median(own.above(base)); got != 2 {
		t.Errorf("above = %v, want 2", got)
	}
	turns := []int{}
	takeTurns(1, 2, 7, func(n int) { turns = append(turns, n) }, func(int) { turns = append(turns, 0) })
	if len(turns) != 4 || turns[0] != 7 || turns[1] != 0 || turns[2] != 7 {
		t.Errorf("turns are %v, want [7 0 7 0]", turns)
	}
}

func TestParseFastPath(t *testing.T) {
	const output = "cpu: X\nBenchmarkFastPath  \t 300\t 0 cache-allocs\t 56.5 cache-ns\t 54.5 floor-ns\t 1.03 ratio\n" +
		"BenchmarkFastPath-2\t 300\t 0 cache-allocs\t 28.5 cache-ns\t 27.5 floor-ns\t 1.04 ratio\nPASS\n"
	got, err := parseFastPath(output)
	if err != nil || got[1] != (fastPath{54.5, 56.5, 1.03, 0}) || got[2] != (fastPath{27.5, 28.5, 1.04, 0}) {
		t.Errorf("parseFastPath = %v, error %v", got, err)
	}
	if _, err := parseFastPath("PASS\n"); err == nil {
		t.Error("parseFastPath returned no error for output without a result")
	}
}

func TestUsers(t *testing.T) {
	for _, n := range []int{0, 1, 2, 1000} {
		data, err := io.ReadAll(&users{n: n})
		if err != nil {
			t.Fatal(err)
		}
		var list []gen.User
		if err := json.Unmarshal(data, &list); err != nil || len(list) != n {
			t.Errorf("list has %d users (error %v), want %d", len(list), err, n)
		}
		for name := range readings {
			readingLoop(name)(n) // panics if it reads another number of users
		}
	}
	if allocs := testing.AllocsPerRun(1, func() { _, _ = io.Copy(io.Discard, &users{n: 1000}) }); allocs > 5 {
		t.Errorf("generating 1000 users allocates %.0f times, want at most 5", allocs)
	}
}

// TestLibraries gets a token from each library twice. The second one must come from the
// cache.
func TestLibraries(t *testing.T) {
	for _, l := range libraries {
		e, s := warm(l, shortLife/4)
		if err := s(t.Context()); err != nil || e.requests.Load() != 1 {
			t.Errorf("%s: %d requests and error %v, want 1 and nil", l.name, e.requests.Load(), err)
		}
		for _, state := range []condition{failing, down} {
			e := &endpoint{life: shortLife}
			e.state.Store(state)
			if err := l.make(e, shortLife/4)(t.Context()); err == nil {
				t.Errorf("%s: no error in condition %d of the endpoint", l.name, state)
			}
		}
	}
	for _, name := range []string{ringcxName, oauth2Name} { // a wrapped source has a race
		if err := twoClients(name); err != nil {
			t.Errorf("two clients of %s: %v", name, err)
		}
	}
}

func TestRecovery(t *testing.T) {
	at := func(began, took time.Duration, err error) caller {
		return caller{began * time.Millisecond, took * time.Millisecond, err}
	}
	failed := errors.New("no token")
	callers := []caller{at(10, 1, nil), at(90, 20, failed), at(120, 30, nil), at(130, 5, nil), at(160, 1, nil)}
	if got := recovery(callers, 100*time.Millisecond); got != 35 {
		t.Errorf("recovery = %v ms, want 35", got)
	}
	if got := recovery(callers[:2], 100*time.Millisecond); !math.IsInf(got, 1) {
		t.Errorf("recovery without a token = %v ms, want infinity", got)
	}
}

func TestOutageLength(t *testing.T) {
	if first, middle, last := outageLength(0), outageLength(passes/2), outageLength(passes-1); first != 3*time.Second ||
		middle != 4*time.Second || last != 5*time.Second {
		t.Errorf("outage lengths are %v, %v, %v, want 3s, 4s, 5s", first, middle, last)
	}
	if passes < 3 {
		t.Errorf("%d passes, want at least 3", passes)
	}
}

package main

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// A loop takes about a millisecond in a round.
const (
	tokenRounds = 200
	tokenCalls  = 20_000
)

// floor returns the minimal work of a token cache: it loads the token and compares its
// expiry with the clock.
func floor() loop {
	var current atomic.Pointer[time.Time]
	end := time.Now().Add(time.Hour)
	current.Store(&end)
	return func(n int) {
		for range n {
			if !time.Now().Before(*current.Load()) {
				panic("the token has expired")
			}
		}
	}
}

// calls returns a loop that gets a valid token from s.
func calls(s source) loop {
	ctx := context.Background()
	return func(n int) {
		for range n {
			if err := s(ctx); err != nil {
				panic(err)
			}
		}
	}
}

// liveHeap is the size of the heap of a larger program. This program has a small heap, so
// that a garbage collection starts after every 4 MiB.
const liveHeap = 64 << 20

// measureTokens measures the time to get a valid token: inside the token cache of
// ringcx, and from the exported method of each library.
func measureTokens(root string, out *results) error {
	loops := []loop{floor()}
	for _, l := range libraries {
		loops = append(loops, calls(l.make(&endpoint{life: time.Hour}, time.Minute)))
	}
	cpus := min(2, runtime.NumCPU())
	inside, err := cacheFastPath(root, cpus)
	if err != nil {
		return err
	}
	one := takeTurns(1, tokenRounds, tokenCalls, loops...)
	two := takeTurns(cpus, tokenRounds, tokenCalls, loops...)
	live := make([]byte, liveHeap)
	large := takeTurns(cpus, tokenRounds, tokenCalls, loops...)
	runtime.KeepAlive(live)
	out.rows = append(out.rows,
		cacheRow("a valid token inside the token cache, 1 CPU", inside[1]),
		scaleRow(inside[1], inside[cpus], cpus),
		tokenRow("a valid token from the exported method, 1 CPU", "≤ 1.9 × floor", one),
		tokenRow(fmt.Sprintf("the same, %d CPUs", cpus), "", two),
		tokenRow(fmt.Sprintf("the same, %d CPUs, in a program with a heap of %d MiB", cpus, liveHeap>>20), "", large),
		allocationRow(loops[1:]))
	out.panels = append(out.panels,
		tokenPanel("A valid token on 1 CPU: ns", inside[1], one),
		tokenPanel(fmt.Sprintf("A valid token on %d CPUs: ns", cpus), inside[cpus], two))
	return nil
}

func cacheRow(what string, f fastPath) row {
	return row{
		what: what, target: "≤ 1.05 × floor, 0 allocs",
		met:       func(own, _ cell) bool { return own.median(1) <= 1.05 && own.median(2) == 0 },
		reference: newCell("floor: %.1f ns", f.floor),
		cells:     map[string]cell{ringcxName: newCell("%.1f ns, %.2f ×, %.0f allocs", f.cache, f.ratio, f.allocs)},
	}
}

// scaleRow compares one processor with many. The target is also missed if the floor does
// not scale, because other programs used the processors then.
func scaleRow(one, many fastPath, cpus int) row {
	own, floors := many.cache/one.cache, many.floor/one.floor
	return row{
		what:   fmt.Sprintf("a valid token inside the token cache, %d CPUs", cpus),
		target: fmt.Sprintf("1/%d of the time, like the floor", cpus),
		met: func(own, reference cell) bool {
			return own.median(2) <= 1.05*reference.median(1) && reference.median(1) < 1.3/float64(cpus)
		},
		reference: newCell("floor: %.1f ns, %.2f of 1 CPU", many.floor, floors),
		cells:     map[string]cell{ringcxName: newCell("%.1f ns, %.2f ×, %.2f of 1 CPU", many.cache, many.ratio, own)},
	}
}

// tokenRow returns a row for timings. The first timing is that of the floor, the others
// are those of the libraries.
func tokenRow(what, target string, timings []timing) row {
	numbers := map[string][]float64{}
	for i, l := range libraries {
		t := timings[i+1]
		numbers[l.name] = []float64{median(t), t.ratio(timings[0])}
	}
	return row{
		what: what, target: target,
		met:       func(own, _ cell) bool { return own.median(1) <= 1.9 },
		reference: newCell("floor: %.1f ns", median(timings[0])),
		cells:     sameFormat("%.1f ns, %.2f ×", numbers),
	}
}

func allocationRow(loops []loop) row {
	numbers := map[string][]float64{}
	for i, l := range libraries {
		allocs, bytes := allocated(loops[i])
		numbers[l.name] = []float64{allocs, bytes}
	}
	return row{
		what: "the same: allocations (of ringcx: the copy for the caller)", target: "≤ 1 alloc, 112 B",
		met:   func(own, _ cell) bool { return own.median(0) <= 1 && own.median(1) <= 112 },
		cells: sameFormat("%.0f, %.0f B", numbers),
	}
}

func tokenPanel(title string, inside fastPath, timings []timing) panel {
	p := panel{title: title, bars: []bar{{"floor", figure{median(timings[0])}}, {"ringcx cache", figure{inside.cache}}}}
	for i, l := range libraries {
		p.bars = append(p.bars, bar{l.name, figure{median(timings[i+1])}})
	}
	return p
}

// fastPath is a result of BenchmarkFastPath. Times are in nanoseconds.
type fastPath struct{ floor, cache, ratio, allocs float64 }

// cacheFastPath runs BenchmarkFastPath on 1 and on cpus processors. The benchmark is in
// package ringcx, because the token cache is not exported.
func cacheFastPath(root string, cpus int) (map[int]fastPath, error) {
	cmd := exec.Command("go", "test", "-run", "^$", "-bench", "^BenchmarkFastPath$", "-benchtime", fmt.Sprint(2*tokenRounds, "x"),
		"-cpu", fmt.Sprint("1,", cpus), "./ringcx")
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", cmd, err, out)
	}
	return parseFastPath(string(out))
}

var benchmarkLine = regexp.MustCompile(`(?m)^BenchmarkFastPath(?:-(\d+))?\s+\d+\s+(.*)$`)

// parseFastPath parses the output of the benchmark. It returns the results by the number
// of processors.
func parseFastPath(output string) (map[int]fastPath, error) {
	found := map[int]fastPath{}
	for _, m := range benchmarkLine.FindAllStringSubmatch(output, -1) {
		cpus, err := strconv.Atoi("0" + m[1])
		if err != nil {
			return nil, err
		}
		values := map[string]float64{}
		fields := strings.Fields(m[2])
		for i := 0; i+1 < len(fields); i += 2 {
			if values[fields[i+1]], err = strconv.ParseFloat(fields[i], 64); err != nil {
				return nil, err
			}
		}
		found[max(cpus, 1)] = fastPath{values["floor-ns"], values["cache-ns"], values["ratio"], values["cache-allocs"]}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("no result of BenchmarkFastPath in:\n%s", output)
	}
	return found, nil
}

package main

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"
)

// About a millisecond a round and loop.
const (
	tokenRounds = 200
	tokenCalls  = 20_000
)

// floor is the least that a cache of a token can do: load the token, and compare
// its end with the clock.
func floor() loop {
	var current atomic.Pointer[time.Time]
	end := time.Now().Add(time.Hour)
	current.Store(&end)
	return func(n int) {
		for range n {
			if !time.Now().Before(*current.Load()) {
				panic("the token ended")
			}
		}
	}
}

// calls is the loop of a source that has a good token.
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

// liveHeap is what a program may have in memory. The programs here have next to
// nothing, so that their heap is collected after every 4 MiB.
const liveHeap = 64 << 20

// measureTokens measures what a good token costs: inside the engine of ringcx,
// and as each library gives it to a program.
func measureTokens(root string, out *results) error {
	loops := []loop{floor()}
	for _, p := range peers {
		loops = append(loops, calls(p.make(&endpoint{life: time.Hour}, time.Minute)))
	}
	cpus := min(2, runtime.NumCPU())
	inside, err := engineFastPath(root, cpus)
	if err != nil {
		return err
	}
	one := takeTurns(1, tokenRounds, tokenCalls, loops...)
	two := takeTurns(cpus, tokenRounds, tokenCalls, loops...)
	live := make([]byte, liveHeap)
	large := takeTurns(cpus, tokenRounds, tokenCalls, loops...)
	runtime.KeepAlive(live)
	out.rows = append(out.rows,
		insideRow("a valid token inside the engine, 1 CPU", inside[1]),
		scaleRow(inside[1], inside[cpus], cpus),
		tokenRow("a valid token from the library's method, 1 CPU", "≤ 1.9 × floor", one),
		tokenRow(fmt.Sprintf("the same, %d CPUs", cpus), "", two),
		tokenRow(fmt.Sprintf("the same, %d CPUs, in a program with a heap of %d MiB", cpus, liveHeap>>20), "", large),
		allocationRow(loops[1:]))
	out.panels = append(out.panels,
		tokenPanel("A valid token on 1 CPU: ns", inside[1], one),
		tokenPanel(fmt.Sprintf("A valid token on %d CPUs: ns", cpus), inside[cpus], two))
	return nil
}

func insideRow(what string, f fastPath) row {
	return row{
		what: what, reach: "≤ 1.05 × floor, 0 allocs",
		met:   func(own, _ cell) bool { return own.median(1) <= 1.05 && own.median(2) == 0 },
		yard:  newCell("floor: %.1f ns", f.floor),
		cells: map[string]cell{ringcxName: newCell("%.1f ns, %.2f ×, %.0f allocs", f.engine, f.ratio, f.allocs)},
	}
}

// scaleRow misses its target also if the floor does not scale: then something
// else used the other processors.
func scaleRow(one, many fastPath, cpus int) row {
	own, floors := many.engine/one.engine, many.floor/one.floor
	return row{
		what:  fmt.Sprintf("a valid token inside the engine, %d CPUs", cpus),
		reach: fmt.Sprintf("1/%d of the time, as the floor", cpus),
		met: func(own, yard cell) bool {
			return own.median(2) <= 1.05*yard.median(1) && yard.median(1) < 1.3/float64(cpus)
		},
		yard:  newCell("floor: %.1f ns, %.2f of 1 CPU", many.floor, floors),
		cells: map[string]cell{ringcxName: newCell("%.1f ns, %.2f ×, %.2f of 1 CPU", many.engine, many.ratio, own)},
	}
}

// tokenRow is the row of timings of which the first is the floor and the others
// are the peers'.
func tokenRow(what, reach string, timings []timing) row {
	numbers := map[string][]float64{}
	for i, p := range peers {
		t := timings[i+1]
		numbers[p.name] = []float64{median(t), t.ratio(timings[0])}
	}
	return row{
		what: what, reach: reach,
		met:   func(own, _ cell) bool { return own.median(1) <= 1.9 },
		yard:  newCell("floor: %.1f ns", median(timings[0])),
		cells: sameFormat("%.1f ns, %.2f ×", numbers),
	}
}

func allocationRow(loops []loop) row {
	numbers := map[string][]float64{}
	for i, p := range peers {
		allocs, bytes := allocated(loops[i])
		numbers[p.name] = []float64{allocs, bytes}
	}
	return row{
		what: "the same: allocations (of ringcx, the caller's own copy)", reach: "≤ 1 alloc, 112 B",
		met:   func(own, _ cell) bool { return own.median(0) <= 1 && own.median(1) <= 112 },
		cells: sameFormat("%.0f, %.0f B", numbers),
	}
}

func tokenPanel(title string, inside fastPath, timings []timing) panel {
	p := panel{title: title, bars: []bar{{"floor", figure{median(timings[0])}}, {"ringcx, inside", figure{inside.engine}}}}
	for i, peer := range peers {
		p.bars = append(p.bars, bar{peer.name, figure{median(timings[i+1])}})
	}
	return p
}

package main

import (
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"
)

// loop does one thing n times.
type loop func(n int)

// timing is what a loop took in each round, in nanoseconds per call.
type timing []float64

// takeTurns runs the loops in turns, each n times on each of the processors, in
// many short rounds: whatever else the machine does meets all of them. Timings of
// the same index are of the same round.
func takeTurns(cpus, rounds, n int, loops ...loop) []timing {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cpus))
	timings := make([]timing, len(loops))
	for range rounds {
		for i, l := range loops {
			timings[i] = append(timings[i], perCall(cpus, n, l))
		}
	}
	return timings
}

// perCall is the time of n calls on each of the processors, divided by the
// number of all calls.
func perCall(cpus, n int, l loop) float64 {
	start := time.Now()
	var others sync.WaitGroup
	for range cpus - 1 {
		others.Go(func() { l(n) })
	}
	l(n)
	others.Wait()
	return float64(time.Since(start)) / float64(n*cpus)
}

// ratio is the median of the rounds' ratios.
func (t timing) ratio(to timing) float64 {
	ratios := make([]float64, len(t))
	for i := range t {
		ratios[i] = t[i] / to[i]
	}
	return median(ratios)
}

// above is what t took beyond base.
func (t timing) above(base timing) timing {
	more := make(timing, len(t))
	for i := range t {
		more[i] = t[i] - base[i]
	}
	return more
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

// allocated is what one call of a loop allocates.
func allocated(l loop) (allocs, bytes float64) {
	const calls = 1000
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	l(1)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	l(calls)
	runtime.ReadMemStats(&after)
	return testing.AllocsPerRun(calls, func() { l(1) }), float64((after.TotalAlloc - before.TotalAlloc) / calls)
}

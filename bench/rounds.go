package main

import (
	"runtime"
	"sync"
	"testing"
	"time"
)

// loop does one thing n times.
type loop func(n int)

// timing is what a loop took in each round, in nanoseconds per call.
type timing []float64

// takeTurns runs the loops in turns, each n times on each of the processors, in
// many short rounds: whatever else the machine does affects all of them. Timings
// of the same index are of the same round. The heap of earlier measurements is
// collected first: with a large heap the loops run with fewer collections.
func takeTurns(cpus, rounds, n int, loops ...loop) []timing {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cpus))
	runtime.GC()
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

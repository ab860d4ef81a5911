package main

import (
	"runtime"
	"sync"
	"testing"
	"time"
)

// loop does the measured work n times.
type loop func(n int)

// timing is the time of a loop in each round, in nanoseconds per call.
type timing []float64

// takeTurns runs the loops in turns in many short rounds, so that other work on the
// machine affects all of them. A loop runs n times on each of cpus processors. Timings
// with the same index belong to the same round. takeTurns first collects the garbage of
// earlier measurements, because a larger heap causes fewer collections.
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

// perCall runs the loop n times on each of cpus processors. It returns the time divided
// by the number of all calls.
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

// ratio returns the median of the ratios within each round.
func (t timing) ratio(to timing) float64 {
	ratios := make([]float64, len(t))
	for i := range t {
		ratios[i] = t[i] / to[i]
	}
	return median(ratios)
}

// above returns the time that t took in addition to base.
func (t timing) above(base timing) timing {
	more := make(timing, len(t))
	for i := range t {
		more[i] = t[i] - base[i]
	}
	return more
}

// allocated returns the allocations of one call of a loop.
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

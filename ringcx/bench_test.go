package ringcx

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkFastPath measures what a good token costs inside the engine, beside
// the floor: an atomic load, and a comparison with the clock. The two take turns
// in short rounds, so that whatever else the machine does meets both, and the
// medians of the rounds are reported. With -cpu 2 two goroutines ask at once.
func BenchmarkFastPath(b *testing.B) {
	floor, engine := floorLoop(), engineLoop()
	var floors, engines, ratios []float64
	for range b.N { // b.Loop would run the first of -cpu 1,2 with the GOMAXPROCS of the last
		floors = append(floors, perCall(floor))
		engines = append(engines, perCall(engine))
		ratios = append(ratios, engines[len(engines)-1]/floors[len(floors)-1])
	}
	b.ReportMetric(median(floors), "floor-ns")
	b.ReportMetric(median(engines), "engine-ns")
	b.ReportMetric(median(ratios), "ratio")
	b.ReportMetric(testing.AllocsPerRun(100, func() { engine(1) }), "engine-allocs")
	b.ReportMetric(0, "ns/op") // of a round, which says nothing
}

func floorLoop() func(n int) {
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

func engineLoop() func(n int) {
	c, ctx := &tokenCache{settings: &settings{now: time.Now}, current: &currentToken{now: time.Now}}, context.Background()
	c.current.state.Store(newState("an.access.token", nil, time.Now(), defaultLifetime, 0))
	return func(n int) {
		for range n {
			if st, err := c.get(ctx); st == nil || err != nil {
				panic("no token")
			}
		}
	}
}

// perCall is the time of a call, in nanoseconds, where every processor makes
// many.
func perCall(loop func(n int)) float64 {
	const n = 20_000
	cpus := runtime.GOMAXPROCS(0)
	start := time.Now()
	var others sync.WaitGroup
	for range cpus - 1 {
		others.Go(func() { loop(n) })
	}
	loop(n)
	others.Wait()
	return float64(time.Since(start)) / float64(n*cpus)
}

func median(values []float64) float64 {
	return slices.Sorted(slices.Values(values))[len(values)/2]
}

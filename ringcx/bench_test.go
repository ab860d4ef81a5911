package ringcx

import (
	"context"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/oauth2"
)

// BenchmarkFastPath measures how long tokenCache.get takes for a fresh token, compared with
// the floor: an atomic load and a comparison with the clock. The two alternate in short
// rounds, so that other load of the machine affects both, and the benchmark reports the
// medians of the rounds. With -cpu 2, two goroutines call get at once.
func BenchmarkFastPath(b *testing.B) {
	floor, cache := floorLoop(), cacheLoop()
	var floors, caches, ratios []float64
	for range b.N { // b.Loop would run the first of -cpu 1,2 with the GOMAXPROCS of the last
		floors = append(floors, perCall(floor))
		caches = append(caches, perCall(cache))
		ratios = append(ratios, caches[len(caches)-1]/floors[len(floors)-1])
	}
	b.ReportMetric(median(floors), "floor-ns")
	b.ReportMetric(median(caches), "cache-ns")
	b.ReportMetric(median(ratios), "ratio")
	b.ReportMetric(testing.AllocsPerRun(100, func() { cache(1) }), "cache-allocs")
	b.ReportMetric(0, "ns/op") // hide the time of a whole round
}

// floorLoop returns a loop of n loads and comparisons, which any token cache needs.
func floorLoop() func(n int) {
	var current atomic.Pointer[time.Time]
	end := time.Now().Add(time.Hour)
	current.Store(&end)
	return func(n int) {
		for range n {
			if !time.Now().Before(*current.Load()) {
				panic("the token expired")
			}
		}
	}
}

// cacheLoop returns a loop of n calls of tokenCache.get.
func cacheLoop() func(n int) {
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

// perCall returns the time of one call in nanoseconds, while GOMAXPROCS goroutines make many
// calls each.
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

// BenchmarkTransport measures a call through a base that does nothing: without OnCall
// through an *http.Transport, through another base, and with OnCall.
func BenchmarkTransport(b *testing.B) {
	req, err := http.NewRequest(http.MethodGet, DefaultBaseURL+"/voice/api/v1/admin/users", nil)
	if err != nil {
		b.Fatal(err)
	}
	for _, bb := range []struct {
		name   string
		base   http.RoundTripper
		onCall func(Call)
	}{
		{"http.Transport", &http.Transport{}, nil},
		{"another base", emptyBase{}, nil},
		{"OnCall", &http.Transport{}, func(Call) {}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			ts, err := NewTokenSource(Config{RingCentral: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "a"}), OnCall: bb.onCall})
			if err != nil {
				b.Fatal(err)
			}
			ts.cache.current.state.Store(newState("an.access.token", nil, time.Now(), defaultLifetime, 0))
			t := newTransport(ts.cache, bb.base)
			t.base = emptyBase{}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := t.RoundTrip(req); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// emptyBase returns a response with status 200.
type emptyBase struct{}

func (emptyBase) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: req}, nil
}

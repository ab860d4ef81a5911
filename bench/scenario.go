package main

import (
	"context"
	"math"
	"sync"
	"time"
)

// scenario has one peer live through something, and returns what happened as
// numbers.
type scenario func(p peer) []float64

// play runs a scenario for all peers at the same time. It returns the numbers by
// the name of the peer.
func play(s scenario) map[string][]float64 {
	played := make([][]float64, len(peers))
	var all sync.WaitGroup
	for i, p := range peers {
		all.Go(func() { played[i] = s(p) })
	}
	all.Wait()
	numbers := map[string][]float64{}
	for i, p := range peers {
		numbers[p.name] = played[i]
	}
	return numbers
}

// caller is one call for a token.
type caller struct {
	began, took time.Duration // began counts from the start of the crowd
	err         error
}

// crowd starts n calls, one each interval, whether the earlier ones are back or
// not, and waits for all.
func crowd(s source, n int, interval time.Duration) []caller {
	callers := make([]caller, n)
	start := time.Now()
	var all sync.WaitGroup
	for i := range callers {
		time.Sleep(time.Until(start.Add(time.Duration(i) * interval)))
		all.Go(func() { callers[i] = call(context.Background(), s, start) })
	}
	all.Wait()
	return callers
}

func call(ctx context.Context, s source, start time.Time) caller {
	c := caller{began: time.Since(start)}
	c.err = s(ctx)
	c.took = time.Since(start) - c.began
	return c
}

// failures counts the callers who got no token.
func failures(callers []caller) float64 {
	n := 0.0
	for _, c := range callers {
		if c.err != nil {
			n++
		}
	}
	return n
}

// slowest is the longest wait of a caller.
func slowest(callers []caller) (longest time.Duration) {
	for _, c := range callers {
		longest = max(longest, c.took)
	}
	return longest
}

// ms is whole milliseconds.
func ms(d time.Duration) float64 { return math.Round(float64(d) / float64(time.Millisecond)) }

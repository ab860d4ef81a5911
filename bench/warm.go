package main

import (
	"context"
	"fmt"
	"time"
)

// A token of the scenarios below lives 4 s, and the endpoint answers, or says
// no, after 20 ms. A call that takes longer than half of that was blocked.
const (
	shortLife   = 4 * time.Second
	warmLatency = 20 * time.Millisecond
)

// warm makes a cache with a new token.
func warm(p peer, window time.Duration) (*endpoint, source) {
	e := &endpoint{life: shortLife, latency: warmLatency}
	s := p.make(e, window)
	if err := s(context.Background()); err != nil {
		panic(err) // the endpoint is up
	}
	return e, s
}

// staleWindow makes 100 calls in a second while the token is good, due for a
// renewal, and the endpoint is in trouble. The numbers: calls blocked; errors;
// requests.
func staleWindow(trouble condition) scenario {
	return func(p peer) []float64 {
		const window = shortLife / 2
		e, s := warm(p, window)
		time.Sleep(window + 200*time.Millisecond)
		e.state.Store(trouble)
		before := e.requests.Load()
		callers := crowd(s, 100, 10*time.Millisecond)
		blocked := 0.0
		for _, c := range callers {
			if c.took > warmLatency/2 {
				blocked++
			}
		}
		return []float64{blocked, failures(callers), float64(e.requests.Load() - before)}
	}
}

const (
	outageLength = 4 * time.Second
	outageAfter  = 6 * time.Second // for which the calls go on
)

// outage takes the endpoint down 1.5 s before the token ends. A call is made
// every 10 ms until some time after it is up again. The numbers: requests in the
// outage; the longest call in milliseconds; milliseconds from the end of the
// outage to the first token.
func outage(p peer) []float64 {
	const tick = 10 * time.Millisecond
	e, s := warm(p, time.Second)
	time.Sleep(shortLife - 1500*time.Millisecond)
	e.state.Store(down)
	before := e.requests.Load()
	requests := make(chan int64, 1)
	time.AfterFunc(outageLength, func() {
		requests <- e.requests.Load() - before
		e.state.Store(up)
	})
	callers := crowd(s, int((outageLength+outageAfter)/tick), tick)
	back := outageAfter
	for _, c := range callers {
		if end := c.began + c.took - outageLength; c.err == nil && end > 0 {
			back = min(back, end)
		}
	}
	return []float64{float64(<-requests), ms(slowest(callers)), ms(back)}
}

// outageCells are the cells of outage.
func outageCells(numbers map[string][]float64) map[string]string {
	cells := same("%.0f req., %.0f ms, %.0f ms", numbers)
	for name, n := range numbers {
		if n[2] == ms(outageAfter) {
			cells[name] = fmt.Sprintf("%.0f req., %.0f ms, not within %v", n[0], n[1], outageAfter)
		}
	}
	return cells
}

// measureWarm measures callers who had a token before the trouble began.
func measureWarm(out *results) {
	const format = "%.0f blocked, %.0f errors, %.0f req."
	refused, failed := play(staleWindow(down)), play(staleWindow(failing))
	own := refused[ringcxName]
	outages := play(outage)
	out.rows = append(out.rows, row{
		what:  "token good but due for renewal, endpoint down, 100 calls in 1 s",
		reach: "0 blocked, 0 errors, ≤ 2 requests", met: own[0] == 0 && own[1] == 0 && own[2] <= 2,
		cells: same(format, refused),
	}, row{
		what:  "the same, where the endpoint answers 500",
		cells: same(format, failed),
	}, row{
		what:  "endpoint down for 4 s, and the token ends in it, a call every 10 ms: requests, longest call, first token after it",
		cells: outageCells(outages),
	})
	out.panels = append(out.panels,
		scenarioPanel("Token due for renewal, endpoint down, 100 calls in 1 s: requests", refused, 2))
}

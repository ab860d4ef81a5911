package main

import (
	"context"
	"math"
	"time"
)

// A token of the scenarios below lives 4 s, and the endpoint responds, or refuses
// the connection, after 20 ms. A call that takes longer than half of that was
// blocked.
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

// staleWindow makes 100 calls in a second while the token is valid, due for a
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

// outageAfter is for how long the calls go on after an outage.
const outageAfter = 6 * time.Second

// outageLength is how long the outage of a pass lasts: from 3 to 5 s, 4 s in the
// middle pass. A library that waits between its attempts recovers sooner or later
// depending on the length.
func outageLength(pass int) time.Duration {
	return 3*time.Second + 2*time.Second*time.Duration(pass)/(passes-1)
}

// outage takes the endpoint down 1.5 s before the token expires. A call is made
// every 10 ms until some time after it is up again. The numbers: requests in the
// outage; the longest call in milliseconds; milliseconds from the end of the
// outage to the first token, which are infinite if there is none.
func outage(length time.Duration) scenario {
	return func(p peer) []float64 {
		const tick = 10 * time.Millisecond
		e, s := warm(p, time.Second)
		time.Sleep(shortLife - 1500*time.Millisecond)
		e.state.Store(down)
		before := e.requests.Load()
		requests, end := make(chan int64, 1), make(chan time.Time, 1)
		start := time.Now()
		time.AfterFunc(length, func() {
			requests <- e.requests.Load() - before
			end <- time.Now()
			e.state.Store(up)
		})
		callers := crowd(s, int((length+outageAfter)/tick), tick)
		return []float64{float64(<-requests), ms(slowest(callers)), recovery(callers, (<-end).Sub(start))}
	}
}

// recovery is the time from the end of an outage to the first token after it, in
// milliseconds.
func recovery(callers []caller, end time.Duration) float64 {
	first := math.Inf(1)
	for _, c := range callers {
		if late := c.began + c.took - end; c.err == nil && late > 0 {
			first = min(first, ms(late))
		}
	}
	return first
}

// measureWarm measures callers that had a token before the trouble began.
func measureWarm(out *results, length time.Duration) {
	const format = "%.0f blocked, %.0f errors, %.0f req."
	refused, failed := play(staleWindow(down)), play(staleWindow(failing))
	outages := play(outage(length))
	during, after := map[string][]float64{}, map[string][]float64{}
	for name, n := range outages {
		during[name], after[name] = n[:2], n[2:]
	}
	out.rows = append(out.rows, row{
		what:  "token valid but due for renewal, endpoint down, 100 calls in 1 s",
		reach: "0 blocked, 0 errors, ≤ 2 requests",
		met:   func(own, _ cell) bool { return own.median(0) == 0 && own.median(1) == 0 && own.median(2) <= 2 },
		cells: sameFormat(format, refused),
	}, row{
		what:  "the same, endpoint returns 500",
		cells: sameFormat(format, failed),
	}, row{
		what:  "endpoint down for about 4 s, token expires meanwhile, a call every 10 ms: requests, longest call",
		cells: sameFormat("%.0f req., %.0f ms", during),
	}, row{
		what:  "from the end of that outage to the first token",
		reach: "≤ 2500 ms in every pass",
		met:   func(own, _ cell) bool { return own.figures[0].max() <= 2500 },
		cells: sameFormat("%.0f ms", after),
	})
	out.panels = append(out.panels,
		scenarioPanel("Token due for renewal, endpoint down, 100 calls in 1 s: requests", refused, 2))
}

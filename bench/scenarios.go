package main

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"
)

// scenario measures one library and returns the numbers. The comment of each scenario
// lists them.
type scenario func(l library) []float64

// play runs a scenario for all libraries concurrently. It returns the numbers by the name
// of the library.
func play(s scenario) map[string][]float64 {
	played := make([][]float64, len(libraries))
	var all sync.WaitGroup
	for i, l := range libraries {
		all.Go(func() { played[i] = s(l) })
	}
	all.Wait()
	numbers := map[string][]float64{}
	for i, l := range libraries {
		numbers[l.name] = played[i]
	}
	return numbers
}

// caller is the result of one call for a token.
type caller struct {
	began, took time.Duration // began is relative to the start of the crowd
	err         error
}

// crowd starts n calls and waits until all have returned. It starts one call each
// interval, even if earlier ones have not returned.
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

// failures returns the number of callers that got no token.
func failures(callers []caller) float64 {
	n := 0.0
	for _, c := range callers {
		if c.err != nil {
			n++
		}
	}
	return n
}

// slowest returns the time of the slowest call.
func slowest(callers []caller) (longest time.Duration) {
	for _, c := range callers {
		longest = max(longest, c.took)
	}
	return longest
}

// ms returns d in whole milliseconds.
func ms(d time.Duration) float64 { return math.Round(float64(d) / float64(time.Millisecond)) }

const (
	herdLatency = 50 * time.Millisecond
	herdSize    = 100
)

// herd starts 100 calls at once without a token, while the endpoint fails. The numbers
// are: requests; the slowest call in milliseconds.
func herd(l library) []float64 {
	e := &endpoint{life: time.Hour, latency: herdLatency}
	e.state.Store(failing)
	callers := crowd(l.make(e, time.Minute), herdSize, 0)
	return []float64{float64(e.requests.Load()), ms(slowest(callers))}
}

const (
	waitLatency = time.Second
	patience    = 50 * time.Millisecond
	patientSize = 10
)

// waiter makes one call with a deadline of 50 ms and 10 calls without a deadline. The
// endpoint responds after a second. If first is true, the call with the deadline starts
// 10 ms before the others, else 10 ms after them. The numbers are: the time of the call
// with the deadline in milliseconds; the number of the other calls that got a token; the
// slowest of them in milliseconds; requests.
func waiter(first bool) scenario {
	return func(l library) []float64 {
		e := &endpoint{life: time.Hour, latency: waitLatency}
		s := l.make(e, time.Minute)
		start := time.Now()
		var both sync.WaitGroup
		var hasty caller
		var patient []caller
		callWithDeadline := func() {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			hasty = call(ctx, s, start)
		}
		if first {
			both.Go(callWithDeadline)
			time.Sleep(patience / 5)
		}
		both.Go(func() { patient = crowd(s, patientSize, 0) })
		if !first {
			time.Sleep(patience / 5)
			both.Go(callWithDeadline)
		}
		both.Wait()
		return []float64{ms(hasty.took), patientSize - failures(patient), ms(slowest(patient)), float64(e.requests.Load())}
	}
}

// measureWithoutToken measures calls that must wait for a token.
func measureWithoutToken(out *results) {
	const format = "%.0f ms; %.0f in %.0f ms, %.0f req."
	herds, last, first := play(herd), play(waiter(false)), play(waiter(true))
	out.rows = append(out.rows, row{
		what:   fmt.Sprintf("%d callers without a token, endpoint returns 500 after %v: requests, slowest call", herdSize, herdLatency),
		target: "1 request, one latency",
		met:    func(own, _ cell) bool { return own.median(0) == 1 && own.median(1) < 1.5*ms(herdLatency) },
		cells:  sameFormat("%.0f, %.0f ms", herds),
	}, row{
		what: fmt.Sprintf("a call with a deadline of %v and %d without, response after %v: time of that call; tokens of the others, slowest; requests",
			patience, patientSize, waitLatency),
		target: "50 ms, the others unaffected", met: othersUnaffected,
		cells: sameFormat(format, last),
	}, row{
		what:   "the same, if that call starts first",
		target: "50 ms, the others unaffected", met: othersUnaffected,
		cells: sameFormat(format, first),
	})
	out.panels = append(out.panels, scenarioPanel("100 callers without a token, endpoint fails: requests", herds, 0))
}

// othersUnaffected reports whether a library meets the target of waiter.
func othersUnaffected(own, _ cell) bool {
	inTime := own.median(0) < 1.5*ms(patience)
	othersInTime := own.median(1) == patientSize && own.median(2) < 1.1*ms(waitLatency)
	return inTime && othersInTime && own.median(3) == 1
}

// scenarioPanel returns a panel of one of the numbers.
func scenarioPanel(title string, numbers map[string][]float64, index int) panel {
	p := panel{title: title}
	for _, name := range columns {
		p.bars = append(p.bars, bar{name, figure{numbers[name][index]}})
	}
	return p
}

// In the following scenarios a token is valid for 4 s. The endpoint responds, or rejects
// the connection, after 20 ms. A call that takes longer than half of that counts as
// blocked.
const (
	shortLife   = 4 * time.Second
	warmLatency = 20 * time.Millisecond
)

// warm returns a cache with a new token.
func warm(l library, window time.Duration) (*endpoint, source) {
	e := &endpoint{life: shortLife, latency: warmLatency}
	s := l.make(e, window)
	if err := s(context.Background()); err != nil {
		panic(err) // the endpoint is up
	}
	return e, s
}

// staleWindow makes 100 calls in a second while the token is valid but due for renewal,
// and the endpoint is failing or down. The numbers are: blocked calls; errors; requests.
func staleWindow(state condition) scenario {
	return func(l library) []float64 {
		const window = shortLife / 2
		e, s := warm(l, window)
		time.Sleep(window + 200*time.Millisecond)
		e.state.Store(state)
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

// outageAfter is the time for which calls continue after an outage.
const outageAfter = 6 * time.Second

// outageLength returns the length of the outage in a pass: 3 to 5 s, and 4 s in the
// middle pass. The recovery time of a library that waits between attempts depends on the
// length.
func outageLength(pass int) time.Duration {
	return 3*time.Second + 2*time.Second*time.Duration(pass)/(passes-1)
}

// outage takes the endpoint down 1.5 s before the token expires. It makes a call every
// 10 ms until outageAfter has passed since the end of the outage. The numbers are: requests
// during the outage; the slowest call in milliseconds; milliseconds from the end of the
// outage to the first token, or infinity if there is none.
func outage(length time.Duration) scenario {
	return func(l library) []float64 {
		const tick = 10 * time.Millisecond
		e, s := warm(l, time.Second)
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

// recovery returns the time from the end of an outage to the first token after it, in
// milliseconds. It returns infinity if there is none.
func recovery(callers []caller, end time.Duration) float64 {
	first := math.Inf(1)
	for _, c := range callers {
		if late := c.began + c.took - end; c.err == nil && late > 0 {
			first = min(first, ms(late))
		}
	}
	return first
}

// measureWithToken measures calls that had a token before the endpoint failed.
func measureWithToken(out *results, length time.Duration) {
	const format = "%.0f blocked, %.0f errors, %.0f req."
	rejected, failed := play(staleWindow(down)), play(staleWindow(failing))
	outages := play(outage(length))
	during, after := map[string][]float64{}, map[string][]float64{}
	for name, n := range outages {
		during[name], after[name] = n[:2], n[2:]
	}
	out.rows = append(out.rows, row{
		what:   "token valid but due for renewal, endpoint down, 100 calls in 1 s",
		target: "0 blocked, 0 errors, ≤ 2 requests",
		met: func(own, _ cell) bool {
			unaffected := own.median(0) == 0 && own.median(1) == 0
			return unaffected && own.median(2) <= 2
		},
		cells: sameFormat(format, rejected),
	}, row{
		what:  "the same, endpoint returns 500",
		cells: sameFormat(format, failed),
	}, row{
		what:  "endpoint down for about 4 s, token expires meanwhile, a call every 10 ms: requests, slowest call",
		cells: sameFormat("%.0f req., %.0f ms", during),
	}, row{
		what:   "from the end of that outage to the first token",
		target: "≤ 2500 ms in every pass",
		met:    func(own, _ cell) bool { return own.figures[0].max() <= 2500 },
		cells:  sameFormat("%.0f ms", after),
	})
	out.panels = append(out.panels,
		scenarioPanel("Token due for renewal, endpoint down, 100 calls in 1 s: requests", rejected, 2))
}

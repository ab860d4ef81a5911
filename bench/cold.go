package main

import (
	"context"
	"fmt"
	"sync"
	"time"
)

const (
	herdLatency = 50 * time.Millisecond
	herdSize    = 100
)

// herd has 100 callers ask at once while there is no token and the endpoint
// fails. The numbers: requests; milliseconds until the last is back.
func herd(p peer) []float64 {
	e := &endpoint{life: time.Hour, latency: herdLatency}
	e.state.Store(failing)
	callers := crowd(p.make(e, time.Minute), herdSize, 0)
	return []float64{float64(e.requests.Load()), ms(slowest(callers))}
}

const (
	waitLatency = time.Second
	patience    = 50 * time.Millisecond
	patientSize = 10
)

// waiter has one caller with a deadline of 50 ms among 10 without. The numbers:
// milliseconds until that one is back; how many of the others got a token;
// milliseconds until the last of them did; requests. The endpoint takes a second.
func waiter(leads bool) scenario {
	return func(p peer) []float64 {
		e := &endpoint{life: time.Hour, latency: waitLatency}
		s := p.make(e, time.Minute)
		start := time.Now()
		var both sync.WaitGroup
		var hasty caller
		var patient []caller
		ask := func() {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			hasty = call(ctx, s, start)
		}
		if leads {
			both.Go(ask)
			time.Sleep(patience / 5)
		}
		both.Go(func() { patient = crowd(s, patientSize, 0) })
		if !leads {
			time.Sleep(patience / 5)
			both.Go(ask)
		}
		both.Wait()
		return []float64{ms(hasty.took), patientSize - failures(patient), ms(slowest(patient)), float64(e.requests.Load())}
	}
}

// measureCold measures callers who have to wait.
func measureCold(out *results) {
	herds := play(herd)
	out.rows = append(out.rows, row{
		what:  fmt.Sprintf("%d callers, no token, an endpoint that fails after %v: requests, last caller back", herdSize, herdLatency),
		reach: "1 request, one latency",
		met:   herds[ringcxName][0] == 1 && herds[ringcxName][1] < 1.5*ms(herdLatency),
		cells: same("%.0f, %.0f ms", herds),
	})
	out.panels = append(out.panels, scenarioPanel("100 callers, no token, endpoint fails: requests", herds, 0))

	const format = "%.0f ms; %.0f in %.0f ms, %.0f req."
	joins, leads := play(waiter(false)), play(waiter(true))
	out.rows = append(out.rows, row{
		what:  fmt.Sprintf("a waiter with %v to spare, an answer takes %v: back after; of %d others served in, requests", patience, waitLatency, patientSize),
		reach: "50 ms, the others unharmed", met: unharmed(joins[ringcxName]),
		cells: same(format, joins),
	}, row{
		what:  "the same, where that waiter came first",
		reach: "50 ms, the others unharmed", met: unharmed(leads[ringcxName]),
		cells: same(format, leads),
	})
}

// unharmed judges the numbers of waiter.
func unharmed(n []float64) bool {
	return n[0] < 1.5*ms(patience) && n[1] == patientSize && n[2] < 1.1*ms(waitLatency) && n[3] == 1
}

func scenarioPanel(title string, numbers map[string][]float64, index int) panel {
	p := panel{title: title}
	for _, name := range columns {
		p.bars = append(p.bars, bar{name, numbers[name][index]})
	}
	return p
}

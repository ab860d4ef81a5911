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
	const format = "%.0f ms; %.0f in %.0f ms, %.0f req."
	herds, joins, leads := play(herd), play(waiter(false)), play(waiter(true))
	out.rows = append(out.rows, row{
		what:  fmt.Sprintf("%d callers, no token, an endpoint that returns 500 after %v: requests, last caller back", herdSize, herdLatency),
		reach: "1 request, one latency",
		met:   func(own, _ cell) bool { return own.median(0) == 1 && own.median(1) < 1.5*ms(herdLatency) },
		cells: sameFormat("%.0f, %.0f ms", herds),
	}, row{
		what: fmt.Sprintf("a waiter with a deadline of %v, a response takes %v: waiter back; of %d others, how many have a token, in; requests",
			patience, waitLatency, patientSize),
		reach: "50 ms, the others unaffected", met: othersUnaffected,
		cells: sameFormat(format, joins),
	}, row{
		what:  "the same, if that waiter came first",
		reach: "50 ms, the others unaffected", met: othersUnaffected,
		cells: sameFormat(format, leads),
	})
	out.panels = append(out.panels, scenarioPanel("100 callers, no token, endpoint fails: requests", herds, 0))
}

// othersUnaffected is the target of waiter.
func othersUnaffected(own, _ cell) bool {
	return own.median(0) < 1.5*ms(patience) && own.median(1) == patientSize && own.median(2) < 1.1*ms(waitLatency) && own.median(3) == 1
}

func scenarioPanel(title string, numbers map[string][]float64, index int) panel {
	p := panel{title: title}
	for _, name := range columns {
		p.bars = append(p.bars, bar{name, figure{numbers[name][index]}})
	}
	return p
}

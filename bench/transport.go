package main

import (
	"net/http"
	"time"

	"golang.org/x/oauth2"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// A loop takes about a millisecond in a round.
const (
	transportRounds = 200
	transportCalls  = 2000
)

// stub is a RoundTripper that sends nothing.
type stub struct{}

// RoundTrip returns an empty response with status 200.
func (stub) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: req}, nil
}

// request returns a request like those of the generated client: a GET with 5 headers.
func request() *http.Request {
	req, err := http.NewRequest(http.MethodGet, ringcx.DefaultBaseURL+"/voice/api/v1/admin/users", nil)
	if err != nil {
		panic(err) // the URL is valid
	}
	for _, name := range []string{"Accept", "Accept-Language", "User-Agent", "X-Request-Id", "Traceparent"} {
		req.Header.Set(name, "a value")
	}
	return req
}

// roundTrips returns a loop that sends a request with rt.
func roundTrips(rt http.RoundTripper) loop {
	req := request()
	return func(n int) {
		for range n {
			if _, err := rt.RoundTrip(req); err != nil {
				panic(err)
			}
		}
	}
}

// measureTransport measures how much time the bearer token adds to a request, on 1 CPU.
func measureTransport(out *results) {
	e := &endpoint{life: time.Hour}
	loops := []loop{
		roundTrips(stub{}),
		roundTrips(ringcxSource(e, time.Minute).Transport(stub{})),
		roundTrips(&oauth2.Transport{Source: oauth2Source(e, time.Minute), Base: stub{}}),
	}
	t := takeTurns(1, transportRounds, transportCalls, loops...)
	own, other := t[1].above(t[0]), t[2].above(t[0])
	share := own.ratio(other)
	allocs, bytes := [3]float64{}, [3]float64{}
	for i, l := range loops {
		allocs[i], bytes[i] = allocated(l)
	}
	out.rows = append(out.rows, row{
		what: "Transport on a request with 5 headers: time added", target: "≤ 0.65 × x/oauth2",
		met:       func(own, _ cell) bool { return own.median(1) <= 0.65 },
		reference: newCell("stub: %.1f ns", median(t[0])),
		cells: map[string]cell{
			ringcxName: newCell("+%.0f ns, %.2f ×", median(own), share),
			oauth2Name: newCell("+%.0f ns, 1 ×", median(other)),
		},
	}, row{
		what: "the same: allocations added", target: "≤ +4, +800 B",
		met:       func(own, _ cell) bool { return own.median(0) <= 4 && own.median(1) <= 800 },
		reference: newCell("stub: %.0f, %.0f B", allocs[0], bytes[0]),
		cells: map[string]cell{
			ringcxName: newCell("+%.0f, +%.0f B", allocs[1]-allocs[0], bytes[1]-bytes[0]),
			oauth2Name: newCell("+%.0f, +%.0f B", allocs[2]-allocs[0], bytes[2]-bytes[0]),
		},
	})
	out.panels = append(out.panels, panel{title: "Transport: ns added to a request",
		bars: []bar{{ringcxName, figure{median(own)}}, {oauth2Name, figure{median(other)}}}})
}

package main

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"strings"
	"testing"

	"github.com/ringcx-go/ringcx-go/gen"
)

func TestTimings(t *testing.T) {
	base, own := timing{1, 10, 2}, timing{2, 30, 4}
	if got := own.ratio(base); got != 2 {
		t.Errorf("ratio = %v, want 2", got)
	}
	if got := median(own.above(base)); got != 2 {
		t.Errorf("above = %v, want 2", got)
	}
	turns := []int{}
	takeTurns(1, 2, 7, func(n int) { turns = append(turns, n) }, func(int) { turns = append(turns, 0) })
	if len(turns) != 4 || turns[0] != 7 || turns[1] != 0 || turns[2] != 7 {
		t.Errorf("turns are %v", turns)
	}
}

func TestParseFastPath(t *testing.T) {
	const output = "cpu: X\nBenchmarkFastPath  \t 300\t 0 engine-allocs\t 56.5 engine-ns\t 54.5 floor-ns\t 1.03 ratio\n" +
		"BenchmarkFastPath-2\t 300\t 0 engine-allocs\t 28.5 engine-ns\t 27.5 floor-ns\t 1.04 ratio\nPASS\n"
	got, err := parseFastPath(output)
	if err != nil || got[1] != (fastPath{54.5, 56.5, 1.03, 0}) || got[2] != (fastPath{27.5, 28.5, 1.04, 0}) {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := parseFastPath("PASS\n"); err == nil {
		t.Error("no error without a benchmark")
	}
}

func TestUsers(t *testing.T) {
	for _, n := range []int{0, 1, 2, 1000} {
		data, err := io.ReadAll(&users{n: n})
		if err != nil {
			t.Fatal(err)
		}
		var list []gen.User
		if err := json.Unmarshal(data, &list); err != nil || len(list) != n {
			t.Errorf("%d users, %v, want %d", len(list), err, n)
		}
		for name := range readings {
			readingLoop(name)(n) // panics where the number is another
		}
	}
	if allocs := testing.AllocsPerRun(1, func() { _, _ = io.Copy(io.Discard, &users{n: 1000}) }); allocs > 5 {
		t.Errorf("making 1000 users allocates %.0f times", allocs)
	}
}

// TestReport checks that what is written is well formed.
func TestReport(t *testing.T) {
	out := &results{
		rows: []row{
			{what: "good", reach: "≤ 1", met: atMostOne, cells: map[string]cell{ringcxName: newCell("%.0f", 1)}},
			{what: "bad", reach: "≤ 1", met: atMostOne, cells: map[string]cell{ringcxName: newCell("%.0f", 2)}},
			{what: "no target", cells: map[string]cell{awsName: newCell("%.0f", 3)}},
		},
		panels: []panel{
			{"a < b", []bar{{ringcxName, figure{1.5, 1, 2}}, {awsName, figure{0}}}},
			{"nothing", []bar{{ringcxName, figure{0, 0}}}},
		},
	}
	text, err := report(out)
	if err != nil || !strings.Contains(string(text), "\n- bad\n") || strings.Contains(string(text), "- good") {
		t.Errorf("report, %v:\n%s", err, text)
	}
	if err := xml.Unmarshal(chart(out.panels), new(any)); err != nil {
		t.Errorf("chart: %v", err)
	}
}

// TestPeers has every peer get a token, from the cache the second time.
func TestPeers(t *testing.T) {
	for _, p := range peers {
		e, s := warm(p, shortLife/4)
		if err := s(t.Context()); err != nil || e.requests.Load() != 1 {
			t.Errorf("%s: %d requests, %v", p.name, e.requests.Load(), err)
		}
		for _, trouble := range []condition{failing, down} {
			e := &endpoint{life: shortLife}
			e.state.Store(trouble)
			if err := p.make(e, shortLife/4)(t.Context()); err == nil {
				t.Errorf("%s: no error from an endpoint in trouble", p.name)
			}
		}
	}
	for _, name := range []string{ringcxName, oauth2Name} { // wrapped, it races
		if err := twoClients(name); err != nil {
			t.Errorf("two clients of %s: %v", name, err)
		}
	}
}

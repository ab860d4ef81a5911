package main

import (
	"encoding/xml"
	"fmt"
	"math"
	"strings"
	"testing"
)

func atMostOne(own, _ cell) bool { return own.median(0) <= 1 }

func TestMedian(t *testing.T) {
	for _, tt := range []struct {
		values []float64
		want   float64
	}{{[]float64{3}, 3}, {[]float64{9, 1, 2}, 2}, {[]float64{4, 1, 2, 100}, 3}} {
		if got := median(tt.values); got != tt.want {
			t.Errorf("median(%v) = %v, want %v", tt.values, got, tt.want)
		}
	}
}

func TestFigure(t *testing.T) {
	inf := math.Inf(1)
	for _, tt := range []struct {
		values figure
		want   string
	}{
		{figure{3}, "3.0"},
		{figure{3, 3.01, 2.99}, "3.0"}, // all values print the same
		{figure{9, 1, 2}, "2.0 (1.0–9.0)"},
		{figure{1, 1, 2}, "1.0 (1.0–2.0)"},
		{figure{0.5, inf, 1}, "1.0 (0.5–∞)"},
		{figure{inf, inf}, "∞"},
	} {
		if got := fmt.Sprintf("%.1f", tt.values); got != tt.want {
			t.Errorf("%v: %q, want %q", []float64(tt.values), got, tt.want)
		}
	}
}

// TestPasses adds three passes, one of which is an outlier.
func TestPasses(t *testing.T) {
	out := &results{}
	for _, v := range []float64{1, 7, 0.5} {
		out.add(&results{
			rows: []row{
				{what: "a", target: "≤ 1", met: atMostOne, reference: newCell("floor: %.0f", 2*v), cells: map[string]cell{
					ringcxName: newCell("%.1f ns, %.0f ×", v, 3), awsName: newCell("%.0f", 2),
				}},
				{what: "b", cells: map[string]cell{ringcxName: newCell("%d passes", math.Floor(v/7))}},
			},
			panels: []panel{{"p", []bar{{ringcxName, figure{v}}, {awsName, figure{2}}}}},
		})
	}
	a, b := strings.Join(out.rows[0].fields(), " | "), strings.Join(out.rows[1].fields(), " | ")
	if want := "a | ≤ 1 | yes | floor: 2 (1–14) | 1.0 (0.5–7.0) ns, 3 × |  |  | 2"; a != want {
		t.Errorf("got  %s\nwant %s", a, want)
	}
	if want := "b |  |  |  | 1 of 3 passes |  |  | "; b != want {
		t.Errorf("got  %s\nwant %s", b, want)
	}
	if got := fmt.Sprint(out.panels); got != "[{p [{ringcx [1 7 0.5]} {aws [2 2 2]}]}]" {
		t.Errorf("panels: %s", got)
	}
}

// TestReport checks that the report lists missed targets and the chart is valid XML.
func TestReport(t *testing.T) {
	out := &results{
		rows: []row{
			{what: "met", target: "≤ 1", met: atMostOne, cells: map[string]cell{ringcxName: newCell("%.0f", 1)}},
			{what: "missed", target: "≤ 1", met: atMostOne, cells: map[string]cell{ringcxName: newCell("%.0f", 2)}},
			{what: "no target", cells: map[string]cell{awsName: newCell("%.0f", 3)}},
		},
		panels: []panel{
			{"a < b", []bar{{ringcxName, figure{1.5, 1, 2}}, {awsName, figure{0}}}},
			{"nothing", []bar{{ringcxName, figure{0, 0}}}},
		},
	}
	text, err := report(out)
	if err != nil || !strings.Contains(string(text), "\n- missed\n") || strings.Contains(string(text), "- met") {
		t.Errorf("error %v, report:\n%s", err, text)
	}
	if err := xml.Unmarshal(chart(out.panels), new(any)); err != nil {
		t.Errorf("chart: %v", err)
	}
}

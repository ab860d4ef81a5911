package main

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
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
		{figure{3, 3.01, 2.99}, "3.0"}, // the spread is not visible
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

// TestPasses adds three passes, of which one is an outlier.
func TestPasses(t *testing.T) {
	out := &results{}
	for _, v := range []float64{1, 7, 0.5} {
		out.add(&results{
			rows: []row{
				{what: "a", reach: "≤ 1", met: atMostOne, yard: newCell("floor: %.0f", 2*v), cells: map[string]cell{
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

func TestRecovery(t *testing.T) {
	at := func(began, took time.Duration, err error) caller {
		return caller{began * time.Millisecond, took * time.Millisecond, err}
	}
	failed := errors.New("no token")
	callers := []caller{at(10, 1, nil), at(90, 20, failed), at(120, 30, nil), at(130, 5, nil), at(160, 1, nil)}
	if got := recovery(callers, 100*time.Millisecond); got != 35 {
		t.Errorf("recovery after %v ms, want 35", got)
	}
	if got := recovery(callers[:2], 100*time.Millisecond); !math.IsInf(got, 1) {
		t.Errorf("recovery without a token after %v ms, want infinity", got)
	}
}

func TestOutageLength(t *testing.T) {
	if first, middle, last := outageLength(0), outageLength(passes/2), outageLength(passes-1); first != 3*time.Second ||
		middle != 4*time.Second || last != 5*time.Second {
		t.Errorf("outages of %v, %v, %v, want 3s, 4s, 5s", first, middle, last)
	}
	if passes < 3 {
		t.Errorf("%d passes, want at least 3", passes)
	}
}

package main

import (
	"bytes"
	"fmt"
	"html"
	"math"
	"slices"
	"strconv"
	"strings"
)

// panel is a group of bars with one title and one scale.
type panel struct {
	title string
	bars  []bar
}

// bar is a bar whose length is the median of its value.
type bar struct {
	name  string
	value figure
}

// The dimensions of the chart, in pixels.
const (
	chartWidth = 640
	labelWidth = 130
	barHeight  = 14
	lineHeight = 19
	panelSpace = 44
	valueWidth = 60
)

// chart draws the panels below each other and returns the SVG. Each panel has its own
// scale.
func chart(panels []panel) []byte {
	var b bytes.Buffer
	y := 0
	for _, p := range panels {
		y += 30
		fmt.Fprintf(&b, `<text x="10" y="%d" font-weight="bold">%s</text>`+"\n", y, html.EscapeString(p.title))
		longest := 0.0
		for _, bar := range p.bars {
			longest = max(longest, bar.value.max())
		}
		for i, bar := range p.bars {
			drawBar(&b, bar, y+10+i*lineHeight, longest)
		}
		y += panelSpace - 30 + len(p.bars)*lineHeight
	}
	return fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="12">`+"\n"+
		`<rect width="100%%" height="100%%" fill="white"/>`+"\n%s</svg>\n", chartWidth, y+10, b.Bytes())
}

// drawBar draws the bar, a thin line from the minimum to the maximum, and the median as
// text.
func drawBar(b *bytes.Buffer, bar bar, y int, longest float64) {
	x := func(v float64) float64 {
		if longest == 0 {
			return labelWidth
		}
		return labelWidth + v/longest*(chartWidth-labelWidth-valueWidth)
	}
	color := "#9aa7b5"
	if isOwn(bar.name) {
		color = "#0a6ebd"
	}
	minimum, middle, maximum := x(slices.Min(bar.value)), x(bar.value.median()), x(bar.value.max())
	fmt.Fprintf(b, `<text x="10" y="%d">%s</text>`, y+11, html.EscapeString(bar.name))
	fmt.Fprintf(b, `<rect x="%d" y="%d" width="%.1f" height="%d" fill="%s"/>`, labelWidth, y, max(middle-labelWidth, 1), barHeight, color)
	fmt.Fprintf(b, `<path d="M%.1f %dH%.1f" stroke="black"/>`, minimum, y+barHeight/2, maximum)
	fmt.Fprintf(b, `<text x="%.1f" y="%d">%s</text>`+"\n", maximum+6, y+11, short(bar.value.median()))
}

// isOwn reports whether a bar shows a result of ringcx.
func isOwn(name string) bool { return strings.HasPrefix(name, ringcxName) || name == "Stream" }

// short formats a number with one decimal if it is below 100 and not an integer.
func short(v float64) string {
	if v < 100 && v != math.Trunc(v) {
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 0, 64)
}

package main

import (
	"bytes"
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"
)

// panel is a group of bars of one measure.
type panel struct {
	title string
	bars  []bar
}

type bar struct {
	name  string
	value float64
}

// The measures of the chart, in pixels.
const (
	chartWidth = 640
	labelWidth = 130
	barHeight  = 14
	lineHeight = 19
	panelSpace = 44
	valueWidth = 60
)

// chart draws the panels beneath each other, as SVG. The bars of a panel are to
// scale, the panels are not.
func chart(panels []panel) []byte {
	var b bytes.Buffer
	y := 0
	for _, p := range panels {
		y += 30
		fmt.Fprintf(&b, `<text x="10" y="%d" font-weight="bold">%s</text>`+"\n", y, html.EscapeString(p.title))
		longest := 0.0
		for _, bar := range p.bars {
			longest = max(longest, bar.value)
		}
		for i, bar := range p.bars {
			drawBar(&b, bar, y+10+i*lineHeight, longest)
		}
		y += panelSpace - 30 + len(p.bars)*lineHeight
	}
	return fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="12">`+"\n"+
		`<rect width="100%%" height="100%%" fill="white"/>`+"\n%s</svg>\n", chartWidth, y+10, b.Bytes())
}

func drawBar(b *bytes.Buffer, bar bar, y int, longest float64) {
	width := 0.0
	if longest > 0 {
		width = bar.value / longest * (chartWidth - labelWidth - valueWidth)
	}
	color := "#9aa7b5"
	if isOwn(bar.name) {
		color = "#0a6ebd"
	}
	fmt.Fprintf(b, `<text x="10" y="%d">%s</text>`, y+11, html.EscapeString(bar.name))
	fmt.Fprintf(b, `<rect x="%d" y="%d" width="%.1f" height="%d" fill="%s"/>`, labelWidth, y, max(width, 1), barHeight, color)
	fmt.Fprintf(b, `<text x="%.1f" y="%d">%s</text>`+"\n", labelWidth+width+6, y+11, short(bar.value))
}

// isOwn reports whether a bar is of this library.
func isOwn(name string) bool { return strings.HasPrefix(name, ringcxName) || name == "Stream" }

// short is a number of three digits or so.
func short(v float64) string {
	if v < 100 && v != math.Trunc(v) {
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 0, 64)
}

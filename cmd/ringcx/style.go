package main

import (
	"io"
	"os"
	"runtime"
)

// style colours text, or leaves it alone.
type style bool

// newStyle decides whether what is written to w may have colours: only on a
// terminal, and not against NO_COLOR (https://no-color.org).
func newStyle(w io.Writer) style {
	file, ok := w.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	if runtime.GOOS == "windows" && os.Getenv("WT_SESSION") == "" {
		return false // the older console shows the codes as they are
	}
	info, err := file.Stat()
	return style(err == nil && info.Mode()&os.ModeCharDevice != 0)
}

func (s style) bold(text string) string  { return s.code("1", text) }
func (s style) faint(text string) string { return s.code("2", text) }
func (s style) green(text string) string { return s.code("32", text) }
func (s style) red(text string) string   { return s.code("31", text) }

func (s style) code(code, text string) string {
	if !s {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

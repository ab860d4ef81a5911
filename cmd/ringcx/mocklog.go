package main

import (
	"fmt"
	"io"
	"log"
	"strings"

	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// requestLog returns a function that prints a line for each request, or only for those with
// a warning.
func requestLog(w io.Writer, all bool) func(ringcxtest.LogEntry) {
	lines := log.New(w, "", 0) // for concurrent requests
	return func(e ringcxtest.LogEntry) {
		if all || e.Warning != "" {
			lines.Print(logLine(e))
		}
	}
}

// logLine returns the text of a request: what was sent, the response, and the fault or the
// warning. Secrets are already masked.
func logLine(e ringcxtest.LogEntry) string {
	status := "connection cut"
	if e.Status != 0 {
		status = fmt.Sprintf("%d, %d bytes", e.Status, e.Size)
	}
	line := fmt.Sprintf("%s %s %s: %s in %s", e.Time.Format("15:04:05.000"), e.Method, readable(e.URL), status, milliseconds(e.Took))
	for _, part := range [][2]string{
		{"authorization", e.Authorization}, {"form", readable(e.Form.Encode())},
		{"fault", e.Fault}, {"warning", e.Warning},
	} {
		if part[1] != "" {
			line += "; " + part[0] + ": " + part[1]
		}
	}
	return replaceUnprintable(line)
}

// readable returns an encoded URL or form in which the dots of masked secrets are not
// encoded.
func readable(encoded string) string { return strings.ReplaceAll(encoded, "%E2%80%A6", "…") }

package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// The exit statuses.
const (
	exitOK     = 0
	exitFailed = 1 // something was refused, or failed
	exitUsage  = 2 // the command line or the environment cannot work; nothing was sent
)

var errInterrupted = errors.New("interrupted")

// usageError is an error of the command line or of the environment, found
// before anything was sent.
type usageError struct{ cause error }

func usagef(format string, args ...any) error {
	return &usageError{cause: fmt.Errorf(format, args...)}
}

// Error returns the text of the cause.
func (e *usageError) Error() string { return e.cause.Error() }

// Unwrap returns the cause.
func (e *usageError) Unwrap() error { return e.cause }

func exitCode(err error) int {
	if _, ok := errors.AsType[*usageError](err); ok {
		return exitUsage
	}
	return exitFailed
}

// report writes err, each line of it as an error of its own. Every error of a
// command is written here, and may quote a server or an argument.
func report(w io.Writer, err error) {
	if e, ok := errors.AsType[*ringcx.Error](err); ok && !isForNow(e) {
		e.RetryAfter = 0
	}
	for line := range strings.Lines(printable(err.Error())) {
		if line = strings.TrimPrefix(strings.TrimSpace(line), "ringcx: "); line != "" {
			fmt.Fprintln(w, "ringcx: "+line)
		}
	}
}

// isForNow reports whether waiting helps against e. Other refusals have a
// RetryAfter too: the time that a client, which lives on, waits before it tries
// again.
func isForNow(e *ringcx.Error) bool {
	return e.StatusCode == http.StatusTooManyRequests || e.StatusCode >= http.StatusInternalServerError
}

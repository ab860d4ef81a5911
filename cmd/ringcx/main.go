// Command ringcx talks to RingCX from a terminal. "ringcx demo" shows the whole
// sign-in without an account, "ringcx doctor" says why a sign-in fails, and
// "ringcx mock" is a RingCX for the tests of programs in any language. See
// "ringcx --help".
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// repeats is how long further signals are taken for the first one: a terminal
// and a wrapper such as make often both pass it on.
const repeats = time.Second

// run runs one command line and returns the exit status. An interrupt cancels
// the command's context, and a later one ends the program at once.
func run(args []string, in io.Reader, out, errs io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, func() { time.AfterFunc(repeats, stop) })

	root := newRoot()
	started := false // what is wrong before a command starts is wrong usage
	root.PersistentPreRun = func(*cobra.Command, []string) { started = true }
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errs)

	cmd, err := root.ExecuteContextC(ctx)
	switch {
	case err == nil:
		return exitOK
	case !started:
		err = usagef("%w (see '%s --help')", err, cmd.CommandPath())
	case ctx.Err() != nil:
		err = errInterrupted
	}
	report(errs, err)
	return exitCode(err)
}

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

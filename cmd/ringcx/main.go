// Command ringcx calls RingCX from a terminal. "ringcx demo" shows a complete
// sign-in without an account, "ringcx doctor" finds out why a sign-in fails, and
// "ringcx mock" serves a fake RingCX for the tests of programs in any language.
// See "ringcx --help".
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

// The exit statuses.
const (
	exitOK     = 0
	exitFailed = 1 // the command failed, for example because a server rejected a request
	exitUsage  = 2 // the command line or the environment is invalid; nothing was sent
)

var errInterrupted = errors.New("interrupted")

// signalWindow is how long further signals are ignored after the first one. A
// terminal and a wrapper such as make often both deliver the same signal.
const signalWindow = time.Second

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// run runs one command line and returns the exit status. The first signal cancels
// the context of the command. A signal after signalWindow ends the process at once.
func run(args []string, in io.Reader, out, errs io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, func() { time.AfterFunc(signalWindow, stop) })

	root := newRoot()
	started := false // an error before a command starts is a usage error
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

// usageError is an error in the command line or the environment that was found
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

// report writes err to w, each line with the prefix "ringcx: ". All errors of
// commands are written here. Control characters are escaped, because the text may
// contain parts of a response or of an argument.
func report(w io.Writer, err error) {
	if e, ok := errors.AsType[*ringcx.Error](err); ok && !isTemporary(e) {
		e.RetryAfter = 0
	}
	for line := range strings.Lines(printable(err.Error())) {
		if line = strings.TrimPrefix(strings.TrimSpace(line), "ringcx: "); line != "" {
			fmt.Fprintln(w, "ringcx: "+line)
		}
	}
}

// isTemporary reports whether the same command may succeed after e.RetryAfter. For
// other errors, RetryAfter is the time after which a long-running client sends the
// request again; it is of no use to the user of a command.
func isTemporary(e *ringcx.Error) bool {
	return e.StatusCode == http.StatusTooManyRequests || e.StatusCode >= http.StatusInternalServerError
}

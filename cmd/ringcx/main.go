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
	exitOK          = 0
	exitFailed      = 1   // the command failed, for example because a server rejected a request
	exitUsage       = 2   // the command line or the environment is invalid; nothing was sent
	exitInterrupted = 130 // SIGINT stopped the command, as in shells: 128 plus the number of the signal
	exitTerminated  = 143 // SIGTERM stopped the command
)

// stopTimeout is how long a command may take to stop after a signal, for example to
// store its session. After that time the process exits anyway. It is longer than
// shutdownTimeout, so that the mock exits with status 0.
const stopTimeout = time.Second

// interruption is the error of a command that a signal stopped.
type interruption struct{ status int }

// Error implements error.
func (i *interruption) Error() string { return "interrupted" }

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// run runs one command line and returns the exit status. A signal cancels the context
// of the command; run then waits for the command at most for stopTimeout. Further
// signals are ignored, because a terminal and a wrapper such as make often both deliver
// the same signal.
func run(args []string, in io.Reader, out, errs io.Writer) int {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	defer waitForPager()

	ctx, stop := context.WithCancelCause(context.Background())
	defer stop(nil)
	done := make(chan error, 1)
	go func() { done <- execute(ctx, args, in, out, errs) }()
	var err error
	select {
	case err = <-done:
	case s := <-signals:
		cause := &interruption{exitInterrupted}
		if s == syscall.SIGTERM {
			cause.status = exitTerminated
		}
		stop(cause)
		select {
		case err = <-done:
		case <-time.After(stopTimeout):
			err = cause
		}
	}
	if err != nil {
		report(errs, err)
	}
	return exitCode(err)
}

// execute runs one command line. After an interruption, its error is the cause of ctx.
func execute(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) error {
	root := newRoot()
	started := false // an error before a command starts is a usage error
	root.PersistentPreRun = func(*cobra.Command, []string) { started = true }
	root.SetArgs(args)
	root.SetIn(&cancelableReader{ctx, in})
	root.SetOut(out)
	root.SetErr(errs)
	cmd, err := root.ExecuteContextC(ctx)
	switch {
	case err == nil:
		return nil
	case !started:
		return usagef("%w (see '%s --help')", err, cmd.CommandPath())
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return err
}

// cancelableReader reads from in until ctx is done. A Read that has not returned by
// then continues in its own goroutine, because the standard input cannot be canceled.
type cancelableReader struct {
	ctx context.Context
	in  io.Reader
}

// Read implements io.Reader. It returns the error of ctx as soon as ctx is done.
func (r *cancelableReader) Read(p []byte) (int, error) {
	type result struct {
		n   int
		err error
	}
	buf, done := make([]byte, len(p)), make(chan result, 1)
	go func() {
		n, err := r.in.Read(buf)
		done <- result{n, err}
	}()
	select {
	case got := <-done:
		return copy(p, buf[:got.n]), got.err
	case <-r.ctx.Done():
		return 0, r.ctx.Err()
	}
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
	if err == nil {
		return exitOK
	}
	if i, ok := errors.AsType[*interruption](err); ok {
		return i.status
	}
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
	for line := range strings.Lines(printable(explain(err))) {
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

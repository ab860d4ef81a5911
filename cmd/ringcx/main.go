// Command ringcx talks to RingCX from a terminal. "ringcx demo" shows the whole
// sign-in without an account, "ringcx doctor" says why a sign-in fails, and
// "ringcx mock" is a RingCX for the tests of programs in any language. See
// "ringcx --help".
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
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

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
)

// pagerRuns is locked while a pager runs.
var pagerRuns sync.Mutex

// waitForPager waits until the pager exits, if one runs. The process must not exit before
// it: the shell would take the terminal from the pager.
func waitForPager() {
	pagerRuns.Lock()
	defer pagerRuns.Unlock()
}

// pagerCommand returns the command line of the pager: RINGCX_PAGER, also if it is
// empty, or PAGER. It is "" if the user wants no pager.
func pagerCommand() string {
	command, ok := os.LookupEnv("RINGCX_PAGER")
	if !ok {
		command = os.Getenv("PAGER")
	}
	if command = strings.TrimSpace(command); command == "cat" {
		return ""
	}
	return command
}

// withPager calls print with a writer. If out is a terminal and the user has a pager,
// the writer is the pager's input, and withPager waits until the pager exits. If the
// pager exits before print has written everything, that is not an error.
func withPager(ctx context.Context, out, errs io.Writer, print func(io.Writer) error) error {
	command := pagerCommand()
	if command == "" || !isTerminal(out) {
		return print(out)
	}
	pagerRuns.Lock()
	defer pagerRuns.Unlock()
	pager := newPager(command, out, errs)
	input, err := pager.StdinPipe()
	if err == nil {
		err = pager.Start()
	}
	if err != nil {
		fmt.Fprintf(errs, "ringcx: the pager %s cannot be started: %v\n", printable(command), err)
		return print(out)
	}
	err = print(input)
	input.Close()
	_ = pager.Wait() // its exit status says nothing about the output
	if ctx.Err() == nil && isClosedPipe(err) {
		return nil
	}
	return err
}

// isClosedPipe reports whether err says that the pager has exited.
func isClosedPipe(err error) bool {
	const windowsNoData = syscall.Errno(232) // ERROR_NO_DATA: the pipe is being closed
	return errors.Is(err, syscall.EPIPE) || runtime.GOOS == "windows" && errors.Is(err, windowsNoData)
}

// newPager returns the command of the pager. A command line with quotes or other
// characters of the shell is run by the shell. The defaults of the environment are those
// of git and gh: less exits if the text fits on one screen (F), shows colors (R) and does
// not clear the screen (X).
func newPager(command string, out, errs io.Writer) *exec.Cmd {
	words := strings.Fields(command)
	if strings.ContainsAny(command, "|&;<>()$`\\\"'*?[#~=%") && runtime.GOOS != "windows" {
		words = []string{"/bin/sh", "-c", command}
	}
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Stdout, cmd.Stderr, cmd.Env = out, errs, os.Environ()
	for _, v := range [][2]string{{"LESS", "FRX"}, {"LV", "-c"}} {
		if _, set := os.LookupEnv(v[0]); !set {
			cmd.Env = append(cmd.Env, v[0]+"="+v[1])
		}
	}
	return cmd
}

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes this test binary act as the program "ringcx" in the scripts and in
// exec.Command.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"ringcx": main})
}

// TestScripts runs the scripts in testdata/script. They use these commands in addition
// to those of testscript:
//
//	exits STATUS PROGRAM ARGS…          run a program, which must exit with STATUS
//	mock ARGS…                          start "ringcx mock" and set the variables that it prints
//	endmock SIGNALS…                    send signals to the mock, which must exit with status 0
//	control METHOD PATH STATUS [BODY]   send a request to the mock and print the response
//	await NAME COUNT                    wait until the count NAME of the mock is COUNT
//	mockerr REGEXP                      wait until standard error of the mock matches REGEXP,
//	                                    or, after !, check that it does not match
func TestScripts(t *testing.T) {
	p := scriptParams()
	p.Dir = "testdata/script"
	testscript.Run(t, p)
}

// scriptParams returns the parameters of all scripts, without the scripts.
func scriptParams() testscript.Params {
	return testscript.Params{
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": scriptExits, "mock": scriptMock, "endmock": scriptEndMock, "control": scriptControl, "await": scriptAwait,
			"mockerr": scriptMockErr,
		},
		Setup: func(env *testscript.Env) error {
			env.Values[mockKey{}] = new(mockProcess)
			env.Vars = append(env.Vars, quickExit, "HOME="+env.WorkDir, "XDG_CACHE_HOME="+env.WorkDir+"/cache")
			return nil
		},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	}
}

func scriptExits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("%s exited with status %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

type mockKey struct{}

func scriptMock(ts *testscript.TestScript, _ bool, args []string) {
	p := ts.Value(mockKey{}).(*mockProcess)
	if err := p.start(args...); err != nil {
		ts.Fatalf("mock: %v", err)
	}
	ts.Defer(p.kill)
	for _, v := range p.env {
		name, value, _ := strings.Cut(v, "=")
		ts.Setenv(name, value)
	}
	ts.Setenv("MOCK_ADDR", strings.TrimPrefix(p.url, "http://"))
}

func scriptEndMock(ts *testscript.TestScript, _ bool, args []string) {
	signals := map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM}
	var send []os.Signal
	for _, name := range args {
		send = append(send, signals[name])
	}
	if err := ts.Value(mockKey{}).(*mockProcess).end(send...); err != nil {
		ts.Fatalf("endmock: %v", err)
	}
}

func scriptControl(ts *testscript.TestScript, _ bool, args []string) {
	p := ts.Value(mockKey{}).(*mockProcess)
	body := strings.Join(args[3:], " ")
	req, err := http.NewRequest(args[0], p.url+args[1], strings.NewReader(body))
	ts.Check(err)
	resp, err := http.DefaultClient.Do(req)
	ts.Check(err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	ts.Check(err)
	_, err = ts.Stdout().Write(text)
	ts.Check(err)
	if want := args[2]; strconv.Itoa(resp.StatusCode) != want {
		ts.Fatalf("%s %s: status %d, want %s: %s", args[0], args[1], resp.StatusCode, want, text)
	}
}

func scriptAwait(ts *testscript.TestScript, _ bool, args []string) {
	p := ts.Value(mockKey{}).(*mockProcess)
	for {
		resp, err := http.Get(p.url + "/_control/counts")
		ts.Check(err)
		var counts map[string]any
		err = json.NewDecoder(resp.Body).Decode(&counts)
		resp.Body.Close()
		ts.Check(err)
		if fmt.Sprint(counts[args[0]]) == args[1] {
			return
		}
	}
}

func scriptMockErr(ts *testscript.TestScript, neg bool, args []string) {
	p := ts.Value(mockKey{}).(*mockProcess)
	pattern, err := regexp.Compile("(?m)" + args[0])
	ts.Check(err)
	if !neg {
		ts.Check(p.awaitError(pattern))
	} else if pattern.MatchString(p.errs.String()) {
		ts.Fatalf("standard error of the mock matches %q:\n%s", pattern, p.errs.String())
	}
}

// quickExit makes the race detector not wait for a second at the end of each process.
const quickExit = "GORACE=atexit_sleep_ms=0"

// command returns the command that runs ringcx in a process of its own with env.
func command(env []string, args ...string) *exec.Cmd {
	cmd := exec.Command("ringcx", args...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), quickExit}, env...)
	return cmd
}

// needSignals skips the test if the system cannot send signals to processes.
func needSignals(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no signals between processes")
	}
}

// output runs the command line in a process of its own and returns its output.
func output(t *testing.T, args ...string) string {
	t.Helper()
	cmd := command(nil, args...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil || errs.Len() > 0 {
		t.Fatalf("ringcx %s: %v: %s", strings.Join(args, " "), err, &errs)
	}
	return string(out)
}

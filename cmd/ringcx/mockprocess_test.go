package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// mockProcess runs "ringcx mock" in a process of its own.
type mockProcess struct {
	cmd  *exec.Cmd
	out  *bufio.Reader
	errs bytes.Buffer
	env  []string // the variables that the process printed: name=value
	url  string
}

// start starts the process and waits until it has printed its variables.
func (p *mockProcess) start(args ...string) error {
	*p = mockProcess{}
	p.cmd = command(nil, append([]string{"mock"}, args...)...)
	p.cmd.Stderr = &p.errs
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	p.out = bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		return err
	}
	for len(p.env) < 5 {
		line, err := p.out.ReadString('\n')
		if err != nil {
			return fmt.Errorf("the process exited: %w: %s", p.cmd.Wait(), &p.errs)
		}
		variable, ok := strings.CutPrefix(strings.TrimSpace(line), "export ")
		if !ok {
			return fmt.Errorf("the process printed %q, want an export", line)
		}
		p.env = append(p.env, variable)
	}
	p.url = strings.TrimPrefix(p.env[0], "RINGCX_BASE_URL=")
	return nil
}

// end sends the signals to the process. It returns an error if the process prints
// more output or exits with a status other than 0.
func (p *mockProcess) end(signals ...os.Signal) error {
	for _, s := range signals {
		if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return err
		}
	}
	rest, err := io.ReadAll(p.out)
	err = errors.Join(err, p.cmd.Wait())
	if len(rest) > 0 {
		err = errors.Join(err, fmt.Errorf("the process printed more output: %q", rest))
	}
	return err
}

func (p *mockProcess) kill() {
	if p.cmd.ProcessState == nil {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	}
}

// startMock starts a mock for a test.
func startMock(t *testing.T, args ...string) *mockProcess {
	t.Helper()
	p := new(mockProcess)
	if err := p.start(args...); err != nil {
		t.Fatalf("ringcx mock: %v", err)
	}
	t.Cleanup(p.kill)
	return p
}

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// mockProcess runs "ringcx mock" in a process of its own.
type mockProcess struct {
	cmd  *exec.Cmd
	out  *bufio.Reader
	errs sharedBuffer
	env  []string // the variables that the process printed: name=value
	url  string
}

// start starts the process and waits until it has printed its variables. If p has run a
// process before, start kills it.
func (p *mockProcess) start(args ...string) error {
	p.kill()
	p.env, p.url = nil, ""
	p.errs.reset()
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
			return fmt.Errorf("the process exited: %w: %s", p.cmd.Wait(), p.errs.String())
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
	if p.cmd == nil || p.cmd.Process == nil {
		return
	}
	_ = p.cmd.Process.Kill() // fails if the process has ended
	_ = p.cmd.Wait()
}

// awaitError waits up to ten seconds until standard error of the process matches a regular
// expression.
func (p *mockProcess) awaitError(pattern *regexp.Regexp) error {
	timeout := time.After(10 * time.Second)
	for waiting := true; waiting; {
		text, grown := p.errs.content()
		if pattern.MatchString(text) {
			return nil
		}
		select {
		case <-grown:
		case <-timeout:
			waiting = false
		}
	}
	return fmt.Errorf("standard error of the mock does not match %q:\n%s", pattern, p.errs.String())
}

// sharedBuffer is a buffer that goroutines can share.
type sharedBuffer struct {
	mu    sync.Mutex
	data  []byte
	grown chan struct{} // closed by the next Write, if it is not nil
}

// Write appends to the buffer.
func (b *sharedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.data = append(b.data, p...)
	if b.grown != nil {
		close(b.grown)
		b.grown = nil
	}
	return len(p), nil
}

// content returns the content, and a channel that the next Write closes.
func (b *sharedBuffer) content() (text string, grown <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.grown == nil {
		b.grown = make(chan struct{})
	}
	return string(b.data), b.grown
}

// String returns the content.
func (b *sharedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(b.data)
}

func (b *sharedBuffer) reset() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.data = nil
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

// fault makes the mock apply a fault to the next request to an endpoint.
func (p *mockProcess) fault(t *testing.T, endpoint, fault string) {
	t.Helper()
	resp, err := http.PostForm(p.url+"/_control/fault", url.Values{"endpoint": {endpoint}, "fault": {fault}})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusNoContent {
		t.Fatalf("the mock rejected the fault %.100q: status %d", fault, resp.StatusCode)
	}
}

// environment returns the variables for a command that uses the mock and a cache
// directory of its own.
func (p *mockProcess) environment(t *testing.T, more ...string) []string {
	return append(append([]string{"XDG_CACHE_HOME=" + t.TempDir(), "HOME=" + t.TempDir()}, p.env...), more...)
}

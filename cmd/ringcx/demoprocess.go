package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// demoStoreFlag is the hidden flag that makes demo run as one of the two processes.
const demoStoreFlag = "process-store"

// The commands that the demo sends to a process, one on a line. The process prints what
// it does, and then demoDone.
const (
	demoCall   = "call"
	demoLogout = "logout"
	demoDone   = "done"
)

// demoSlow is how long the refresh takes during which a process is killed.
const demoSlow = time.Minute

// demoTimeout limits how long the demo waits for a process.
const demoTimeout = 30 * time.Second

// runDemoProcess executes the commands that it reads from in, until in ends.
func runDemoProcess(ctx context.Context, in io.Reader, out io.Writer, dir string) error {
	cfg, err := ringcx.ConfigFromEnv()
	if err != nil {
		return err
	}
	p := &printer{out: out, name: os.Getenv("RINGCX_DEMO_NAME") + " "}
	p.watch(&cfg)
	client, err := newDemoProcess(cfg, dir)
	if err != nil {
		return err
	}
	defer client.Tokens.Close()
	commands := bufio.NewScanner(in)
	for commands.Scan() {
		switch commands.Text() {
		case demoCall:
			_, err = client.Accounts.List(ctx)
		case demoLogout:
			err = client.Tokens.Logout(ctx)
		}
		if err != nil {
			return err
		}
		p.print(demoDone)
	}
	return commands.Err()
}

// twoProcesses runs two processes, A and B. It kills A during a refresh.
func (d *demonstration) twoProcesses(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, demoTimeout)
	defer cancel()
	dir, err := os.MkdirTemp("", "ringcx-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	fake := ringcxtest.New()
	defer fake.Close()
	var processes []*demoProcess
	for _, name := range []string{"A", "B"} {
		p, err := d.start(ctx, name, filepath.Join(dir, "store"), fake.URL())
		if err != nil {
			return err
		}
		defer p.kill()
		processes = append(processes, p)
	}
	if err := d.killDuringRefresh(ctx, fake, processes[0], processes[1]); err != nil {
		return err
	}
	c := fake.Counts()
	d.success("The services counted %d sign-in, %d exchanges, and %d refresh tokens that were sent twice.",
		c.Logins, c.Exchanges, c.RefreshReused)
	return nil
}

func (d *demonstration) killDuringRefresh(ctx context.Context, fake *ringcxtest.Server, a, b *demoProcess) error {
	for _, p := range []*demoProcess{a, b} {
		if err := p.do(demoCall); err != nil {
			return err
		}
	}
	fake.ExpireTokens()
	d.print("   The token expires.")
	fake.Fault(ringcxtest.Refresh, ringcxtest.Slow(demoSlow), 1)
	if err := a.send(demoCall); err != nil {
		return err
	}
	for range 3 { // the call, its status 401, and the refresh
		if err := a.print(); err != nil {
			return err
		}
	}
	for fake.Counts().Arrivals[ringcxtest.Refresh] == 0 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
	a.kill()
	d.print("   A is killed before the response arrives.")
	if err := b.do(demoCall); err != nil {
		return err
	}
	if err := b.do(demoLogout); err != nil {
		return err
	}
	b.input.Close()
	return b.cmd.Wait()
}

// demoProcess is a process that the demo has started.
type demoProcess struct {
	*demonstration
	name   string
	cmd    *exec.Cmd
	input  io.WriteCloser
	output *bufio.Scanner
	errs   *bytes.Buffer // the standard error; read it after the process has ended
}

// start starts this program as a process of the demo. The services are at url.
func (d *demonstration) start(ctx context.Context, name, dir, url string) (*demoProcess, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, program, "demo", "--"+demoStoreFlag, dir)
	cmd.Args[0] = os.Args[0]
	cmd.Env = append(os.Environ(),
		"RINGCX_DEMO_NAME="+name, "RINGCX_BASE_URL="+url, "RINGCENTRAL_BASE_URL="+url,
		"RC_CLIENT_ID="+ringcxtest.ClientID, "RC_CLIENT_SECRET="+ringcxtest.ClientSecret, "RC_JWT="+ringcxtest.JWT)
	errs := new(bytes.Buffer)
	cmd.Stderr = errs
	input, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("the demo could not start a process: %w", err)
	}
	return &demoProcess{d, name, cmd, input, bufio.NewScanner(output), errs}, nil
}

// errDemoDone is the result of print after the last line about a command.
var errDemoDone = errors.New("the process is done")

// do sends a command and prints what the process does.
func (p *demoProcess) do(command string) error {
	err := p.send(command)
	for err == nil {
		err = p.print()
	}
	if errors.Is(err, errDemoDone) {
		return nil
	}
	return err
}

func (p *demoProcess) send(command string) error {
	_, err := fmt.Fprintln(p.input, command)
	return err
}

// print prints the next line of the process.
func (p *demoProcess) print() error {
	if !p.output.Scan() {
		p.kill()
		return fmt.Errorf("the process %s of the demo ended early: %s", p.name, p.errs)
	}
	if line := p.output.Text(); line != demoDone {
		p.demonstration.print(line)
		return nil
	}
	return errDemoDone
}

// kill kills the process, if it still runs.
func (p *demoProcess) kill() {
	if p.cmd.ProcessState == nil {
		_ = p.cmd.Process.Kill() // fails only if the process has ended
		_ = p.cmd.Wait()
	}
}

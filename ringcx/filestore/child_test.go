package filestore_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/filestore"
)

const (
	jobEnv   = "FILESTORE_TEST_JOB"   // makes a child process of the test's program
	dirEnv   = "FILESTORE_TEST_DIR"   // folder of the child's Store
	countEnv = "FILESTORE_TEST_COUNT" // how often a child adds 1; 0: until it is killed
)

// jobs are what a child process can do.
var jobs = map[string]func(dir string) error{"count": countJob}

func TestMain(m *testing.M) {
	job := os.Getenv(jobEnv)
	if job == "" {
		os.Exit(m.Run())
	}
	if err := jobs[job](os.Getenv(dirEnv)); err != nil {
		fmt.Fprintln(os.Stderr, job+":", err)
		os.Exit(1)
	}
}

// countJob adds 1 to the record, again and again, and writes a line for each.
func countJob(dir string) error {
	times, err := strconv.Atoi(os.Getenv(countEnv))
	if err != nil {
		return err
	}
	s, err := filestore.New(dir)
	if err != nil {
		return err
	}
	in := bufio.NewReader(os.Stdin)
	fmt.Println("ready")
	in.ReadString('\n') // the start
	go func() {
		in.ReadString('\n')
		os.Exit(0) // the parent has gone, or has had enough
	}()
	for i := 0; times == 0 || i < times; i++ {
		n, err := add(context.Background(), s)
		if err != nil {
			return err
		}
		fmt.Println(n)
	}
	return nil
}

// add adds 1 to the record, however often others come first.
func add(ctx context.Context, s ringcx.Store) (n int, err error) {
	for {
		data, version, err := s.Load(ctx, key)
		if err != nil {
			return 0, err
		}
		if n, err = strconv.Atoi(string(data)); err != nil {
			return 0, fmt.Errorf("the record is torn: %w", err)
		}
		_, err = s.CompareAndSwap(ctx, key, version, []byte(strconv.Itoa(n+1)))
		if err == nil || !errors.Is(err, ringcx.ErrConflict) {
			return n + 1, err
		}
	}
}

// command is the test's program with a job.
func command(job, dir string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), jobEnv+"="+job, dirEnv+"="+dir, "GORACE=atexit_sleep_ms=0")
	return cmd
}

// child is a process that counts.
type child struct {
	t     *testing.T
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines *bufio.Scanner
	added int // lines read
}

// startChild starts one; it waits for begin.
func startChild(t *testing.T, dir string, times int) *child {
	t.Helper()
	cmd := command("count", dir)
	cmd.Env = append(cmd.Env, countEnv+"="+strconv.Itoa(times))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := &child{t: t, cmd: cmd, in: in, lines: bufio.NewScanner(out)}
	t.Cleanup(c.kill)
	if !c.lines.Scan() || c.lines.Text() != "ready" {
		t.Fatalf("a child says %q (%v), want ready", c.lines.Text(), c.lines.Err())
	}
	return c
}

func (c *child) begin() { fmt.Fprintln(c.in, "begin") }

// read waits until the child has added 1 so many times.
func (c *child) read(times int) {
	for range times {
		if !c.lines.Scan() {
			c.t.Errorf("a child ended after %d additions (%v)", c.added, c.lines.Err())
			return
		}
		c.added++
	}
}

// kill ends the child, wherever it is, and reads what it still said.
func (c *child) kill() {
	if c.cmd.ProcessState != nil {
		return
	}
	c.cmd.Process.Kill()
	for c.lines.Scan() {
		c.added++
	}
	c.cmd.Wait() // reports that it was killed
}

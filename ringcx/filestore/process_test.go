package filestore_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/filestore"
)

const (
	jobEnv   = "FILESTORE_TEST_JOB"   // if set, the test binary runs this job and no tests
	dirEnv   = "FILESTORE_TEST_DIR"   // directory of the child's Store
	countEnv = "FILESTORE_TEST_COUNT" // number of additions of a child; 0: until it is killed
)

// jobs are the functions that a child process can run.
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

// countJob adds 1 to the record repeatedly and prints a line after each addition.
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
	in.ReadString('\n') // wait for begin
	go func() {
		in.ReadString('\n')
		os.Exit(0) // the parent has closed the pipe
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

// add adds 1 to the record and returns the sum. It retries after a conflict.
func add(ctx context.Context, s ringcx.Store) (n int, err error) {
	for {
		data, version, err := s.Load(ctx, key)
		if err != nil {
			return 0, err
		}
		if n, err = strconv.Atoi(string(data)); err != nil {
			return 0, fmt.Errorf("the record is incomplete: %w", err)
		}
		_, err = s.CompareAndSwap(ctx, key, version, []byte(strconv.Itoa(n+1)))
		if err == nil || !errors.Is(err, ringcx.ErrConflict) {
			return n + 1, err
		}
	}
}

// command returns a command that runs a job in a new process of the test binary.
func command(job, dir string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), jobEnv+"="+job, dirEnv+"="+dir, "GORACE=atexit_sleep_ms=0")
	return cmd
}

// child is a process that runs countJob.
type child struct {
	t     *testing.T
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines *bufio.Scanner
	added int // number of additions that it reported
}

// startChild starts a child. It does not count until begin is called.
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
		t.Fatalf("a child printed %q (%v), want ready", c.lines.Text(), c.lines.Err())
	}
	return c
}

func (c *child) begin() { fmt.Fprintln(c.in, "begin") }

// read waits until the child has reported this many additions.
func (c *child) read(times int) {
	for range times {
		if !c.lines.Scan() {
			c.t.Errorf("a child ended after %d additions (%v)", c.added, c.lines.Err())
			return
		}
		c.added++
	}
}

// kill kills the child and reads the rest of its output.
func (c *child) kill() {
	if c.cmd.ProcessState != nil {
		return
	}
	c.cmd.Process.Kill()
	for c.lines.Scan() {
		c.added++
	}
	c.cmd.Wait() // returns an error: the process was killed
}

// TestConcurrentProcesses increments one record from eight processes.
func TestConcurrentProcesses(t *testing.T) {
	const processes, times = 8, 200
	s, dir, _ := written(t, "0")
	var children []*child
	for range processes {
		children = append(children, startChild(t, dir, times))
	}
	start := time.Now()
	for _, c := range children {
		c.begin()
	}
	for _, c := range children { // the pipes buffer the output of the others
		c.read(times)
	}
	took := time.Since(start)
	data, _, err := s.Load(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(data), strconv.Itoa(processes*times); got != want {
		t.Errorf("the record is %s after %d processes added 1 %d times each, want %s", got, processes, times, want)
	}
	t.Logf("%d × %d additions took %v", processes, times, took)
}

// TestKilledWriters kills processes while they write. The record must be valid and
// contain each reported addition, and the next writer must not block.
func TestKilledWriters(t *testing.T) {
	for _, survivors := range []int{0, 2} {
		t.Run(fmt.Sprintf("%d survivors", survivors), func(t *testing.T) {
			s, dir, _ := written(t, "0")
			var others []*child
			for range survivors {
				others = append(others, startChild(t, dir, 0))
				others[len(others)-1].begin()
			}
			k := killer{t: t, s: s, dir: dir, countTemp: survivors == 0}
			for range 20 {
				k.round()
			}
			for _, c := range others {
				c.read(1) // it still runs
				c.kill()
				k.reported += c.added
				k.killed++
			}
			k.checkSum()
		})
	}
}

// killer kills processes and counts the additions that were reported.
type killer struct {
	t         *testing.T
	s         *filestore.Store
	dir       string
	countTemp bool          // count .tmp files: no other process writes
	reported  int           // additions
	killed    int           // processes; each may have added 1 without reporting it
	temps     int           // kills that left a .tmp file
	longest   time.Duration // longest addition after a kill
}

// round kills a process at a random time and writes immediately afterwards.
func (k *killer) round() {
	c := startChild(k.t, k.dir, 0)
	c.begin()
	c.read(1 + rand.IntN(5))
	delay := rand.N(3 * time.Millisecond) // about the time of a write
	for start := time.Now(); time.Since(start) < delay; {
	}
	c.kill()
	k.killed++
	k.reported += c.added
	if left, _ := filepath.Glob(filepath.Join(k.dir, "*.tmp")); k.countTemp && len(left) > 0 {
		k.temps++
	}
	ctx, cancel := context.WithTimeout(k.t.Context(), 10*time.Second)
	defer cancel()
	start := time.Now()
	if _, err := add(ctx, k.s); err != nil {
		k.t.Fatalf("addition after a process was killed: %v", err)
	}
	k.reported++
	k.longest = max(k.longest, time.Since(start))
}

func (k *killer) checkSum() {
	n, err := add(k.t.Context(), k.s)
	if err != nil {
		k.t.Fatal(err)
	}
	k.reported++
	if n < k.reported || n > k.reported+k.killed {
		k.t.Errorf("the record is %d, want %d to %d: the reported additions, and at most one more for each of %d kills",
			n, k.reported, k.reported+k.killed, k.killed)
	}
	entries, err := os.ReadDir(k.dir)
	if err != nil {
		k.t.Fatal(err)
	}
	if len(entries) != 2 || strings.HasSuffix(entries[0].Name()+entries[1].Name(), ".tmp") {
		k.t.Errorf("files after %d kills are %v, want the record and the lock", k.killed, entries)
	}
	k.t.Logf("%d kills, %d left a .tmp file; %d additions; the longest addition after a kill took %v",
		k.killed, k.temps, n, k.longest)
}

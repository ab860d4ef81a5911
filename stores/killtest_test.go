package stores_test

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
	"github.com/ringcx-go/ringcx-go/stores/internal/servers"
)

var killTime = flag.Duration("kills.time", 0, "how long the processes of TestKills run, for example 100s; from five minutes on, tokens are valid for 60 s and not for 30 s; 0: the test is skipped")

const (
	killEnv       = "RINGCX_TEST_KILL" // the configuration of a child process of TestKills
	killProcesses = 8                  // that run at the same time
	killPatience  = 70 * time.Second   // for which a caller in a child waits for a token: longer than two leases of 30 s of killed processes
	settleTime    = 20 * time.Second   // after a fault, in which its errors may still appear: back-offs are up to 15 s
)

// TestKills runs eight processes that share one session through a real server, and kills
// them at random, some of them while they request tokens. Meanwhile the server is stopped
// and started, its data are deleted, and restored from a backup, and it is made read-only.
//
// Callers with a valid token must see none of it, and other callers only an error of the
// Store while it is not there, or of a limit. killWatch has the rules for token requests.
func TestKills(t *testing.T) {
	if config := os.Getenv(killEnv); config != "" {
		killChild(t, config)
		return
	}
	if *killTime == 0 {
		t.Skip("it takes a while: run make kills, or use -kills.time=100s")
	}
	if err := mysql.SetLogger(&mysql.NopLogger{}); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup // and not t.Parallel, which runs only as many tests as there are CPUs
	for _, own := range ownStores() {
		if own.name == "rueidis" || own.name == "redigo" {
			continue // the scripts and the server are those of go-redis
		}
		wg.Go(func() {
			t.Run(own.name, func(t *testing.T) { newKillFleet(t, own).run(*killTime) })
		})
	}
	wg.Wait()
}

// killFleet is the processes of one test, the server of their Store, and the fake.
type killFleet struct {
	t      *testing.T
	own    ownStore
	server *servers.Server
	faults serverFaults
	fake   *ringcxtest.Server
	watch  *killWatch
	front  *httptest.Server // in front of the fake: it kills some of the processes that request tokens

	mu        sync.Mutex
	processes [killProcesses]*killProcess
	periods   []period       // of faults
	results   map[string]int // how often each kind of result was seen
	killed    int            // senders of token requests in a row
	onRefresh func()         // is called once, when the fake has processed the next refresh
}

// killProcess is a process that runs.
type killProcess struct {
	cmd        *exec.Cmd
	firstToken time.Time // when it printed that it has a token; zero: not yet
}

// period is the time of a fault, with the time after it in which its errors may appear.
type period struct {
	fault    string
	from, to time.Time
}

func newKillFleet(t *testing.T, own ownStore) *killFleet {
	f := &killFleet{
		t: t, own: own, server: servers.Start(t, own.kind), fake: ringcxtest.NewServer(t),
		watch: newKillWatch(t), results: map[string]int{},
	}
	f.faults = newServerFaults(t, own.kind, f.server.URL)
	f.front = httptest.NewServer(http.HandlerFunc(f.forward))
	t.Cleanup(f.front.Close)
	return f
}

// run runs the processes and the faults, and then looks at what the fake counted.
func (f *killFleet) run(d time.Duration) {
	lifetime := 30 * time.Second
	if d >= 5*time.Minute {
		lifetime = time.Minute
	}
	f.fake.SetLifetime(lifetime)
	ctx, cancel := context.WithTimeout(f.t.Context(), d)
	defer cancel()
	var wg sync.WaitGroup
	for slot := range killProcesses {
		wg.Go(func() {
			for ctx.Err() == nil {
				f.runProcess(ctx, slot)
			}
		})
	}
	f.runFaults(d)
	wg.Wait()
	f.check(d)
}

// runFaults runs each fault once. The times are tenths of the duration, in five minutes 30 s.
func (f *killFleet) runFaults(d time.Duration) {
	start, tenth := time.Now(), d/10
	at := func(tenths float64) time.Time { return start.Add(time.Duration(tenths * float64(tenth))) }
	wait := func(tenths float64) { time.Sleep(time.Until(at(tenths))) }
	must := func(err error) {
		f.t.Helper()
		if err != nil {
			f.t.Error(err)
		}
	}
	wait(1)
	end := f.begin("stopped")
	f.server.Stop()
	time.Sleep(min(10*time.Second, tenth))
	must(f.server.Start())
	end()

	wait(2.5)
	end = f.begin("emptied")
	must(f.faults.empty())
	f.watch.lose()
	end()

	wait(4)
	must(f.backup())
	wait(6) // a minute later
	end = f.begin("restored")
	must(f.restore(at(8)))
	end()

	wait(8.3)
	end = f.begin("read-only")
	must(f.faults.readOnly(true))
	wait(9.3)
	must(f.faults.readOnly(false))
	end()
	wait(10)
}

// backup makes a backup. After the data were deleted, it waits for a record.
func (f *killFleet) backup() error {
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		record, err := f.faults.backup()
		if record != nil || err != nil {
			return f.watch.keepBackup(record, err)
		}
	}
	return errors.New("no process has written a record for a minute")
}

// restore restores the backup when a refresh was processed, or at last if there is none. The
// other processes then have a refresh token that was sent, and find a record that is older.
func (f *killFleet) restore(last time.Time) error {
	restored := make(chan error, 1)
	f.mu.Lock()
	f.onRefresh = func() {
		err := f.faults.restore()
		f.watch.restore()
		restored <- err
	}
	f.mu.Unlock()
	select {
	case err := <-restored:
		return err
	case <-time.After(time.Until(last)):
	}
	f.mu.Lock()
	onRefresh := f.onRefresh
	f.onRefresh = nil
	f.mu.Unlock()
	if onRefresh != nil { // otherwise a refresh has come just now
		onRefresh()
	}
	return <-restored
}

// begin starts the period of a fault. It ends settleTime after the call of end.
func (f *killFleet) begin(fault string) (end func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := len(f.periods)
	f.periods = append(f.periods, period{fault, time.Now(), time.Now().Add(time.Hour)})
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.periods[i].to = time.Now().Add(settleTime)
	}
}

// check compares what the fake counted with the limits, and reports what happened.
func (f *killFleet) check(d time.Duration) {
	c := f.fake.Counts()
	f.t.Logf("%d calls, %d sign-ins, %d exchanges, %d refreshes, at most %d token requests in 60 s, %d spent refresh tokens, %d × 401; %v",
		c.Calls, c.Logins, c.Exchanges, c.Refreshes, c.PeakTokenRequests, c.RefreshReused, c.Unauthorized, f.results)
	if c.Unauthorized > 0 {
		f.t.Errorf("%d calls got status 401, want 0", c.Unauthorized)
	}
	if d >= 5*time.Minute && c.Exchanges+c.Refreshes < 4 || f.results["ok"] == 0 {
		f.t.Errorf("%d exchanges, %d refreshes, %v: the processes did too little", c.Exchanges, c.Refreshes, f.results)
	}
}

// runProcess runs a process for a random time and kills it.
func (f *killFleet) runProcess(ctx context.Context, slot int) {
	life := []time.Duration{2 * time.Second, 20 * time.Second, 90 * time.Second}[rand.IntN(3)]
	ctx, cancel := context.WithTimeout(ctx, rand.N(life)) // CommandContext kills the process with SIGKILL
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestKills$", "-test.v", "-test.timeout=0")
	cmd.Env = append(os.Environ(), killEnv+"="+strings.Join([]string{f.own.name, f.faults.childURL, f.front.URL, strconv.Itoa(slot)}, " "))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		if ctx.Err() == nil {
			f.t.Error(err)
		}
		return
	}
	f.mu.Lock()
	f.processes[slot] = &killProcess{cmd: cmd}
	f.results["processes"]++
	f.mu.Unlock()
	for lines := bufio.NewScanner(out); lines.Scan(); {
		f.note(slot, lines.Text())
	}
	_ = cmd.Wait() // returns an error: the process was killed
	f.mu.Lock()
	f.processes[slot] = nil
	f.mu.Unlock()
}

// note counts a line that a process printed, and fails the test if the line is an error that
// is not allowed at this time.
func (f *killFleet) note(slot int, line string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	result, text, _ := strings.Cut(line, " ")
	switch {
	case result == "ok":
		if p := f.processes[slot]; p.firstToken.IsZero() {
			p.firstToken = time.Now()
		}
	case result == "error" && strings.Contains(text, "local_limit") && strings.Contains(text, "try again in"):
		result = "held back by a limit"
	case result == "error" && aboutStore(text):
		fault := f.fault()
		if fault == "" {
			f.t.Errorf("process %d: %s, but the Store works", slot, text)
		}
		result = "error of the Store: " + fault
	case result == "error" || result == "violation" || strings.HasPrefix(result, "---"):
		f.t.Errorf("process %d: %s", slot, line)
	default:
		return // from package testing
	}
	f.results[result]++
}

// aboutStore reports whether an error names the Store, or the process that is waited for.
func aboutStore(text string) bool {
	return strings.HasPrefix(text, "ringcx: the Store: ") || strings.HasPrefix(text, "ringcx: waiting for a token: ")
}

// fault returns the names of the faults whose errors may appear now. f.mu is held.
func (f *killFleet) fault() string {
	var names []string
	for _, p := range f.periods {
		if now := time.Now(); now.After(p.from) && now.Before(p.to) {
			names = append(names, p.fault)
		}
	}
	return strings.Join(names, " or ")
}

package stores_test

import (
	"bufio"
	"context"
	"flag"
	"fmt"
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

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
	"github.com/ringcx-go/ringcx-go/ringcx/sqlstore"
	"github.com/ringcx-go/ringcx-go/stores/internal/servers"
)

var killTime = flag.Duration("kills.time", 0, "how long the processes of TestKills run, for example 40s; from five minutes on, tokens are valid for 60 s and not for 30 s; 0: the test is skipped")

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
// Store while it is not there, or of a limit. No minute may have more than five token
// requests. No refresh token may be sent twice, except for one after the restore: no
// process that starts then can know that the one in the backup was sent.
func TestKills(t *testing.T) {
	if config := os.Getenv(killEnv); config != "" {
		killChild(t, config)
		return
	}
	if *killTime == 0 {
		t.Skip("it takes a while: run make kills, or use -kills.time=40s")
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
	front  *httptest.Server // in front of the fake: it kills some of the processes that request tokens

	mu        sync.Mutex
	processes [killProcesses]*exec.Cmd
	periods   []period       // of faults
	results   map[string]int // how often each kind of result was seen
}

// period is the time of a fault, with the time after it in which its errors may appear.
type period struct {
	fault    string
	from, to time.Time
}

func newKillFleet(t *testing.T, own ownStore) *killFleet {
	f := &killFleet{t: t, own: own, server: servers.Start(t, own.kind), fake: ringcxtest.NewServer(t), results: map[string]int{}}
	f.faults = newServerFaults(t, own.kind, f.server.URL)
	f.front = httptest.NewServer(http.HandlerFunc(f.forward))
	t.Cleanup(f.front.Close)
	return f
}

// forward delays requests for tokens, so that kills hit them, and kills every eighth process
// that sends one: before the fake sees the request, or before the process gets the response.
func (f *killFleet) forward(w http.ResponseWriter, r *http.Request) {
	if !strings.Contains(r.URL.Path, "/auth/") && !strings.Contains(r.URL.Path, "/oauth/") {
		f.fake.ServeHTTP(w, r)
		return
	}
	time.Sleep(rand.N(300 * time.Millisecond))
	f.mu.Lock()
	started := f.results["ok"] > 0 // the lease of a killed process lasts 30 s, most of a short run
	f.mu.Unlock()
	kind := rand.IntN(16)
	if !started {
		kind = -1
	}
	switch kind {
	case 0:
		f.killSender(r, "killed before a request")
		return
	case 1:
		f.fake.ServeHTTP(httptest.NewRecorder(), r)
		f.killSender(r, "killed before a response")
		return
	}
	f.fake.ServeHTTP(w, r)
}

// killSender kills the process that sent a request. Its User-Agent names it.
func (f *killFleet) killSender(r *http.Request, result string) {
	name, _, _ := strings.Cut(r.UserAgent(), " ")
	slot, err := strconv.Atoi(strings.TrimPrefix(name, "slot-"))
	if err != nil {
		f.t.Errorf("User-Agent %q: %v", r.UserAgent(), err)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.results[result]++
	if cmd := f.processes[slot]; cmd != nil {
		_ = cmd.Process.Kill() // it may have ended
	}
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
	f.check()
	if c := f.fake.Counts(); d >= 5*time.Minute && c.Exchanges+c.Refreshes < 4 || f.results["ok"] == 0 {
		f.t.Errorf("%d exchanges, %d refreshes, %v: the processes did too little", c.Exchanges, c.Refreshes, f.results)
	}
}

// runFaults runs each fault once. The times are tenths of the duration, in five minutes 30 s.
func (f *killFleet) runFaults(d time.Duration) {
	start, tenth := time.Now(), d/10
	at := func(tenths float64) {
		time.Sleep(time.Until(start.Add(time.Duration(tenths * float64(tenth)))))
	}
	must := func(err error) {
		f.t.Helper()
		if err != nil {
			f.t.Error(err)
		}
	}
	at(1)
	end := f.begin("stopped")
	f.server.Stop()
	time.Sleep(min(10*time.Second, tenth))
	must(f.server.Start())
	end()

	at(3)
	end = f.begin("emptied")
	must(f.faults.empty())
	end()

	at(4.5)
	must(f.faults.backup())
	at(6.5) // a minute later
	f.checkReused("before the restore", 0)
	end = f.begin("restored")
	must(f.faults.restore())
	end()

	at(7)
	end = f.begin("read-only")
	must(f.faults.readOnly(true))
	at(8)
	must(f.faults.readOnly(false))
	end()
	at(10)
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

func (f *killFleet) checkReused(when string, limit int) {
	f.t.Helper()
	if n := f.fake.Counts().RefreshReused; n > limit {
		f.t.Errorf("%s, %d refresh tokens were sent twice, want at most %d", when, n, limit)
	}
}

// check compares what the fake counted with the limits.
func (f *killFleet) check() {
	c := f.fake.Counts()
	f.t.Logf("%d calls, %d sign-ins, %d exchanges, %d refreshes, at most %d token requests in 60 s, %d spent refresh tokens, %d × 401; %v",
		c.Calls, c.Logins, c.Exchanges, c.Refreshes, c.PeakTokenRequests, c.RefreshReused, c.Unauthorized, f.results)
	f.checkReused("after the restore", 1)
	if c.PeakTokenRequests > 5 || c.Peaks[ringcxtest.Login] > 5 || c.Unauthorized > 0 {
		f.t.Errorf("%d token requests and %d sign-ins in 60 s, want at most 5; %d calls got status 401, want 0",
			c.PeakTokenRequests, c.Peaks[ringcxtest.Login], c.Unauthorized)
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
	f.processes[slot] = cmd
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

// killChild gets tokens and makes calls until the process is killed.
func killChild(t *testing.T, config string) {
	args := strings.Split(config, " ")
	_ = mysql.SetLogger(&mysql.NopLogger{})
	store, err := killStore(t, args[0], args[1])
	if err != nil {
		t.Fatal(err)
	}
	client, err := ringcx.New(ringcx.Config{
		BaseURL:     args[2],
		RingCentral: &ringcx.JWTLogin{ClientID: ringcxtest.ClientID, ClientSecret: ringcxtest.ClientSecret, JWT: ringcxtest.JWT, BaseURL: args[2]},
		Store:       store,
		UserAgent:   "slot-" + args[3],
	})
	if err != nil {
		t.Fatal(err)
	}
	var validUntil time.Time
	for range time.Tick(250 * time.Millisecond) {
		validUntil = useToken(client, validUntil)
	}
}

// killStore returns a Store by its name. The table exists, but the server may be stopped.
func killStore(t *testing.T, name, url string) (ringcx.Store, error) {
	switch name {
	case "PostgreSQL":
		return sqlstore.New(open(t, "pgx", url), sqlstore.PostgreSQL, table)
	case "LeaseStore":
		return sqlstore.NewLeaseStore(open(t, "pgx", url), table)
	case "MariaDB":
		return sqlstore.New(open(t, "mysql", url), sqlstore.MariaDB, table)
	}
	return goRedis(goRedisClient(t, url)), nil
}

// useToken gets a token, makes a call, and prints a line with the result. It returns until
// when the token is valid.
func useToken(client *ringcx.Client, validUntil time.Time) time.Time {
	ctx, cancel := context.WithTimeout(context.Background(), killPatience)
	defer cancel()
	start := time.Now()
	valid := start.Add(time.Second).Before(validUntil)
	token, err := client.Tokens.TokenContext(ctx)
	switch took := time.Since(start); {
	case valid && (err != nil || took > 3*time.Second):
		fmt.Println("violation with a valid token, after", took, err)
	case took > killPatience+2*time.Second:
		fmt.Println("violation after", took, "of", killPatience, err)
	}
	if err != nil {
		fmt.Println("error", oneLine(err))
		return validUntil
	}
	if _, err := ringcx.Get(client.ListAccountsWithResponse(ctx)); err != nil {
		fmt.Println("violation of a call with a token:", oneLine(err))
	}
	fmt.Println("ok")
	return token.Expiry
}

func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", " ") }

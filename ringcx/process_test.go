package ringcx_test

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/filestore"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

var processTime = flag.Duration("processes.time", 5*time.Second, "how long the processes of TestProcesses run")

// childEnv is the environment variable of a child process. Its value is the base URL and
// the directory of the Store, separated by a space.
const childEnv = "RINGCX_TEST_CHILD"

// TestProcesses runs eight processes that share one session through files, over real
// connections, and kills them at random. There must be at most two sign-ins, and no
// refresh token may be sent twice.
func TestProcesses(t *testing.T) {
	if config := os.Getenv(childEnv); config != "" {
		child(t, config)
		return
	}
	fake := ringcxtest.NewServer(t)
	fake.SetLifetime(30 * time.Second) // renewed every 15 s
	config := fake.URL() + " " + t.TempDir() + "/sessions"
	end := time.Now().Add(*processTime)
	var wg sync.WaitGroup
	var total atomic.Int32
	for range 8 {
		wg.Go(func() {
			for time.Now().Before(end) {
				p := startProcess(t, config)
				for calls := rand.IntN(40); p.call() && calls > 0 && time.Now().Before(end); calls-- {
				}
				p.kill()
				total.Add(1)
			}
		})
	}
	wg.Wait()
	c := fake.Counts()
	t.Logf("%d processes in %v: %d calls, %d sign-ins, %d exchanges, %d refreshes, %d × 401, %d × 429",
		total.Load(), *processTime, c.Calls, c.Logins, c.Exchanges, c.Refreshes, c.Unauthorized, c.RateLimited)
	if c.RefreshReused > 0 || c.PeakTokenRequests > 5 || c.Logins > 2 {
		t.Errorf("%d refresh tokens sent twice, %d token requests in 60 s, %d sign-ins",
			c.RefreshReused, c.PeakTokenRequests, c.Logins)
	}
}

// TestTakeover kills a process during an exchange. Another process, which waits for it,
// must notice this and take over before the lease of 30 s expires.
func TestTakeover(t *testing.T) {
	fake := ringcxtest.NewServer(t)
	arrived, exchanges := make(chan struct{}), atomic.Int32{}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/rc/accesstoken") && exchanges.Add(1) == 1 {
			close(arrived)
			_, _ = io.Copy(io.Discard, r.Body) // so that the server notices when the client ends
			<-r.Context().Done()
			return
		}
		fake.ServeHTTP(w, r)
	}))
	defer front.Close()
	config := front.URL + " " + t.TempDir() + "/sessions"
	a := startProcess(t, config)
	<-arrived
	b := startProcess(t, config)
	a.kill()
	killed := time.Now()
	if !b.call() {
		t.Fatal("the other process ended")
	}
	took := time.Since(killed)
	b.kill()
	logins := fake.Counts().Logins
	t.Logf("takeover after %v, with %d sign-in and %d exchanges", took, logins, exchanges.Load())
	if took > 15*time.Second {
		t.Errorf("the takeover took %v, want at most 15s, half of the lease", took)
	}
	if logins != 1 || exchanges.Load() != 2 {
		t.Errorf("%d sign-ins and %d exchanges, want 1 sign-in by the first process, and 1 exchange by each", logins, exchanges.Load())
	}
}

// realProcess is a child process.
type realProcess struct {
	t     *testing.T
	cmd   *exec.Cmd
	lines *bufio.Scanner
}

// startProcess starts a child process. config is the value of childEnv.
func startProcess(t *testing.T, config string) *realProcess {
	cmd := exec.Command(os.Args[0], "-test.run=^TestProcesses$", "-test.v")
	cmd.Env = append(os.Environ(), childEnv+"="+config)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Error(err)
		return &realProcess{t, nil, bufio.NewScanner(strings.NewReader(""))}
	}
	return &realProcess{t, cmd, bufio.NewScanner(out)}
}

// call waits until the process has made a call. It returns false if the process has
// ended.
func (p *realProcess) call() bool {
	for p.lines.Scan() {
		switch line := p.lines.Text(); {
		case strings.HasPrefix(line, "call"):
			return true
		case strings.HasPrefix(line, "error"):
			p.t.Errorf("a child process prints: %s", line)
		}
	}
	return false
}

func (p *realProcess) kill() {
	if p.cmd == nil {
		return
	}
	_ = p.cmd.Process.Kill()
	for p.lines.Scan() {
	}
	_ = p.cmd.Wait() // returns an error, because the process was killed
}

// child makes calls until the process is killed.
func child(t *testing.T, config string) {
	url, dir, _ := strings.Cut(config, " ")
	store, err := filestore.New(dir)
	if err != nil {
		t.Fatal(err)
	}
	client := newClient(t, ringcx.Config{
		BaseURL:     url,
		RingCentral: &ringcx.JWTLogin{ClientID: ringcxtest.ClientID, ClientSecret: ringcxtest.ClientSecret, JWT: ringcxtest.JWT, BaseURL: url},
		Store:       store,
	})
	for range time.Tick(200 * time.Millisecond) {
		if _, err := client.Tokens.TokenContext(t.Context()); err != nil {
			fmt.Println("error", err)
		}
		if _, err := ringcx.Get(client.ListAccountsWithResponse(t.Context())); err != nil {
			fmt.Println("error", err)
		}
		fmt.Println("call")
	}
}

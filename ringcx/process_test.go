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

var processTime = flag.Duration("processes.time", 5*time.Second, "how long real processes share a session")

const childEnv = "RINGCX_TEST_CHILD" // "url folder"

// TestProcesses has eight real processes share one session through files, over
// real connections, and kills them at random. Nobody signs in twice for it, and
// no refresh token is sent twice.
func TestProcesses(t *testing.T) {
	if where := os.Getenv(childEnv); where != "" {
		child(t, where)
		return
	}
	fake := ringcxtest.NewServer(t)
	fake.SetLifetime(30 * time.Second) // renewed every 15 s
	where := fake.URL() + " " + t.TempDir() + "/sessions"
	end := time.Now().Add(*processTime)
	var wg sync.WaitGroup
	var total atomic.Int32
	for range 8 {
		wg.Go(func() {
			for time.Now().Before(end) {
				p := startProcess(t, where)
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

// TestTakeover kills a process in the middle of an exchange. Another, which waits
// for it, sees that at once, and need not watch its lease for 30 s.
func TestTakeover(t *testing.T) {
	fake := ringcxtest.NewServer(t)
	arrived, exchanges := make(chan struct{}), atomic.Int32{}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/rc/accesstoken") && exchanges.Add(1) == 1 {
			close(arrived)
			_, _ = io.Copy(io.Discard, r.Body) // so that the server notices the end of the client
			<-r.Context().Done()
			return
		}
		fake.ServeHTTP(w, r)
	}))
	defer front.Close()
	where := front.URL + " " + t.TempDir() + "/sessions"
	a := startProcess(t, where)
	<-arrived
	b := startProcess(t, where)
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
		t.Errorf("the takeover took %v, want it long before a lease of 30 s is over", took)
	}
	if logins != 1 || exchanges.Load() != 2 {
		t.Errorf("%d sign-ins and %d exchanges, want 1, of the first, and one of each", logins, exchanges.Load())
	}
}

// realProcess is a process of the fleet.
type realProcess struct {
	t     *testing.T
	cmd   *exec.Cmd
	lines *bufio.Scanner
}

func startProcess(t *testing.T, where string) *realProcess {
	cmd := exec.Command(os.Args[0], "-test.run=^TestProcesses$", "-test.v")
	cmd.Env = append(os.Environ(), childEnv+"="+where)
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

// call waits until the process has made a call. It is false when the process has
// ended.
func (p *realProcess) call() bool {
	for p.lines.Scan() {
		switch line := p.lines.Text(); {
		case strings.HasPrefix(line, "call"):
			return true
		case strings.HasPrefix(line, "error"):
			p.t.Errorf("a process in the fleet: %s", line)
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
	_ = p.cmd.Wait() // reports that it was killed
}

// child is a process of the fleet: it calls until it is killed.
func child(t *testing.T, where string) {
	url, dir, _ := strings.Cut(where, " ")
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

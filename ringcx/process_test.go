package ringcx_test

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
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
	fake.SetLifetime(40 * time.Second) // renewed every 20 s
	where := fake.URL() + " " + t.TempDir() + "/sessions"
	end := time.Now().Add(*processTime)
	var wg sync.WaitGroup
	kills := make(chan int, 8)
	for range 8 {
		wg.Go(func() {
			n := 0
			for time.Now().Before(end) {
				killed(t, where, end)
				n++
			}
			kills <- n
		})
	}
	wg.Wait()
	c := fake.Counts()
	total := 0
	for range 8 {
		total += <-kills
	}
	t.Logf("%d processes in %v: %d calls, %d sign-ins, %d exchanges, %d refreshes, %d × 401, %d × 429",
		total, *processTime, c.Calls, c.Logins, c.Exchanges, c.Refreshes, c.Unauthorized, c.RateLimited)
	if c.RefreshReused > 0 || c.PeakTokenRequests > 5 || c.Logins > 2 {
		t.Errorf("%d refresh tokens sent twice, %d token requests in 60 s, %d sign-ins",
			c.RefreshReused, c.PeakTokenRequests, c.Logins)
	}
}

// killed runs a process until it has made some calls, and kills it.
func killed(t *testing.T, where string, end time.Time) {
	cmd := exec.Command(os.Args[0], "-test.run=^TestProcesses$", "-test.v")
	cmd.Env = append(os.Environ(), childEnv+"="+where)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Error(err)
		return
	}
	if err := cmd.Start(); err != nil {
		t.Error(err)
		return
	}
	calls, lines := rand.IntN(40), bufio.NewScanner(out)
	for lines.Scan() && (calls > 0 || time.Now().After(end)) {
		switch line := lines.Text(); {
		case strings.HasPrefix(line, "call"):
			calls--
		case strings.HasPrefix(line, "error"):
			t.Errorf("a process in the fleet: %s", line)
		}
		if time.Now().After(end) {
			break
		}
	}
	_ = cmd.Process.Kill()
	_, _ = io.Copy(io.Discard, out)
	_ = cmd.Wait()
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

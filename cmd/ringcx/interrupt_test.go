package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// TestInterrupt stops a command with one signal while it waits.
func TestInterrupt(t *testing.T) {
	needSignals(t)
	tests := []struct {
		name   string
		waits  string // the method and path of the request that gets no response
		signal os.Signal
		args   []string
		want   int
		limit  time.Duration
	}{
		{"call", "GET /voice/api/v1/admin/accounts", os.Interrupt, []string{"accounts"}, exitInterrupted, stopTimeout},
		{"SIGTERM", "GET /x", syscall.SIGTERM, []string{"api", "GET", "/x"}, exitTerminated, stopTimeout},
		// These wait for the request, up to stopTimeout, to store the session or to end it.
		{"sign-in", "POST /restapi/oauth/token", os.Interrupt, []string{"token"}, exitInterrupted, 2 * stopTimeout},
		{"exchange of doctor", "POST /api/auth/login/rc/accesstoken", os.Interrupt, []string{"doctor"}, exitInterrupted, 2 * stopTimeout},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			env, waiting := serveExcept(t, tt.waits, "")
			cmd := command(env, tt.args...)
			var errs bytes.Buffer
			cmd.Stderr = &errs
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			<-waiting
			start := time.Now()
			if err := cmd.Process.Signal(tt.signal); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			assertInterrupted(t, cmd, tt.want, errs.String(), time.Since(start), tt.limit)
		})
	}
}

// serveExcept serves the fake services, except that one request, a method and a path, gets
// at most the start of a body, and then nothing until the client ends. It returns the
// variables for a command, and a channel that is closed when the request has arrived.
func serveExcept(t *testing.T, request, start string) (env []string, waiting <-chan struct{}) {
	t.Helper()
	fake, arrived := ringcxtest.NewServer(t), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method+" "+r.URL.Path != request {
			fake.ServeHTTP(w, r)
			return
		}
		_, _ = io.Copy(io.Discard, r.Body) // otherwise the server does not notice the end of the client
		if start != "" {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, start)
			w.(http.Flusher).Flush()
		}
		close(arrived)
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	return []string{
		"XDG_CACHE_HOME=" + t.TempDir(), "HOME=" + t.TempDir(),
		"RINGCX_BASE_URL=" + server.URL, "RINGCENTRAL_BASE_URL=" + server.URL,
		"RC_CLIENT_ID=" + ringcxtest.ClientID, "RC_CLIENT_SECRET=" + ringcxtest.ClientSecret, "RC_JWT=" + ringcxtest.JWT,
	}, arrived
}

// TestInterruptWhileReading interrupts a command that waits for its standard input.
func TestInterruptWhileReading(t *testing.T) {
	needSignals(t)
	cmd := command(startMock(t).environment(t), "api", "POST", "/x", "--input", "-")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	stdin, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	// The pipe has less room than this: the write ends when the command reads.
	if _, err := stdin.Write(make([]byte, 256<<10)); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	assertInterrupted(t, cmd, exitInterrupted, errs.String(), time.Since(start), stopTimeout)
}

// assertInterrupted checks how a command stopped.
func assertInterrupted(t *testing.T, cmd *exec.Cmd, status int, errs string, took, limit time.Duration) {
	t.Helper()
	if got := cmd.ProcessState.ExitCode(); got != status {
		t.Errorf("exit status %d, want %d", got, status)
	}
	if errs = strings.TrimSpace(errs); errs != "ringcx: interrupted" {
		t.Errorf("standard error is %q, want %q", errs, "ringcx: interrupted")
	}
	if took >= limit {
		t.Errorf("the command took %v to stop, want less than %v", took, limit)
	}
}

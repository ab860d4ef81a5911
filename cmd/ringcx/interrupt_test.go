package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// TestInterruptCancelsCall interrupts a command while it waits for the response to
// its call.
func TestInterruptCancelsCall(t *testing.T) {
	needSignals(t)
	fake := ringcxtest.NewServer(t)
	var cmd *exec.Cmd
	started := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			fake.ServeHTTP(w, r)
			return
		}
		<-started
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Error(err)
		}
		<-r.Context().Done()
	}))
	defer server.Close()

	cmd = command([]string{
		"XDG_CACHE_HOME=" + t.TempDir(), "HOME=" + t.TempDir(),
		"RINGCX_BASE_URL=" + server.URL, "RINGCENTRAL_BASE_URL=" + server.URL,
		"RC_CLIENT_ID=" + ringcxtest.ClientID, "RC_CLIENT_SECRET=" + ringcxtest.ClientSecret, "RC_JWT=" + ringcxtest.JWT,
	}, "accounts")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	close(started)
	_ = cmd.Wait()
	if status := cmd.ProcessState.ExitCode(); status != exitFailed {
		t.Errorf("exit status %d, want %d", status, exitFailed)
	}
	if got := strings.TrimSpace(errs.String()); got != "ringcx: interrupted" {
		t.Errorf("standard error is %q, want %q", got, "ringcx: interrupted")
	}
}

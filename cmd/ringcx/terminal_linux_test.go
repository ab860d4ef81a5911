package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"
)

// TestColors runs the demo on a terminal.
func TestColors(t *testing.T) {
	tests := []struct {
		name string
		env  []string
		want bool
	}{
		{"terminal", []string{"TERM=xterm"}, true},
		{"NO_COLOR", []string{"TERM=xterm", "NO_COLOR=1"}, false},
		{"empty NO_COLOR", []string{"TERM=xterm", "NO_COLOR="}, true},
		{"dumb terminal", []string{"TERM=dumb"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := onTerminal(t, tt.env, "demo")
			if strings.Contains(got, "\x1b[") != tt.want {
				t.Errorf("output with colors: %t, want %t:\n%q", !tt.want, tt.want, got)
			}
			if !strings.Contains(got, "Next steps") {
				t.Errorf("the output is incomplete:\n%s", got)
			}
		})
	}
}

// TestAPIOnTerminal checks what "api" writes to a terminal.
func TestAPIOnTerminal(t *testing.T) {
	const (
		plain = "[\n  {\n    \"accountId\": 12345678901234567890,\n    \"new\": \"\\u009b\"\n  }\n]\n"
		color = "\x1b[1m[\x1b[0m\n  \x1b[1m{\x1b[0m\n    \x1b[1;34m\"accountId\"\x1b[0m\x1b[1m:\x1b[0m 12345678901234567890\x1b[1m,\x1b[0m\n" +
			"    \x1b[1;34m\"new\"\x1b[0m\x1b[1m:\x1b[0m \x1b[32m\"\\u009b\"\x1b[0m\n  \x1b[1m}\x1b[0m\n\x1b[1m]\x1b[0m\n"
	)
	mock := startMock(t)
	tests := []struct {
		name string
		env  []string
		want string
	}{
		{"colors", nil, color},
		{"NO_COLOR", []string{"NO_COLOR=1"}, plain},
		{"pager", []string{"PAGER=sed s/^/+/", "NO_COLOR=1"}, strings.ReplaceAll("+"+strings.TrimSuffix(plain, "\n"), "\n", "\n+") + "\n"},
		{"RINGCX_PAGER before PAGER", []string{"RINGCX_PAGER=wc -l", "PAGER=false"}, "6\n"},
		{"empty RINGCX_PAGER", []string{"RINGCX_PAGER=", "PAGER=wc -l", "NO_COLOR=1"}, plain},
		{"pager with a shell", []string{"PAGER=cat >/dev/null; echo $LESS $LV"}, "FRX -c\n"},
		{"LESS is set", []string{"PAGER=printenv LESS", "LESS=S"}, "S\n"},
		{"missing pager", []string{"PAGER=no-such-pager", "NO_COLOR=1"}, plain},
		{"pager that fails", []string{"PAGER=false"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			mock.fault(t, "listAccounts", "status 200 [{\"accountId\":12345678901234567890,\"new\":\"\u009b\"}]")
			got := onTerminal(t, mock.environment(t, tt.env...), "api", "GET", "/voice/api/v1/admin/accounts")
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("output (-want +got):\n%s", diff)
			}
		})
	}
}

// TestPagerExitsEarly runs a pager that reads a line of a long response and exits. The
// command succeeds.
func TestPagerExitsEarly(t *testing.T) {
	mock := startMock(t)
	mock.fault(t, "listAccounts", "status 200 ["+strings.Repeat("1,", 20_000)+"1]")
	got := onTerminal(t, mock.environment(t, "PAGER=head -n 1", "NO_COLOR=1"), "api", "GET", "/voice/api/v1/admin/accounts")
	if got != "[\n" {
		t.Errorf("output %q, want the first line", got)
	}
}

// TestInterruptWithPager interrupts a command during a response. The pager shows what has
// arrived, and the command waits until the pager exits.
func TestInterruptWithPager(t *testing.T) {
	env, waiting := serveExcept(t, "GET /x", "["+strings.Repeat("1,", 100))
	terminal, screen := openTerminal(t)
	cmd := command(append(env, "TERM=xterm", "PAGER=echo ready; sed -n 2p; sleep 2; echo end"), "api", "GET", "/x")
	errs, err := os.Create(filepath.Join(t.TempDir(), "stderr")) // a pipe would stay open until the pager ends
	if err != nil {
		t.Fatal(err)
	}
	defer errs.Close()
	cmd.Stdout, cmd.Stderr = terminal, errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	terminal.Close()
	<-waiting
	ready := make([]byte, len("ready\r\n"))
	if _, err := io.ReadFull(screen, ready); err != nil || string(ready) != "ready\r\n" {
		t.Fatalf("the pager prints %q, %v", ready, err)
	}
	start := time.Now()
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	took := time.Since(start)
	assertInterrupted(t, cmd, exitInterrupted, read(t, errs.Name()), took, 4*stopTimeout)
	if took < 2*time.Second {
		t.Errorf("the command exited after %v, before the pager", took)
	}
	var got bytes.Buffer
	_, _ = got.ReadFrom(screen) // ends with EIO, because the terminal is closed
	if want := "  1\x1b[1m,\x1b[0m\r\nend\r\n"; got.String() != want {
		t.Errorf("output %q, want %q", &got, want)
	}
}

// onTerminal runs a command whose standard output is a terminal, and returns its
// output with the line breaks of a file.
func onTerminal(t *testing.T, env []string, args ...string) string {
	t.Helper()
	terminal, screen := openTerminal(t)
	cmd := command(append([]string{"TERM=xterm"}, env...), args...)
	cmd.Stdout = terminal
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	terminal.Close()
	var got bytes.Buffer
	_, _ = got.ReadFrom(screen) // ends with EIO when the command closes the terminal
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(got.String(), "\r\n", "\n")
}

// openTerminal opens a terminal. What is written to terminal can be read from screen.
func openTerminal(t *testing.T) (terminal, screen *os.File) {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("cannot open a terminal: %v", err)
	}
	t.Cleanup(func() { screen.Close() })
	var unlock, number int32
	ioctl(t, screen, syscall.TIOCSPTLCK, &unlock)
	ioctl(t, screen, syscall.TIOCGPTN, &number)
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("cannot open a terminal: %v", err)
	}
	t.Cleanup(func() { terminal.Close() })
	return terminal, screen
}

func ioctl(t *testing.T, f *os.File, request uintptr, value *int32) {
	t.Helper()
	raw, err := f.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var errno syscall.Errno
	err = raw.Control(func(fd uintptr) {
		_, _, errno = syscall.Syscall(syscall.SYS_IOCTL, fd, request, uintptr(unsafe.Pointer(value)))
	})
	if err != nil || errno != 0 {
		t.Fatalf("ioctl: %v, %v", err, errno)
	}
}

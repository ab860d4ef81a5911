package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"unsafe"
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

// onTerminal runs a command whose standard output is a terminal, and returns its
// output.
func onTerminal(t *testing.T, env []string, args ...string) string {
	t.Helper()
	terminal, screen := openTerminal(t)
	cmd := command(env, args...)
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
	return got.String()
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

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

// TestColours runs the demo on a terminal.
func TestColours(t *testing.T) {
	tests := []struct {
		name string
		env  []string
		want bool
	}{
		{"a terminal", []string{"TERM=xterm"}, true},
		{"NO_COLOR", []string{"TERM=xterm", "NO_COLOR=1"}, false},
		{"an empty NO_COLOR", []string{"TERM=xterm", "NO_COLOR="}, true},
		{"a dumb terminal", []string{"TERM=dumb"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := onTerminal(t, tt.env, "demo")
			if strings.Contains(got, "\x1b[") != tt.want {
				t.Errorf("coloured is %t, want %t:\n%q", !tt.want, tt.want, got)
			}
			if !strings.Contains(got, "What next") {
				t.Errorf("the demo did not end:\n%s", got)
			}
		})
	}
}

// onTerminal runs a command whose standard output is a terminal.
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
	_, _ = got.ReadFrom(screen) // ends with EIO when the last one closes the terminal
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	return got.String()
}

// openTerminal returns a terminal, and what shows on its screen.
func openTerminal(t *testing.T) (terminal, screen *os.File) {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("no terminals here: %v", err)
	}
	t.Cleanup(func() { screen.Close() })
	var unlock, number int32
	ioctl(t, screen, syscall.TIOCSPTLCK, &unlock)
	ioctl(t, screen, syscall.TIOCGPTN, &number)
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no terminals here: %v", err)
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

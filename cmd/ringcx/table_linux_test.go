package main

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
)

// TestTableOnANarrowTerminal prints a table on terminals with different widths.
func TestTableOnANarrowTerminal(t *testing.T) {
	rows := func() *table {
		table := newTable("USER ID", "USER NAME", "NAME", "ROLES")
		table.row("2181", "john.wang@example.com", "John Wang", "SUPER_USER, MANAGE_USERS, ACCESS_AUDIT_LOG")
		table.row("987654", "王小明王小明", "小明", "USER")
		return table
	}
	const full = `USER ID  USER NAME              NAME       ROLES
2181     john.wang@example.com  John Wang  SUPER_USER, MANAGE_USERS, ACCESS_AUDIT_LOG
987654   王小明王小明           小明       USER
`
	tests := []struct {
		name string
		cols uint16
		want string
	}{
		{"unknown width", 0, full},
		{"wide", 85, full},
		{"60 columns", 60, `USER ID  USER NAME            NAME       ROLES
2181     john.wang@example.…  John Wang  SUPER_USER, MANAGE…
987654   王小明王小明         小明       USER
`},
		{"45 columns", 45, `USER ID  USER NAME    NAME       ROLES
2181     john.wang@…  John Wang  SUPER_USER,…
987654   王小明王小…  小明       USER
`},
		{"too narrow", 20, `USER ID  USER NAME   NAME       ROLES
2181     john.wang…  John Wang  SUPER_USE…
987654   王小明王…   小明       USER
`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			terminal, screen := openTerminal(t)
			setWidth(t, terminal, tt.cols)
			if err := rows().write(terminal, false, ""); err != nil {
				t.Fatal(err)
			}
			terminal.Close()
			var b strings.Builder
			buf := make([]byte, 4096)
			for n, err := screen.Read(buf); err == nil; n, err = screen.Read(buf) {
				b.Write(buf[:n])
			}
			if diff := cmp.Diff(tt.want, strings.ReplaceAll(b.String(), "\r\n", "\n")); diff != "" {
				t.Errorf("table (-want +got):\n%s", diff)
			}
		})
	}
}

func setWidth(t *testing.T, f *os.File, cols uint16) {
	t.Helper()
	size := struct{ rows, cols, x, y uint16 }{rows: 24, cols: cols}
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), syscall.TIOCSWINSZ, uintptr(unsafe.Pointer(&size))); errno != 0 {
		t.Fatal(errno)
	}
}

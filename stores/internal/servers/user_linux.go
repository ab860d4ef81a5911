package servers

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// attributes returns the attributes of a process of the server: its user, if the test runs
// as root, and that it ends with the test.
func attributes(name string) (*syscall.SysProcAttr, error) {
	attr := &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT, Setpgid: true}
	if os.Getuid() != 0 {
		return attr, nil
	}
	uid, gid, err := lookup(name)
	if err != nil {
		return nil, err
	}
	attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return attr, nil
}

// makeDir returns a new directory that belongs to the user.
func makeDir(name string) (string, error) {
	base := os.TempDir()
	if !enterable(base) {
		base = "/tmp"
	}
	dir, err := os.MkdirTemp(base, "ringcx-")
	if err != nil || os.Getuid() != 0 {
		return dir, err
	}
	uid, gid, err := lookup(name)
	if err != nil {
		return "", err
	}
	return dir, os.Chown(dir, uid, gid)
}

// enterable reports whether every user may enter a directory.
func enterable(dir string) bool {
	for ; ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil || info.Mode().Perm()&0o001 == 0 {
			return false
		}
		if dir == filepath.Dir(dir) {
			return true
		}
	}
}

func lookup(name string) (uid, gid int, err error) {
	u, err := user.Lookup(name)
	if err != nil {
		return 0, 0, fmt.Errorf("user %s of the Debian package: %w: %w", name, errNotInstalled, err)
	}
	if uid, err = strconv.Atoi(u.Uid); err != nil {
		return 0, 0, err
	}
	gid, err = strconv.Atoi(u.Gid)
	return uid, gid, err
}

// childrenOf returns the child processes of a process.
func childrenOf(pid int) (children []*os.Process) {
	list, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	for _, field := range strings.Fields(string(list)) {
		if pid, err := strconv.Atoi(field); err == nil {
			if p, err := os.FindProcess(pid); err == nil {
				children = append(children, p)
			}
		}
	}
	return children
}

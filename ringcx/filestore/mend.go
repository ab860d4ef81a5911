package filestore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// cures says what to do about what the system reports.
var cures = []struct {
	trouble []error
	cure    string
}{
	{[]error{syscall.ENOSPC, syscall.EDQUOT}, "free some space there"},
	{[]error{syscall.EFBIG}, "raise this process's limit on the size of files (ulimit -f)"},
	{[]error{syscall.EROFS}, "mount it writable"},
	{[]error{syscall.ENOTDIR, syscall.EEXIST}, "remove the file that is in the way"},
	{[]error{syscall.ENOLCK, syscall.ENOSYS, syscall.EOPNOTSUPP}, "this file system has no locks: use a local disk"},
	{[]error{fs.ErrPermission}, "make this process's user its owner (chown), with the right to write there (chmod u+rwX)"},
}

// mend returns the error of the system with the path that it concerns, and with
// the cure where one is known.
func mend(path string, err error) error {
	var p *fs.PathError
	var l *os.LinkError
	switch { // their paths lack the folder
	case errors.As(err, &p):
		err = p.Err
	case errors.As(err, &l):
		err = l.Err
	}
	for _, c := range cures {
		for _, t := range c.trouble {
			if errors.Is(err, t) {
				return fmt.Errorf("filestore: %s: %w: %s, or choose another folder", path, err, c.cure)
			}
		}
	}
	return fmt.Errorf("filestore: %s: %w", path, err)
}

// quote returns a path as a shell takes it.
func quote(path string) string {
	if !strings.ContainsAny(path, " \t\n\"'\\$&|;<>()*?[]{}!#~`") {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}

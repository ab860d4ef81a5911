package filestore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// remedies says how to fix the problem behind an error of the operating system.
var remedies = []struct {
	causes []error
	advice string
}{
	{[]error{syscall.ENOSPC, syscall.EDQUOT}, "free some space there"},
	{[]error{syscall.EFBIG}, "raise the file size limit of this process (ulimit -f)"},
	{[]error{syscall.EROFS}, "mount it writable"},
	{[]error{syscall.ENOTDIR, syscall.EEXIST}, "remove the file that is in the way"},
	{[]error{syscall.ENOLCK, syscall.ENOSYS, syscall.EOPNOTSUPP}, "this file system does not support locks: use a local disk"},
	{[]error{fs.ErrPermission}, "make the user of this process its owner (chown), with write permission (chmod u+rwX)"},
}

// withAdvice wraps an error of the operating system. It adds the path, and how to
// fix the problem if that is known.
func withAdvice(path string, err error) error {
	var p *fs.PathError
	var l *os.LinkError
	switch { // drop their paths, which are relative to the directory
	case errors.As(err, &p):
		err = p.Err
	case errors.As(err, &l):
		err = l.Err
	}
	for _, r := range remedies {
		for _, cause := range r.causes {
			if errors.Is(err, cause) {
				return fmt.Errorf("filestore: %s: %w: %s, or choose another directory", path, err, r.advice)
			}
		}
	}
	return fmt.Errorf("filestore: %s: %w", path, err)
}

// wrongType returns the error for a path that is not of the wanted type, such as "a
// directory".
func wrongType(path string, info fs.FileInfo, want string) error {
	is := "is not " + want
	if info.Mode()&fs.ModeSymlink != 0 {
		is = "is a symbolic link"
	}
	return fmt.Errorf("filestore: %s: %s: remove it, or choose another directory", path, is)
}

// quote quotes a path for a shell, if necessary.
func quote(path string) string {
	if !strings.ContainsAny(path, " \t\n\"'\\$&|;<>()*?[]{}!#~`") {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}

//go:build unix

package filestore

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// checkPrivate returns an error if a file or directory belongs to another user, or
// if its mode has permissions that are not in allowed.
func checkPrivate(path string, info fs.FileInfo, allowed fs.FileMode) error {
	user := os.Geteuid()
	if st, ok := info.Sys().(*syscall.Stat_t); ok && int(st.Uid) != user {
		return fmt.Errorf("filestore: %s: belongs to user %d, but this process runs as user %d: "+
			"run it as that user, choose another directory, or run chown %d %s", path, st.Uid, user, user, quote(path))
	}
	if mode := info.Mode().Perm(); mode&^allowed != 0 {
		return fmt.Errorf("filestore: %s: mode %#o allows more than %#o: run chmod %o %s, or choose another directory",
			path, mode, allowed, allowed, quote(path))
	}
	return nil
}

// syncDirectory syncs the entries of a directory to disk, after a rename or a
// removal.
func syncDirectory(root *os.Root) error {
	d, err := root.Open(".")
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

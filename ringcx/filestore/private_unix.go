//go:build unix

package filestore

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// private refuses what belongs to another user, and what allows more than most.
func private(path string, info fs.FileInfo, most fs.FileMode) error {
	me := os.Geteuid()
	if st, ok := info.Sys().(*syscall.Stat_t); ok && int(st.Uid) != me {
		return fmt.Errorf("filestore: %s: it belongs to user %d, and this process to user %d: "+
			"run as that user, choose another folder, or run chown %d %s", path, st.Uid, me, me, quote(path))
	}
	if mode := info.Mode().Perm(); mode&^most != 0 {
		return fmt.Errorf("filestore: %s: its mode %#o is wider than %#o: run chmod %o %s, or choose another folder",
			path, mode, most, most, quote(path))
	}
	return nil
}

// syncFolder brings a rename or a removal to the disk.
func syncFolder(root *os.Root) error {
	d, err := root.Open(".")
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

package filestore_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func init() { jobs["full"] = fullJob }

// TestFullDisk fills a disk and then makes it read-only. The disk is a small tmpfs
// in a mount namespace of the child process.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	runJob(t, "full", dir, &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	})
}

func fullJob(disk string) error {
	const freeSpace = "free some space there, or choose another directory"
	if err := mount("tmpfs", disk, 0, "size=128k"); err != nil {
		return err
	}
	dir := filepath.Join(disk, "ringcx")
	s, version, err := create(dir)
	if err != nil {
		return err
	}
	if err := checkWriteFails(s, dir, version, 1<<20, syscall.ENOSPC, freeSpace); err != nil {
		return err
	}
	other := filepath.Join(disk, "other")
	if err := os.WriteFile(other, make([]byte, 1<<20), 0o600); err == nil {
		return fmt.Errorf("the disk is not full")
	}
	if err := checkWriteFails(s, dir, version, 10, syscall.ENOSPC, freeSpace); err != nil {
		return err
	}
	if err := mount("", disk, syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		return err
	}
	if err := checkWriteFails(s, dir, version, 10, syscall.EROFS, "mount it writable, or choose another directory"); err != nil {
		return err
	}
	if err := mount("", disk, syscall.MS_REMOUNT, ""); err != nil {
		return err
	}
	if err := os.Remove(other); err != nil {
		return err
	}
	_, err = s.CompareAndSwap(context.Background(), key, version, []byte("new"))
	return err
}

// mount mounts or remounts the disk. runJob skips the test if its error says that
// the process is not allowed to.
func mount(fstype, disk string, flags uintptr, data string) error {
	if err := syscall.Mount(fstype, disk, fstype, flags, data); err != nil {
		return fmt.Errorf("%s: %w", cannotMount, err)
	}
	return nil
}

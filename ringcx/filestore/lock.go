package filestore

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// lockPoll is the interval between attempts to get a lock. A write holds the lock
// for about as long as the disk needs for two syncs.
const lockPoll = 2 * time.Millisecond

// openAndLock opens the directory and locks a file in it. If the directory or the
// lock file is removed meanwhile, it starts again with the new one: otherwise two
// writers could lock two different files at the same time.
func openAndLock(ctx context.Context, path, name string) (d *directory, unlock func() error, err error) {
	for {
		d, err := makeDirectory(path)
		if err != nil {
			return nil, nil, err
		}
		l, err := d.lock(ctx, name)
		if err != nil {
			d.close()
			return nil, nil, err
		}
		if d.isCurrent(l, name) {
			return d, l.Unlock, nil
		}
		l.Unlock()
		d.close()
	}
}

// lock waits for the lock until ctx is done. The lock belongs to the open file, not
// to the process, so it also excludes other goroutines.
func (d *directory) lock(ctx context.Context, name string) (*flock.Flock, error) {
	if _, err := d.stat(name); err != nil {
		return nil, err
	}
	l := flock.New(d.file(name), flock.SetPermissions(fileMode))
	_, err := l.TryLockContext(ctx, lockPoll)
	if err != nil && ctx.Err() != nil {
		return nil, fmt.Errorf("filestore: wait for %s: %w", d.file(name), ctx.Err())
	}
	if err != nil {
		return nil, withAdvice(d.file(name), err)
	}
	return l, nil
}

// isCurrent reports whether the locked file is still the file of that name in the
// directory.
func (d *directory) isCurrent(l *flock.Flock, name string) bool {
	locked, err := l.Stat()
	if err != nil {
		return false
	}
	named, err := d.root.Lstat(name)
	return err == nil && os.SameFile(locked, named)
}

// tryLease locks a lease file. It returns nil if the file is already locked.
func (d *directory) tryLease(lease string, flag int, try func(*flock.Flock) (bool, error)) (*flock.Flock, error) {
	if _, err := d.stat(lease); err != nil {
		return nil, err
	}
	l := flock.New(d.file(lease), flock.SetPermissions(fileMode), flock.SetFlag(os.O_RDWR|flag))
	locked, err := try(l)
	if err != nil {
		return nil, withAdvice(d.file(lease), err)
	}
	if !locked {
		return nil, nil
	}
	return l, nil
}

// removeStaleLeases removes the lease files of killed processes. The caller holds
// the lock of the key.
func (d *directory) removeStaleLeases(name string) error {
	entries, err := fs.ReadDir(d.root.FS(), ".")
	if err != nil {
		return withAdvice(d.path, err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), name+"-") || !strings.HasSuffix(e.Name(), leaseSuffix) {
			continue
		}
		// l is nil if the owner is alive. An error is ignored: Hold does not need the file.
		if l, _ := d.tryLease(e.Name(), 0, (*flock.Flock).TryLock); l != nil {
			removeLease(l)
		}
	}
	return nil
}

// removeLease removes a lease file and releases its lock. If the removal fails, the
// next Hold removes the file.
func removeLease(l *flock.Flock) {
	err := os.Remove(l.Path()) // before Unlock, after which others could lock the file
	l.Unlock()
	if err != nil { // Windows does not remove an open file
		os.Remove(l.Path())
	}
}

package filestore

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/gofrs/flock"
)

// lockPoll is how often a lock that another writer holds is tried again. A write
// holds it for about as long as the disk takes to sync twice.
const lockPoll = 2 * time.Millisecond

// acquire opens the folder and locks a file in it, and returns both. Should the
// folder or the lock file be removed meanwhile, it starts again with the new one:
// two holders of two files would both think that they are alone.
func acquire(ctx context.Context, dir, name string) (f *folder, unlock func() error, err error) {
	for {
		f, err := makeFolder(dir)
		if err != nil {
			return nil, nil, err
		}
		l, err := f.lock(ctx, name)
		if err != nil {
			f.close()
			return nil, nil, err
		}
		if f.holds(l, name) {
			return f, l.Unlock, nil
		}
		l.Unlock()
		f.close()
	}
}

// lock waits for the lock until ctx ends. The lock belongs to the open file, so
// that it keeps goroutines apart too.
func (f *folder) lock(ctx context.Context, name string) (*flock.Flock, error) {
	if _, err := f.stat(name); err != nil {
		return nil, err
	}
	l := flock.New(f.path(name), flock.SetPermissions(fileMode))
	_, err := l.TryLockContext(ctx, lockPoll)
	if err != nil && ctx.Err() != nil {
		return nil, fmt.Errorf("filestore: wait for %s: %w", f.path(name), ctx.Err())
	}
	if err != nil {
		return nil, mend(f.path(name), err)
	}
	return l, nil
}

// holds reports whether the locked file is still the one in the folder.
func (f *folder) holds(l *flock.Flock, name string) bool {
	locked, err := l.Stat()
	if err != nil {
		return false
	}
	named, err := f.root.Lstat(name)
	return err == nil && os.SameFile(locked, named)
}

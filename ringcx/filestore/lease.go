package filestore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"

	"github.com/gofrs/flock"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

var _ ringcx.LeaseStore = (*Store)(nil)

// Hold marks owner as alive with a lock on a file of its own, which ends with the
// process. It waits for writers of the key until ctx ends, and clears what killed
// processes have left.
func (s *Store) Hold(ctx context.Context, key, owner string) (release func(), err error) {
	name := nameOf(key)
	f, unlock, err := acquire(ctx, s.dir, name+lockSuffix) // nobody else makes or clears leases of the key
	if err != nil {
		return nil, err
	}
	defer f.close()
	defer unlock() // closes a file; nothing can be lost
	if err := f.clearLeases(name); err != nil {
		return nil, err
	}
	lease := leaseOf(name, owner)
	l, err := f.tryLease(lease, os.O_CREATE, (*flock.Flock).TryLock)
	if err != nil {
		return nil, err
	}
	if l == nil {
		return nil, fmt.Errorf("filestore: %s: this owner is held already", f.path(lease))
	}
	return sync.OnceFunc(func() { drop(l) }), nil
}

// Held reports whether a process holds owner. It waits for nobody.
func (s *Store) Held(ctx context.Context, key, owner string) (alive bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, fmt.Errorf("filestore: %w", err)
	}
	f, err := openFolder(s.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.close()
	// A shared lock, so that of many who ask each gets it.
	l, err := f.tryLease(leaseOf(nameOf(key), owner), 0, (*flock.Flock).TryRLock)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil || l == nil {
		return err == nil, err
	}
	l.Unlock() // closes a file; nothing can be lost
	return false, nil
}

// leaseOf is the name of the file of an owner.
func leaseOf(name, owner string) string { return name + "-" + nameOf(owner) + leaseSuffix }

// tryLease locks the file of a lease, and returns nil where another has it.
func (f *folder) tryLease(lease string, flag int, try func(*flock.Flock) (bool, error)) (*flock.Flock, error) {
	if _, err := f.stat(lease); err != nil {
		return nil, err
	}
	l := flock.New(f.path(lease), flock.SetPermissions(fileMode), flock.SetFlag(os.O_RDWR|flag))
	locked, err := try(l)
	if err != nil {
		return nil, mend(f.path(lease), err)
	}
	if !locked {
		return nil, nil
	}
	return l, nil
}

// clearLeases removes the leases of killed processes. The lock of the key is held.
func (f *folder) clearLeases(name string) error {
	entries, err := fs.ReadDir(f.root.FS(), ".")
	if err != nil {
		return mend(f.dir, err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), name+"-") || !strings.HasSuffix(e.Name(), leaseSuffix) {
			continue
		}
		if l, _ := f.tryLease(e.Name(), 0, (*flock.Flock).TryLock); l != nil { // one in trouble is not ours to mend
			drop(l)
		}
	}
	return nil
}

// drop removes the file of a lease and gives up its lock. What an error leaves
// there is cleared by the next Hold.
func drop(l *flock.Flock) {
	err := os.Remove(l.Path()) // first, while nobody else can have the lock
	l.Unlock()
	if err != nil { // Windows keeps a file that is open
		os.Remove(l.Path())
	}
}

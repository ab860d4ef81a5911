package filestore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/gofrs/flock"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

var _ ringcx.LeaseStore = (*Store)(nil)

// Store keeps each record in a file of its own. It is safe for concurrent use. Any
// number of Stores, in this process and in others, may share a directory. Except
// for the lease files of Hold, it keeps no file open between calls.
type Store struct {
	dir string // absolute
}

// New returns a Store in the directory dir. It creates dir if it does not exist. If
// dir is "", it uses the directory ringcx in [os.UserCacheDir]. It returns an error
// if other users could read the files. In a test, pass a subdirectory of
// t.TempDir(), which other users may read: filepath.Join(t.TempDir(), "ringcx").
func New(dir string) (*Store, error) {
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return nil, fmt.Errorf("filestore: no default directory: %w: pass a directory to New", err)
		}
		dir = filepath.Join(cache, "ringcx")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("filestore: %w", err)
	}
	d, err := makeDirectory(dir)
	if err != nil {
		return nil, err
	}
	d.close()
	return &Store{dir: dir}, nil
}

// Load returns the record of key. It takes no lock, so it never waits for a writer.
// It returns the content of a file that this package did not write unchanged: the
// caller checks the record, and can replace it with the returned version.
func (s *Store) Load(ctx context.Context, key string) (data []byte, version string, err error) {
	if err := ctx.Err(); err != nil {
		return nil, "", fmt.Errorf("filestore: %w", err)
	}
	d, err := openDirectory(s.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", err
	}
	defer d.close()
	return d.read(nameOf(key) + recordSuffix)
}

// CompareAndSwap replaces the record of key if its version equals version. It waits
// for other writers of the key until ctx is done; it does not interrupt a write that
// has started. If the write fails, for example because the disk is full, the old
// record stays, and the error says how to fix the problem.
func (s *Store) CompareAndSwap(ctx context.Context, key, version string, data []byte) (newVersion string, err error) {
	name := nameOf(key)
	d, unlock, err := openAndLock(ctx, s.dir, name+lockSuffix)
	if err != nil {
		return "", err
	}
	defer d.close()
	defer func() { err = errors.Join(err, unlock()) }()
	_, current, err := d.read(name + recordSuffix)
	switch {
	case err != nil:
		return "", err
	case current != version:
		return "", fmt.Errorf("filestore: %s: %w", d.file(name+recordSuffix), ringcx.ErrConflict)
	case data == nil:
		return "", d.remove(name)
	}
	return d.replace(name, data)
}

// Hold marks owner as alive by locking a file. The operating system releases the
// lock when the process ends. Hold waits for writers of the key until ctx is done.
// It also removes the lease files that killed processes left.
func (s *Store) Hold(ctx context.Context, key, owner string) (release func(), err error) {
	name := nameOf(key)
	d, unlock, err := openAndLock(ctx, s.dir, name+lockSuffix) // guards all leases of the key
	if err != nil {
		return nil, err
	}
	defer d.close()
	defer unlock() // only closes a file; its error does not matter
	if err := d.removeStaleLeases(name); err != nil {
		return nil, err
	}
	lease := leaseOf(name, owner)
	l, err := d.tryLease(lease, os.O_CREATE, (*flock.Flock).TryLock)
	if err != nil {
		return nil, err
	}
	if l == nil {
		return nil, fmt.Errorf("filestore: %s: another Hold of this owner is active", d.file(lease))
	}
	return sync.OnceFunc(func() { removeLease(l) }), nil
}

// Held reports whether a process holds owner. It never waits for a lock.
func (s *Store) Held(ctx context.Context, key, owner string) (alive bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, fmt.Errorf("filestore: %w", err)
	}
	d, err := openDirectory(s.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer d.close()
	// A shared lock: concurrent calls of Held must not take each other for the owner.
	l, err := d.tryLease(leaseOf(nameOf(key), owner), 0, (*flock.Flock).TryRLock)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil || l == nil {
		return err == nil, err
	}
	l.Unlock() // only closes a file; its error does not matter
	return false, nil
}

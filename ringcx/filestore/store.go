package filestore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// Store keeps each record in a file of its own. It is safe for concurrent use,
// and any number of Stores, in this process and in others, may share a folder.
// It holds no file open between calls, but for those of Hold.
type Store struct {
	dir string // absolute
}

// New returns the Store in the folder dir, which is made if it is not there. The
// default, for "", is the folder ringcx in [os.UserCacheDir]. It reports an error
// where others could read what is written there. A test, whose t.TempDir() others
// may, names a folder in it: filepath.Join(t.TempDir(), "ringcx").
func New(dir string) (*Store, error) {
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return nil, fmt.Errorf("filestore: no default folder: %w: name one", err)
		}
		dir = filepath.Join(cache, "ringcx")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("filestore: %w", err)
	}
	f, err := makeFolder(dir)
	if err != nil {
		return nil, err
	}
	f.close()
	return &Store{dir: dir}, nil
}

// Load returns the record of key. It takes no lock and waits for nobody. A file
// that this package did not write is returned as it is: the caller knows what a
// good record looks like, and may replace it by its version.
func (s *Store) Load(ctx context.Context, key string) (data []byte, version string, err error) {
	if err := ctx.Err(); err != nil {
		return nil, "", fmt.Errorf("filestore: %w", err)
	}
	f, err := openFolder(s.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", err
	}
	defer f.close()
	return f.read(nameOf(key) + recordSuffix)
}

// CompareAndSwap replaces the record of key if it is of the version named. It
// waits for other writers of the key until ctx ends; once it writes, it goes
// through with it. Where the disk is full or nothing may be written, the old
// record stays, and the error says what to do.
func (s *Store) CompareAndSwap(ctx context.Context, key, version string, data []byte) (newVersion string, err error) {
	name := nameOf(key)
	f, unlock, err := acquire(ctx, s.dir, name+lockSuffix)
	if err != nil {
		return "", err
	}
	defer f.close()
	defer func() { err = errors.Join(err, unlock()) }()
	_, current, err := f.read(name + recordSuffix)
	switch {
	case err != nil:
		return "", err
	case current != version:
		return "", fmt.Errorf("filestore: %s: %w", f.path(name+recordSuffix), ringcx.ErrConflict)
	case data == nil:
		return "", f.remove(name)
	}
	return f.replace(name, data)
}

package filestore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// replace writes the record of a key whose lock is held, and returns its version.
func (f *folder) replace(name string, data []byte) (version string, err error) {
	if err := f.writable(name); err != nil {
		return "", err
	}
	temp, content := name+tempSuffix, encode(data)
	if err := f.writeTemp(temp, content); err != nil {
		f.root.Remove(temp) // if it fails too, the next write clears it
		return "", mend(f.path(temp), err)
	}
	if err := f.root.Rename(temp, name+recordSuffix); err != nil {
		f.root.Remove(temp)
		return "", mend(f.path(name+recordSuffix), err)
	}
	_, version = decode(content)
	return version, f.sync()
}

// writeTemp leaves content in a new file, on the disk for certain. One of that
// name is the rest of a write that was killed: whoever holds the lock is alone.
func (f *folder) writeTemp(name string, content []byte) error {
	if err := f.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	file, err := f.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// remove deletes the record of a key whose lock is held, if it is there.
func (f *folder) remove(name string) error {
	if err := f.writable(name); err != nil {
		return err
	}
	for _, file := range []string{name + tempSuffix, name + recordSuffix} {
		if err := f.root.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return mend(f.path(file), err)
		}
	}
	return f.sync()
}

// writable refuses to replace a record that somebody made read-only: a rename
// would not notice.
func (f *folder) writable(name string) error {
	info, err := f.stat(name + recordSuffix)
	if err != nil || info == nil || info.Mode().Perm()&0o200 != 0 {
		return err
	}
	path := f.path(name + recordSuffix)
	return fmt.Errorf("filestore: %s: it is read-only: run chmod 600 %s", path, quote(path))
}

// sync brings the names in the folder to the disk.
func (f *folder) sync() error {
	if err := syncFolder(f.root); err != nil {
		return mend(f.dir, err)
	}
	return nil
}

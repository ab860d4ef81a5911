package filestore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Only the owner has access.
const (
	dirMode  fs.FileMode = 0o700
	fileMode fs.FileMode = 0o600
)

// directory is the open directory of a Store. It opens files relative to its handle:
// if the directory is replaced while it is open, it still uses the original one.
type directory struct {
	path string
	root *os.Root
}

// makeDirectory opens the directory. It creates the directory if it does not exist.
func makeDirectory(path string) (*directory, error) {
	d, err := openDirectory(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return d, err
	}
	if err := os.MkdirAll(path, dirMode); err != nil {
		return nil, withAdvice(path, err)
	}
	return openDirectory(path)
}

// openDirectory opens the directory. It returns an error if path is not a
// directory, belongs to another user, or gives access to other users.
func openDirectory(path string) (*directory, error) {
	named, err := os.Lstat(path)
	if err != nil {
		return nil, withAdvice(path, err)
	}
	if !named.IsDir() {
		return nil, wrongType(path, named, "a directory")
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, withAdvice(path, err)
	}
	d := &directory{path: path, root: root}
	if err := d.check(); err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

// check checks the owner and the mode of the open directory, which need not be the
// one that Lstat saw.
func (d *directory) check() error {
	info, err := d.root.Stat(".")
	if err != nil {
		return withAdvice(d.path, err)
	}
	return checkPrivate(d.path, info, dirMode)
}

// close closes the handle. Nothing is written through it, so its error does not
// matter.
func (d *directory) close() { d.root.Close() }

// file returns the path of a file in the directory, for errors and locks.
func (d *directory) file(name string) string { return filepath.Join(d.path, name) }

// stat describes a file, and returns nil if it does not exist. It returns an error
// if the file is not a regular file, belongs to another user, or gives access to
// other users.
func (d *directory) stat(name string) (fs.FileInfo, error) {
	info, err := d.root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, withAdvice(d.file(name), err)
	}
	if !info.Mode().IsRegular() {
		return nil, wrongType(d.file(name), info, "a regular file")
	}
	return info, checkPrivate(d.file(name), info, fileMode)
}

// read returns a record and its version. Both are empty if the file does not exist.
func (d *directory) read(name string) (data []byte, version string, err error) {
	info, err := d.stat(name)
	if info == nil || err != nil {
		return nil, "", err
	}
	content, err := d.root.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) { // removed since stat
		return nil, "", nil
	}
	if err != nil {
		return nil, "", withAdvice(d.file(name), err)
	}
	data, version = decode(content)
	return data, version, nil
}

// replace writes the record of a key and returns its version. The caller holds the
// lock of the key.
func (d *directory) replace(name string, data []byte) (version string, err error) {
	if err := d.checkWritable(name); err != nil {
		return "", err
	}
	temp, content := name+tempSuffix, encode(data)
	if err := d.writeTemp(temp, content); err != nil {
		d.root.Remove(temp) // if this fails too, the next write removes the file
		return "", withAdvice(d.file(temp), err)
	}
	if err := d.root.Rename(temp, name+recordSuffix); err != nil {
		d.root.Remove(temp)
		return "", withAdvice(d.file(name+recordSuffix), err)
	}
	_, version = decode(content)
	return version, d.sync()
}

// writeTemp writes content to a new file and syncs it to disk. It first removes a
// file of that name: an interrupted write left it, because the caller holds the lock
// of the key.
func (d *directory) writeTemp(name string, content []byte) error {
	if err := d.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	file, err := d.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// remove deletes the record of a key, if it exists. The caller holds the lock of the
// key.
func (d *directory) remove(name string) error {
	if err := d.checkWritable(name); err != nil {
		return err
	}
	for _, file := range []string{name + tempSuffix, name + recordSuffix} {
		if err := d.root.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return withAdvice(d.file(file), err)
		}
	}
	return d.sync()
}

// checkWritable returns an error if the record file is read-only. A rename would
// replace it anyway.
func (d *directory) checkWritable(name string) error {
	info, err := d.stat(name + recordSuffix)
	if info == nil || err != nil {
		return err
	}
	if info.Mode().Perm()&0o200 != 0 {
		return nil
	}
	path := d.file(name + recordSuffix)
	return fmt.Errorf("filestore: %s: is read-only: run chmod 600 %s", path, quote(path))
}

// sync syncs the entries of the directory to disk.
func (d *directory) sync() error {
	if err := syncDirectory(d.root); err != nil {
		return withAdvice(d.path, err)
	}
	return nil
}

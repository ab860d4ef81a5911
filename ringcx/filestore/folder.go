package filestore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// What others may do: nothing.
const (
	folderMode fs.FileMode = 0o700
	fileMode   fs.FileMode = 0o600
)

// folder is the open folder of a Store. Its files are opened through the handle,
// so that a folder put in its place meanwhile changes nothing.
type folder struct {
	dir  string
	root *os.Root
}

// makeFolder opens the folder, and makes it if it is not there.
func makeFolder(dir string) (*folder, error) {
	f, err := openFolder(dir)
	if !errors.Is(err, fs.ErrNotExist) {
		return f, err
	}
	if err := os.MkdirAll(dir, folderMode); err != nil {
		return nil, mend(dir, err)
	}
	return openFolder(dir)
}

// openFolder opens the folder if it is a real one, ours and private.
func openFolder(dir string) (*folder, error) {
	named, err := os.Lstat(dir)
	if err != nil {
		return nil, mend(dir, err)
	}
	if !named.IsDir() {
		return nil, notReal(dir, named, "folder")
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, mend(dir, err)
	}
	f := &folder{dir: dir, root: root}
	if err := f.check(); err != nil {
		f.close()
		return nil, err
	}
	return f, nil
}

// check looks at the folder that was opened.
func (f *folder) check() error {
	info, err := f.root.Stat(".")
	if err != nil {
		return mend(f.dir, err)
	}
	return private(f.dir, info, folderMode)
}

func (f *folder) close() { f.root.Close() } // read only: nothing can be lost

func (f *folder) path(name string) string { return filepath.Join(f.dir, name) }

// stat returns what is known of a file, nil if it is not there, and an error
// unless it is a real file, ours and private.
func (f *folder) stat(name string) (fs.FileInfo, error) {
	info, err := f.root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, mend(f.path(name), err)
	}
	if !info.Mode().IsRegular() {
		return nil, notReal(f.path(name), info, "file")
	}
	return info, private(f.path(name), info, fileMode)
}

// read returns a record, or nothing where there is none.
func (f *folder) read(name string) (data []byte, version string, err error) {
	info, err := f.stat(name)
	if info == nil || err != nil {
		return nil, "", err
	}
	content, err := f.root.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) { // removed just now
		return nil, "", nil
	}
	if err != nil {
		return nil, "", mend(f.path(name), err)
	}
	data, version = decode(content)
	return data, version, nil
}

// notReal is the error of a symbolic link, or of anything else in the way.
func notReal(path string, info fs.FileInfo, want string) error {
	what := "not a " + want
	if info.Mode()&fs.ModeSymlink != 0 {
		what = "a symbolic link"
	}
	return fmt.Errorf("filestore: %s: it is %s: remove it, or choose another folder", path, what)
}

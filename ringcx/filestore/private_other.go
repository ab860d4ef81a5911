//go:build !unix

package filestore

import (
	"io/fs"
	"os"
)

// checkPrivate accepts every file: this system has no file modes that control
// access.
func checkPrivate(string, fs.FileInfo, fs.FileMode) error { return nil }

// syncDirectory does nothing: this system cannot sync a directory.
func syncDirectory(*os.Root) error { return nil }

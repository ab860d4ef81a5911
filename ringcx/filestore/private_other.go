//go:build !unix

package filestore

import (
	"io/fs"
	"os"
)

// private accepts everything: modes and owners say nothing here.
func private(string, fs.FileInfo, fs.FileMode) error { return nil }

// syncFolder does nothing: a folder cannot be synced here.
func syncFolder(*os.Root) error { return nil }

package filestore

import (
	"os"
	"path/filepath"
	"testing"
)

// TestIsCurrent replaces a locked file. A lock on the old file does not exclude
// other writers, so it must not count.
func TestIsCurrent(t *testing.T) {
	const name = "x" + lockSuffix
	tests := []struct {
		name    string
		replace func(dir string) error
		want    bool
	}{
		{"unchanged", func(string) error { return nil }, true},
		{"lock file removed", func(dir string) error { return os.Remove(filepath.Join(dir, name)) }, false},
		{"lock file replaced", func(dir string) error {
			if err := os.Rename(filepath.Join(dir, name), filepath.Join(dir, "old")); err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(dir, name), nil, fileMode)
		}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, err := makeDirectory(filepath.Join(t.TempDir(), "ringcx"))
			if err != nil {
				t.Fatal(err)
			}
			defer d.close()
			l, err := d.lock(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Unlock()
			if err := tt.replace(d.path); err != nil {
				t.Skipf("this system does not replace an open file: %v", err)
			}
			if got := d.isCurrent(l, name); got != tt.want {
				t.Errorf("isCurrent = %v, want %v", got, tt.want)
			}
		})
	}
}

// TestIsCurrentInReplacedDirectory opens a directory and locks a file in another
// directory that replaced it.
func TestIsCurrentInReplacedDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ringcx")
	d, err := makeDirectory(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	if err := os.Rename(dir, dir+"-old"); err != nil {
		t.Skipf("this system does not rename an open directory: %v", err)
	}
	if err := os.Mkdir(dir, dirMode); err != nil {
		t.Fatal(err)
	}
	l, err := d.lock(t.Context(), "x"+lockSuffix)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Unlock()
	if d.isCurrent(l, "x"+lockSuffix) {
		t.Error("isCurrent is true for a lock file in another directory")
	}
}

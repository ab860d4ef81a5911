package filestore

import (
	"os"
	"path/filepath"
	"testing"
)

// TestHolds takes a lock and has its file, or the folder, replaced: whoever comes
// next locks the new file, and the old lock is worth nothing.
func TestHolds(t *testing.T) {
	const name = "x" + lockSuffix
	tests := []struct {
		name    string
		replace func(dir string) error
		want    bool
	}{
		{"untouched", func(string) error { return nil }, true},
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
			f, err := makeFolder(filepath.Join(t.TempDir(), "ringcx"))
			if err != nil {
				t.Fatal(err)
			}
			defer f.close()
			l, err := f.lock(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Unlock()
			if err := tt.replace(f.dir); err != nil {
				t.Skipf("an open file stays here: %v", err)
			}
			if got := f.holds(l, name); got != tt.want {
				t.Errorf("holds is %v, want %v", got, tt.want)
			}
		})
	}
}

// TestHoldsInAnotherFolder opens a folder and locks in the one that took its place.
func TestHoldsInAnotherFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ringcx")
	f, err := makeFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.close()
	if err := os.Rename(dir, dir+"-old"); err != nil {
		t.Skipf("an open folder stays here: %v", err)
	}
	if err := os.Mkdir(dir, folderMode); err != nil {
		t.Fatal(err)
	}
	l, err := f.lock(t.Context(), "x"+lockSuffix)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Unlock()
	if f.holds(l, "x"+lockSuffix) {
		t.Error("a lock in another folder counts")
	}
}

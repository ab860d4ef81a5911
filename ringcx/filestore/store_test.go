package filestore_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/filestore"
	"github.com/ringcx-go/ringcx-go/ringcx/storetest"
)

const key = "customer 4711"

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) ringcx.Store { return newStore(t, filepath.Join(t.TempDir(), "ringcx")) })
}

func newStore(t *testing.T, dir string) *filestore.Store {
	t.Helper()
	s, err := filestore.New(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// written returns a Store with a record, its folder and its version.
func written(t *testing.T, data string) (s *filestore.Store, dir, version string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "ringcx")
	s = newStore(t, dir)
	version, err := s.CompareAndSwap(t.Context(), key, "", []byte(data))
	if err != nil {
		t.Fatal(err)
	}
	return s, dir, version
}

// file returns the path of the one file with this suffix.
func file(t *testing.T, dir, suffix string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "*"+suffix))
	if err != nil || len(found) != 1 {
		t.Fatalf("files with suffix %s are %q (%v), want one", suffix, found, err)
	}
	return found[0]
}

func wantRecord(t *testing.T, s ringcx.Store, data string) (version string) {
	t.Helper()
	got, version, err := s.Load(t.Context(), key)
	if err != nil || string(got) != data {
		t.Fatalf("Load returns %q and %v, want %q", got, err, data)
	}
	return version
}

func TestFiles(t *testing.T) {
	s, dir, version := written(t, "secret")
	modes := map[string]string{}
	list := func() {
		clear(modes)
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			info, err := e.Info()
			if err != nil {
				t.Fatal(err)
			}
			hash, suffix, _ := strings.Cut(e.Name(), ".")
			if len(hash) != 32 || strings.Contains(e.Name(), "customer") {
				t.Errorf("a file is called %s, want a hash", e.Name())
			}
			modes[suffix] = info.Mode().String()
		}
	}
	list()
	if diff := cmp.Diff(map[string]string{"lock": "-rw-------", "record": "-rw-------"}, modes); diff != "" {
		t.Errorf("files after a write (-want +got):\n%s", diff)
	}
	if _, err := s.CompareAndSwap(t.Context(), key, version, nil); err != nil {
		t.Fatal(err)
	}
	list()
	if diff := cmp.Diff(map[string]string{"lock": "-rw-------"}, modes); diff != "" {
		t.Errorf("files after a deletion (-want +got):\n%s", diff)
	}
}

func TestDefaultFolder(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CACHE_HOME", "")
	t.Setenv("LocalAppData", home)
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	s := newStore(t, "")
	if _, err := s.CompareAndSwap(t.Context(), key, "", []byte("x")); err != nil {
		t.Fatal(err)
	}
	file(t, filepath.Join(cache, "ringcx"), ".record")

	t.Setenv("HOME", "")
	t.Setenv("LocalAppData", "")
	if _, err := filestore.New(""); err == nil || !strings.Contains(err.Error(), "name one") {
		t.Errorf("without a home, New reports %v, want an error that says to name a folder", err)
	}
}

// TestVersionsOfSameData writes the same data again and again: a version that
// came back would let a swap through that knows an older record.
func TestVersionsOfSameData(t *testing.T) {
	s, _, version := written(t, "same")
	seen := map[string]bool{"": true}
	for _, data := range [][]byte{[]byte("same"), nil, []byte("same"), []byte("same")} {
		seen[version] = true
		next, err := s.CompareAndSwap(t.Context(), key, version, data)
		if err != nil {
			t.Fatal(err)
		}
		version = next
	}
	if len(seen) != 4 || seen[version] {
		t.Errorf("five writes had the versions %v and %s, want another for each but the deletion", seen, version)
	}
}

// TestForeignContent reads what another program left, or a disk that lost the
// end of it, and replaces it.
func TestForeignContent(t *testing.T) {
	for name, content := range map[string]string{
		"empty": "", "other": "hello\nworld", "torn": "ringcx-rec", "another version": "ringcx-record/2 x\ny", "zeros": "\x00\x00\x00\n\x00",
	} {
		t.Run(name, func(t *testing.T) {
			s, dir, old := written(t, "whole")
			if err := os.WriteFile(file(t, dir, ".record"), []byte(content), 0); err != nil {
				t.Fatal(err)
			}
			version := wantRecord(t, s, content)
			if version == old || version == "" {
				t.Errorf("the version is %q, want another than before, %q", version, old)
			}
			if _, err := s.CompareAndSwap(t.Context(), key, old, []byte("new")); !errors.Is(err, ringcx.ErrConflict) {
				t.Errorf("CompareAndSwap of the version before reports %v, want a conflict", err)
			}
			if _, err := s.CompareAndSwap(t.Context(), key, version, []byte("new")); err != nil {
				t.Error(err)
			}
			wantRecord(t, s, "new")
		})
	}
}

// TestChangedRecord shows that a record that was changed by hand, or lost its
// end, is not taken for the one that was written.
func TestChangedRecord(t *testing.T) {
	s, dir, first := written(t, "data")
	path := file(t, dir, ".record")
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteString(", edited")
	f.Close()
	second := wantRecord(t, s, "data, edited")
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, info.Size()-10); err != nil {
		t.Fatal(err)
	}
	if third := wantRecord(t, s, "da"); first == second || second == third || first == third {
		t.Errorf("the versions are %q, %q and %q, want three", first, second, third)
	}
}

// TestRestOfAKilledWrite finds a .tmp file, and leaves none.
func TestRestOfAKilledWrite(t *testing.T) {
	s, dir, version := written(t, "old")
	temp := strings.TrimSuffix(file(t, dir, ".record"), ".record") + ".tmp"
	leave := func() {
		if err := os.WriteFile(temp, []byte("ringcx-record/1 half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	leave()
	wantRecord(t, s, "old")
	version, err := s.CompareAndSwap(t.Context(), key, version, []byte("new"))
	if err != nil {
		t.Fatal(err)
	}
	wantRecord(t, s, "new")
	leave()
	if _, err := s.CompareAndSwap(t.Context(), key, version, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(temp); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is still there (%v)", temp, err)
	}
}

// TestFolderGone goes on when somebody cleans the cache.
func TestFolderGone(t *testing.T) {
	s, dir, version := written(t, "old")
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	wantRecord(t, s, "")
	if _, err := s.CompareAndSwap(t.Context(), key, version, []byte("new")); !errors.Is(err, ringcx.ErrConflict) {
		t.Errorf("CompareAndSwap of a version that is gone reports %v, want a conflict", err)
	}
	if _, err := s.CompareAndSwap(t.Context(), key, "", []byte("new")); err != nil {
		t.Fatal(err)
	}
	wantRecord(t, s, "new")
}

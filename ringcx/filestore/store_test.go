package filestore_test

import (
	"context"
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
	dir := filepath.Join(t.TempDir(), "ringcx")
	storetest.Run(t, func(t *testing.T) ringcx.Store { return newStore(t, dir) })
}

// TestTwoStores runs the same tests with two Stores of one directory, as two
// processes would use it: one reads, the other writes.
func TestTwoStores(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ringcx")
	storetest.Run(t, func(t *testing.T) ringcx.Store {
		return &twoStores{newStore(t, dir), newStore(t, dir)}
	})
}

// twoStores reads with one Store and writes with another.
type twoStores struct{ reader, writer ringcx.LeaseStore }

func (s *twoStores) Load(ctx context.Context, key string) ([]byte, string, error) {
	return s.reader.Load(ctx, key)
}

func (s *twoStores) CompareAndSwap(ctx context.Context, key, version string, data []byte) (string, error) {
	return s.writer.CompareAndSwap(ctx, key, version, data)
}

func (s *twoStores) Hold(ctx context.Context, key, owner string) (func(), error) {
	return s.writer.Hold(ctx, key, owner)
}

func (s *twoStores) Held(ctx context.Context, key, owner string) (bool, error) {
	return s.reader.Held(ctx, key, owner)
}

func newStore(t *testing.T, dir string) *filestore.Store {
	t.Helper()
	s, err := filestore.New(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// written returns a Store with one record, its directory, and the version of the
// record.
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

// file returns the path of the only file with this suffix.
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
		t.Fatalf("Load returned %q and error %v, want %q", got, err, data)
	}
	return version
}

func TestFileNamesAndModes(t *testing.T) {
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
				t.Errorf("file name is %s, want a hash", e.Name())
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

func TestDefaultDirectory(t *testing.T) {
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
	if _, err := filestore.New(""); err == nil || !strings.Contains(err.Error(), "pass a directory to New") {
		t.Errorf("New returned error %v without HOME, want an error with its advice", err)
	}
}

// TestVersionsAreUnique writes the same data several times. If a version were used
// twice, a CompareAndSwap based on an older record would succeed.
func TestVersionsAreUnique(t *testing.T) {
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
		t.Errorf("versions of five writes are %v and %s, want a new one for each write except the deletion", seen, version)
	}
}

// TestUnknownContent reads and replaces files that this package did not write, or
// that are incomplete.
func TestUnknownContent(t *testing.T) {
	for name, content := range map[string]string{
		"empty": "", "other": "hello\nworld", "incomplete": "ringcx-rec", "other header version": "ringcx-record/2 x\ny", "zeros": "\x00\x00\x00\n\x00",
	} {
		t.Run(name, func(t *testing.T) {
			s, dir, old := written(t, "whole")
			if err := os.WriteFile(file(t, dir, ".record"), []byte(content), 0); err != nil {
				t.Fatal(err)
			}
			version := wantRecord(t, s, content)
			if version == old || version == "" {
				t.Errorf("version is %q, want one that differs from %q", version, old)
			}
			if _, err := s.CompareAndSwap(t.Context(), key, old, []byte("new")); !errors.Is(err, ringcx.ErrConflict) {
				t.Errorf("CompareAndSwap with the old version returned error %v, want a conflict", err)
			}
			if _, err := s.CompareAndSwap(t.Context(), key, version, []byte("new")); err != nil {
				t.Error(err)
			}
			wantRecord(t, s, "new")
		})
	}
}

// TestEditedFileHasNewVersion checks that a record file that was edited or truncated
// has a new version.
func TestEditedFileHasNewVersion(t *testing.T) {
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
		t.Errorf("versions are %q, %q and %q, want three different ones", first, second, third)
	}
}

// TestLeftoverTempFile checks that the .tmp file of an interrupted write does not
// affect the record, and that writes and deletions remove it.
func TestLeftoverTempFile(t *testing.T) {
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
		t.Errorf("%s still exists (%v)", temp, err)
	}
}

// TestDirectoryRemoved removes the directory, as a user who clears the cache does.
func TestDirectoryRemoved(t *testing.T) {
	s, dir, version := written(t, "old")
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	wantRecord(t, s, "")
	if _, err := s.CompareAndSwap(t.Context(), key, version, []byte("new")); !errors.Is(err, ringcx.ErrConflict) {
		t.Errorf("CompareAndSwap with the removed version returned error %v, want a conflict", err)
	}
	if _, err := s.CompareAndSwap(t.Context(), key, "", []byte("new")); err != nil {
		t.Fatal(err)
	}
	wantRecord(t, s, "new")
}

//go:build unix

package filestore_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/ringcx-go/ringcx-go/ringcx/filestore"
)

const otherUser = 65534

// unsafeFiles make a file or the directory of a Store unsafe. The error must contain
// the path. If it contains a command, the command must fix the problem.
var unsafeFiles = []struct {
	name  string
	spoil func(path string) error
	file  string // suffix; "" is the directory
	want  string // part of the error
	reads bool   // Load still succeeds
	root  bool   // only root can run this test
}{
	{name: "directory mode", spoil: chmod(0o750), want: "mode 0750 allows more than 0700: run chmod 700 "},
	{name: "directory of another user", spoil: chown, want: "belongs to user 65534, but this process runs as user 0: ", root: true},
	{name: "directory is a link", spoil: moveAndLink, want: "is a symbolic link: "},
	{name: "directory is a file", spoil: replaceBy(writeFile), want: "is not a directory: "},
	{name: "directory is a dangling link", spoil: replaceBy(danglingLink), want: "is a symbolic link: "},
	{name: "record mode", file: ".record", spoil: chmod(0o644), want: "mode 0644 allows more than 0600: run chmod 600 "},
	{name: "record of another user", file: ".record", spoil: chown, want: "belongs to user 65534, ", root: true},
	{name: "record is a link", file: ".record", spoil: moveAndLink, want: "is a symbolic link: "},
	{name: "record is a dangling link", file: ".record", spoil: replaceBy(danglingLink), want: "is a symbolic link: "},
	{name: "record is a directory", file: ".record", spoil: replaceBy(mkdir), want: "is not a regular file: "},
	{name: "record is a pipe", file: ".record", spoil: replaceBy(mkfifo), want: "is not a regular file: "},
	{name: "record is read-only", file: ".record", spoil: chmod(0o400), want: "is read-only: run chmod 600 ", reads: true},
	{name: "lock mode", file: ".lock", spoil: chmod(0o666), want: "mode 0666 allows more than 0600: run chmod 600 ", reads: true},
	{name: "lock of another user", file: ".lock", spoil: chown, want: "belongs to user 65534, ", reads: true, root: true},
	{name: "lock is a link", file: ".lock", spoil: moveAndLink, want: "is a symbolic link: ", reads: true},
}

func chmod(mode os.FileMode) func(string) error {
	return func(path string) error { return os.Chmod(path, mode) }
}

func chown(path string) error { return os.Chown(path, otherUser, -1) }

func moveAndLink(path string) error {
	if err := os.Rename(path, path+"-moved"); err != nil {
		return err
	}
	return os.Symlink(path+"-moved", path)
}

func replaceBy(make func(path string) error) func(string) error {
	return func(path string) error {
		if err := os.RemoveAll(path); err != nil {
			return err
		}
		return make(path)
	}
}

func writeFile(path string) error    { return os.WriteFile(path, nil, 0o600) }
func danglingLink(path string) error { return os.Symlink(path+"-missing", path) }
func mkdir(path string) error        { return os.Mkdir(path, 0o700) }
func mkfifo(path string) error       { return syscall.Mkfifo(path, 0o600) }

func TestUnsafeFilesAreRejected(t *testing.T) {
	for _, tt := range unsafeFiles {
		t.Run(tt.name, func(t *testing.T) {
			if tt.root && os.Geteuid() != 0 {
				t.Skip("only root can change the owner of a file")
			}
			s, dir, version := written(t, "old")
			path := dir
			if tt.file != "" {
				path = file(t, dir, tt.file)
			}
			if err := tt.spoil(path); err != nil {
				t.Fatal(err)
			}
			_, err := s.CompareAndSwap(t.Context(), key, version, []byte("new"))
			wantError(t, "CompareAndSwap", err, path, tt.want)
			_, err = s.CompareAndSwap(t.Context(), key, version, nil)
			wantError(t, "CompareAndSwap with nil data", err, path, tt.want)
			if tt.reads {
				wantRecord(t, s, "old")
			} else {
				_, _, err := s.Load(t.Context(), key)
				wantError(t, "Load", err, path, tt.want)
			}
			if tt.file == "" {
				_, err := filestore.New(dir)
				wantError(t, "New", err, path, tt.want)
			}
			checkAdvice(t, err, func() error {
				_, err := s.CompareAndSwap(t.Context(), key, version, []byte("new"))
				return err
			})
		})
	}
}

// wantError checks that err starts with the path and contains want.
func wantError(t *testing.T, what string, err error, path, want string) {
	t.Helper()
	if err == nil || !strings.HasPrefix(err.Error(), "filestore: "+path+": ") || !strings.Contains(err.Error(), want) {
		t.Errorf("%s returned error %v, want an error with %s and %q", what, err, path, want)
	}
}

// checkAdvice runs the command in the text of err, if there is one. write must
// succeed afterwards.
func checkAdvice(t *testing.T, err error, write func() error) {
	t.Helper()
	command := regexp.MustCompile(`run (ch\w+ [^,]+)`).FindStringSubmatch(err.Error())
	if command == nil {
		return
	}
	if out, err := exec.Command("sh", "-c", command[1]).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", command[1], err, out)
	}
	if err := write(); err != nil {
		t.Errorf("CompareAndSwap returned error %v after %q", err, command[1])
	}
}

// TestAdviceQuotesPath runs the command in an error about a directory whose name
// contains characters that are special to a shell.
func TestAdviceQuotesPath(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "it's $HOME; here")
	newStore(t, dir)
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	_, err := filestore.New(dir)
	if err == nil {
		t.Fatal("New returned no error for a directory of mode 0777")
	}
	command := regexp.MustCompile(`run (chmod .*), or choose`).FindStringSubmatch(err.Error())
	if command == nil {
		t.Fatalf("error %v contains no command", err)
	}
	if out, err := exec.Command("sh", "-c", command[1]).CombinedOutput(); err != nil {
		t.Errorf("%s: %v: %s", command[1], err, out)
	}
	newStore(t, dir)
}

func TestParentIsFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := writeFile(path); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(path, "ringcx")
	_, err := filestore.New(dir)
	wantError(t, "New", err, dir, "remove the file that is in the way, or choose another directory")
}

// TestDirectoryNotWritable removes the write permission. It has no effect on root.
func TestDirectoryNotWritable(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root can write everywhere")
	}
	s, dir, version := written(t, "old")
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(dir, 0o700) // so that TempDir can be removed
	_, err := s.CompareAndSwap(t.Context(), key, version, []byte("new"))
	wantError(t, "CompareAndSwap", err, strings.TrimSuffix(file(t, dir, ".record"), ".record")+".tmp", "chmod u+rwX")
	wantRecord(t, s, "old")
}

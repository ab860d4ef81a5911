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

const nobody = 65534

// refusals spoil a file or the folder of a Store. The error names the path, and
// where it names a command, that command mends it.
var refusals = []struct {
	name  string
	spoil func(path string) error
	file  string // suffix; "" is the folder
	want  string // part of the error
	reads bool   // Load goes on
	root  bool   // needs to be root
}{
	{name: "folder wider", spoil: chmod(0o750), want: "its mode 0750 is wider than 0700: run chmod 700 "},
	{name: "folder in the hands of another", spoil: chown, want: "it belongs to user 65534, and this process to user 0: ", root: true},
	{name: "folder a link", spoil: moveAndLink, want: "it is a symbolic link: "},
	{name: "folder a file", spoil: replaceBy(writeFile), want: "it is not a folder: "},
	{name: "folder a link to nothing", spoil: replaceBy(linkToNothing), want: "it is a symbolic link: "},
	{name: "record wider", file: ".record", spoil: chmod(0o644), want: "its mode 0644 is wider than 0600: run chmod 600 "},
	{name: "record in the hands of another", file: ".record", spoil: chown, want: "it belongs to user 65534, ", root: true},
	{name: "record a link", file: ".record", spoil: moveAndLink, want: "it is a symbolic link: "},
	{name: "record a link to nothing", file: ".record", spoil: replaceBy(linkToNothing), want: "it is a symbolic link: "},
	{name: "record a folder", file: ".record", spoil: replaceBy(mkdir), want: "it is not a file: "},
	{name: "record a pipe", file: ".record", spoil: replaceBy(mkfifo), want: "it is not a file: "},
	{name: "record read-only", file: ".record", spoil: chmod(0o400), want: "it is read-only: run chmod 600 ", reads: true},
	{name: "lock wider", file: ".lock", spoil: chmod(0o666), want: "its mode 0666 is wider than 0600: run chmod 600 ", reads: true},
	{name: "lock in the hands of another", file: ".lock", spoil: chown, want: "it belongs to user 65534, ", reads: true, root: true},
	{name: "lock a link", file: ".lock", spoil: moveAndLink, want: "it is a symbolic link: ", reads: true},
}

func chmod(mode os.FileMode) func(string) error {
	return func(path string) error { return os.Chmod(path, mode) }
}

func chown(path string) error { return os.Chown(path, nobody, -1) }

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

func writeFile(path string) error     { return os.WriteFile(path, nil, 0o600) }
func linkToNothing(path string) error { return os.Symlink(path+"-nothing", path) }
func mkdir(path string) error         { return os.Mkdir(path, 0o700) }
func mkfifo(path string) error        { return syscall.Mkfifo(path, 0o600) }

func TestRefused(t *testing.T) {
	for _, tt := range refusals {
		t.Run(tt.name, func(t *testing.T) {
			if tt.root && os.Geteuid() != 0 {
				t.Skip("only root can give a file away")
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
			wantTrouble(t, "CompareAndSwap", err, path, tt.want)
			_, err = s.CompareAndSwap(t.Context(), key, version, nil)
			wantTrouble(t, "a deletion", err, path, tt.want)
			if tt.reads {
				wantRecord(t, s, "old")
			} else {
				_, _, err := s.Load(t.Context(), key)
				wantTrouble(t, "Load", err, path, tt.want)
			}
			if tt.file == "" {
				_, err := filestore.New(dir)
				wantTrouble(t, "New", err, path, tt.want)
			}
			if cure := regexp.MustCompile(`run (ch\w+ [^,]+)`).FindStringSubmatch(err.Error()); cure != nil {
				if out, err := exec.Command("sh", "-c", cure[1]).CombinedOutput(); err != nil {
					t.Fatalf("%s: %v: %s", cure[1], err, out)
				}
				if _, err := s.CompareAndSwap(t.Context(), key, version, []byte("new")); err != nil {
					t.Errorf("after %q, CompareAndSwap reports %v", cure[1], err)
				}
			}
		})
	}
}

func wantTrouble(t *testing.T, what string, err error, path, want string) {
	t.Helper()
	if err == nil || !strings.HasPrefix(err.Error(), "filestore: "+path+": ") || !strings.Contains(err.Error(), want) {
		t.Errorf("%s reports %v, want an error with %s and %q", what, err, path, want)
	}
}

// TestQuotedCure mends a folder whose name a shell would take apart.
func TestQuotedCure(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "it's $HOME; here")
	newStore(t, dir)
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	_, err := filestore.New(dir)
	if err == nil {
		t.Fatal("a folder of mode 0777 is accepted")
	}
	cure := regexp.MustCompile(`run (chmod .*), or choose`).FindStringSubmatch(err.Error())
	if cure == nil {
		t.Fatalf("no cure in %v", err)
	}
	if out, err := exec.Command("sh", "-c", cure[1]).CombinedOutput(); err != nil {
		t.Errorf("%s: %v: %s", cure[1], err, out)
	}
	newStore(t, dir)
}

func TestPathThroughAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := writeFile(path); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(path, "ringcx")
	_, err := filestore.New(dir)
	wantTrouble(t, "New", err, dir, "remove the file that is in the way, or choose another folder")
}

// TestForbidden has a folder that may not be written to; root may all the same.
func TestForbidden(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write everywhere")
	}
	s, dir, version := written(t, "old")
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(dir, 0o700) // for the removal
	_, err := s.CompareAndSwap(t.Context(), key, version, []byte("new"))
	wantTrouble(t, "CompareAndSwap", err, strings.TrimSuffix(file(t, dir, ".record"), ".record")+".tmp", "chmod u+rwX")
	wantRecord(t, s, "old")
}

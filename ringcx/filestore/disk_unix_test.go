//go:build unix

package filestore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/ringcx-go/ringcx-go/ringcx/filestore"
)

func init() { jobs["limit"] = limitJob }

// runJob runs a child to its end. With attr, it may have to skip the test.
func runJob(t *testing.T, job, dir string, attr *syscall.SysProcAttr) {
	t.Helper()
	cmd := command(job, dir)
	cmd.SysProcAttr = attr
	out, err := cmd.CombinedOutput()
	if attr != nil && cmd.Process == nil || strings.Contains(string(out), "no mount") { // not allowed here
		t.Skipf("%v: %s", err, out)
	}
	if err != nil {
		t.Errorf("%v: %s", err, out)
	}
	t.Logf("%s", out)
}

// TestFileSizeLimit runs into a limit in the middle of a write.
func TestFileSizeLimit(t *testing.T) {
	runJob(t, "limit", filepath.Join(t.TempDir(), "ringcx"), nil)
}

func limitJob(dir string) error {
	signal.Ignore(syscall.SIGXFSZ)
	limit := syscall.Rlimit{Cur: 64 << 10, Max: 64 << 10}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	s, version, err := create(dir)
	if err != nil {
		return err
	}
	if err := failToWrite(s, dir, version, 1<<20, syscall.EFBIG, "(ulimit -f)"); err != nil {
		return err
	}
	_, err = s.CompareAndSwap(context.Background(), key, version, []byte("new"))
	return err
}

func create(dir string) (s *filestore.Store, version string, err error) {
	if s, err = filestore.New(dir); err != nil {
		return nil, "", err
	}
	version, err = s.CompareAndSwap(context.Background(), key, "", []byte("old"))
	return s, version, err
}

// failToWrite expects an error that names the folder and the cure, and the old
// record, and nothing else in the folder.
func failToWrite(s *filestore.Store, dir, version string, size int, want error, cure string) error {
	_, err := s.CompareAndSwap(context.Background(), key, version, bytes.Repeat([]byte("x"), size))
	if !errors.Is(err, want) || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), cure) {
		return fmt.Errorf("CompareAndSwap reports %w, want %w, %s and %s", err, want, dir, cure)
	}
	fmt.Println(err)
	data, after, err := s.Load(context.Background(), key)
	if string(data) != "old" || after != version || err != nil {
		return fmt.Errorf("then Load returns %.20q, version %s and %w, want the old record", data, after, err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*.tmp"))
	if err != nil || len(left) > 0 {
		return fmt.Errorf("a failed write left %s (%w)", left, err)
	}
	return nil
}

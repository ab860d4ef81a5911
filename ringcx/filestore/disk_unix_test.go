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

// cannotMount starts the error of a job that may not mount a disk.
const cannotMount = "cannot mount"

// runJob runs a job in a child process. It skips the test if the system does not
// allow attr, or does not allow the job to mount a disk.
func runJob(t *testing.T, job, dir string, attr *syscall.SysProcAttr) {
	t.Helper()
	cmd := command(job, dir)
	cmd.SysProcAttr = attr
	out, err := cmd.CombinedOutput()
	if attr != nil && cmd.Process == nil || strings.Contains(string(out), cannotMount) {
		t.Skipf("%v: %s", err, out)
	}
	if err != nil {
		t.Errorf("%v: %s", err, out)
	}
	t.Logf("%s", out)
}

// TestFileSizeLimit exceeds the file size limit of a process in the middle of a
// write.
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
	if err := checkWriteFails(s, dir, version, 1<<20, syscall.EFBIG, "(ulimit -f)"); err != nil {
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

// checkWriteFails writes size bytes. It expects an error that contains the directory
// and the advice, an unchanged record, and no .tmp file.
func checkWriteFails(s *filestore.Store, dir, version string, size int, want error, advice string) error {
	_, err := s.CompareAndSwap(context.Background(), key, version, bytes.Repeat([]byte("x"), size))
	if !errors.Is(err, want) || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), advice) {
		return fmt.Errorf("CompareAndSwap returned error %w, want %w, %s and %s", err, want, dir, advice)
	}
	fmt.Println(err)
	data, after, err := s.Load(context.Background(), key)
	if string(data) != "old" || after != version || err != nil {
		return fmt.Errorf("Load returned %.20q, version %s, error %w after the failed write, want the old record", data, after, err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*.tmp"))
	if err != nil || len(left) > 0 {
		return fmt.Errorf("the failed write left %s (%w)", left, err)
	}
	return nil
}

package filestore_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gofrs/flock"
)

// TestLockHeld writes once the other writer is done, or gives up with its context.
func TestLockHeld(t *testing.T) {
	s, dir, version := written(t, "old")
	other := flock.New(file(t, dir, ".lock"))
	if err := other.Lock(); err != nil {
		t.Fatal(err)
	}
	wantRecord(t, s, "old") // readers do not wait

	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := s.CompareAndSwap(ctx, key, version, []byte("new"))
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), dir) {
		t.Errorf("under the lock of another, CompareAndSwap reports %v, want %v and the path", err, context.DeadlineExceeded)
	}
	wantRecord(t, s, "old")

	done := make(chan error)
	go func() {
		_, err := s.CompareAndSwap(t.Context(), key, version, []byte("new"))
		done <- err
	}()
	if err := other.Unlock(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Errorf("once the lock is free, CompareAndSwap reports %v", err)
	}
	wantRecord(t, s, "new")
}

// TestLockRemoved removes the lock file under a writer that waits for it: the
// lock that it then gets is on a file that nobody else looks at.
func TestLockRemoved(t *testing.T) {
	s, dir, version := written(t, "old")
	path := file(t, dir, ".lock")
	first := flock.New(path)
	if err := first.Lock(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() {
		_, err := s.CompareAndSwap(t.Context(), key, version, []byte("new"))
		done <- err
	}()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil { // on a new lock file: the old one stays locked
		t.Errorf("once the lock file is gone, CompareAndSwap reports %v", err)
	}
	if err := first.Unlock(); err != nil {
		t.Error(err)
	}
	wantRecord(t, s, "new")
}

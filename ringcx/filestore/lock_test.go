package filestore_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"github.com/ringcx-go/ringcx-go/ringcx/filestore"
)

// TestWriterWaitsForLock checks that CompareAndSwap waits for another writer, or
// until its context is done.
func TestWriterWaitsForLock(t *testing.T) {
	s, dir, version := written(t, "old")
	other := flock.New(file(t, dir, ".lock"))
	if err := other.Lock(); err != nil {
		t.Fatal(err)
	}
	wantRecord(t, s, "old") // Load does not wait

	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := s.CompareAndSwap(ctx, key, version, []byte("new"))
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), dir) {
		t.Errorf("CompareAndSwap returned error %v while the record is locked, want %v and the path", err, context.DeadlineExceeded)
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
		t.Errorf("CompareAndSwap returned error %v after the lock was released", err)
	}
	wantRecord(t, s, "new")
}

// TestLockFileRemoved removes the lock file while a writer waits for it. The writer
// must lock the new lock file.
func TestLockFileRemoved(t *testing.T) {
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
	if err := <-done; err != nil { // the old file is still locked
		t.Errorf("CompareAndSwap returned error %v after the lock file was removed", err)
	}
	if err := first.Unlock(); err != nil {
		t.Error(err)
	}
	wantRecord(t, s, "new")
}

func init() { jobs["hold"] = holdJob }

// holdJob calls Hold and waits until the process is killed.
func holdJob(dir string) error {
	s, err := filestore.New(dir)
	if err != nil {
		return err
	}
	if _, err := s.Hold(context.Background(), key, "child"); err != nil {
		return err
	}
	fmt.Println("held")
	bufio.NewReader(os.Stdin).ReadString('\n') // until the parent closes the pipe
	return nil
}

// TestKilledOwner kills a process that called Hold. Held must return false from then
// on, and the next Hold must remove the lease file.
func TestKilledOwner(t *testing.T) {
	s, dir, _ := written(t, "record")
	cmd := command("hold", dir)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "held\n" {
		t.Fatalf("the child printed %q (%v), want held", line, err)
	}
	wantAlive(t, s, "child", true)
	cmd.Process.Kill()
	cmd.Wait() // returns an error: the process was killed
	start := time.Now()
	wantAlive(t, s, "child", false)
	t.Logf("detected %v after the end of the process", time.Since(start))
	var wg sync.WaitGroup
	for range 8 { // concurrent calls of Held must not take each other for the owner
		wg.Go(func() {
			for range 500 {
				if alive, err := s.Held(t.Context(), key, "child"); alive || err != nil {
					t.Errorf("a concurrent Held returned %v (error %v), want false", alive, err)
					return
				}
			}
		})
	}
	wg.Wait()

	wantLeases(t, dir, 1) // of the killed process
	release, err := s.Hold(t.Context(), key, "next")
	if err != nil {
		t.Fatal(err)
	}
	wantAlive(t, s, "next", true)
	wantLeases(t, dir, 1)
	release()
	wantLeases(t, dir, 0)
}

// TestHeldDuringAnotherHeld leaves the lease file of a killed process, and locks it
// as another call of Held does. Held must not take that call for the owner.
func TestHeldDuringAnotherHeld(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ringcx")
	s := newStore(t, dir)
	release, err := s.Hold(t.Context(), key, "killed")
	if err != nil {
		t.Fatal(err)
	}
	wantAlive(t, s, "killed", true)
	left := file(t, dir, ".lease")
	release()
	if err := os.WriteFile(left, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	held := flock.New(left, flock.SetFlag(os.O_RDWR))
	if err := held.RLock(); err != nil {
		t.Fatal(err)
	}
	wantAlive(t, s, "killed", false)
	if err := held.Unlock(); err != nil {
		t.Fatal(err)
	}
	wantAlive(t, s, "killed", false)
}

// TestLeaseFileIsDirectory puts a directory in place of a lease file. It must not
// affect other owners.
func TestLeaseFileIsDirectory(t *testing.T) {
	s, dir, _ := written(t, "record")
	release, err := s.Hold(t.Context(), key, "first")
	if err != nil {
		t.Fatal(err)
	}
	path := file(t, dir, ".lease")
	release()
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Hold(t.Context(), key, "second"); err != nil {
		t.Errorf("Hold of another owner returned error %v", err)
	}
	if _, err := s.Hold(t.Context(), key, "first"); err == nil {
		t.Error("Hold returned no error")
	}
	if alive, err := s.Held(t.Context(), key, "first"); err == nil {
		t.Errorf("Held returned %v and no error", alive)
	}
}

// TestHeldWithoutDirectory checks that Held does not create the directory.
func TestHeldWithoutDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ringcx")
	s := newStore(t, dir)
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	wantAlive(t, s, "unknown", false)
	if _, err := os.Stat(dir); err == nil {
		t.Error("Held created the directory")
	}
}

// TestHoldKeepsLeasesOfOtherKeys leaves a lease file of another key. Hold must not
// remove it: the lock of this key does not guard it.
func TestHoldKeepsLeasesOfOtherKeys(t *testing.T) {
	s, dir, _ := written(t, "record")
	hold := func(key, owner string) (release func()) {
		release, err := s.Hold(t.Context(), key, owner)
		if err != nil {
			t.Fatal(err)
		}
		return release
	}
	release := hold("another key", "killed")
	path := file(t, dir, ".lease")
	release()
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	hold(key, "first")()
	wantLeases(t, dir, 1)
	hold("another key", "second")()
	wantLeases(t, dir, 0)
}

func wantAlive(t *testing.T, s *filestore.Store, owner string, want bool) {
	t.Helper()
	if alive, err := s.Held(t.Context(), key, owner); err != nil || alive != want {
		t.Fatalf("Held of %q = %v (error %v), want %v", owner, alive, err, want)
	}
}

func wantLeases(t *testing.T, dir string, want int) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "*.lease"))
	if err != nil || len(found) != want {
		t.Errorf("lease files are %q (%v), want %d", found, err, want)
	}
}

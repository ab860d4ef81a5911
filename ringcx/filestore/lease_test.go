package filestore_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx/filestore"
)

func init() { jobs["hold"] = holdJob }

// holdJob is alive until it is killed.
func holdJob(dir string) error {
	s, err := filestore.New(dir)
	if err != nil {
		return err
	}
	if _, err := s.Hold(context.Background(), key, "child"); err != nil {
		return err
	}
	fmt.Println("held")
	bufio.NewReader(os.Stdin).ReadString('\n') // the parent has gone
	return nil
}

// TestHolderKilled kills a process that is held to be alive. It is not from then
// on, and what it left is gone with the next Hold.
func TestHolderKilled(t *testing.T) {
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
		t.Fatalf("the child says %q (%v), want held", line, err)
	}
	wantAlive(t, s, "child", true)
	cmd.Process.Kill()
	cmd.Wait() // reports that it was killed
	start := time.Now()
	wantAlive(t, s, "child", false)
	t.Logf("seen %v after the end", time.Since(start))
	var wg sync.WaitGroup
	for range 8 { // one who asks is no holder to another
		wg.Go(func() {
			for range 500 {
				if alive, err := s.Held(t.Context(), key, "child"); alive || err != nil {
					t.Errorf("one of many who ask is told %v (error %v), want false", alive, err)
					return
				}
			}
		})
	}
	wg.Wait()

	wantLeases(t, dir, 1) // what it left
	release, err := s.Hold(t.Context(), key, "next")
	if err != nil {
		t.Fatal(err)
	}
	wantAlive(t, s, "next", true)
	wantLeases(t, dir, 1)
	release()
	wantLeases(t, dir, 0)
}

// TestHoldBesideBadLease goes on where somebody has put something in the way of
// another's lease.
func TestHoldBesideBadLease(t *testing.T) {
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
		t.Errorf("beside a folder named as a lease, Hold reports %v", err)
	}
	if _, err := s.Hold(t.Context(), key, "first"); err == nil {
		t.Error("where a folder is in the way, Hold reports no error")
	}
	if alive, err := s.Held(t.Context(), key, "first"); err == nil {
		t.Errorf("where a folder is in the way, Held says %v", alive)
	}
}

// TestHeldInNoFolder asks where nothing has been written, and makes no folder.
func TestHeldInNoFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ringcx")
	s := newStore(t, dir)
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	wantAlive(t, s, "anybody", false)
	if _, err := os.Stat(dir); err == nil {
		t.Error("Held made the folder")
	}
}

func wantAlive(t *testing.T, s *filestore.Store, owner string, want bool) {
	t.Helper()
	if alive, err := s.Held(t.Context(), key, owner); err != nil || alive != want {
		t.Fatalf("Held of %q says %v (error %v), want %v", owner, alive, err, want)
	}
}

func wantLeases(t *testing.T, dir string, want int) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "*.lease"))
	if err != nil || len(found) != want {
		t.Errorf("the leases are %q (%v), want %d", found, err, want)
	}
}

// TestHoldLeavesOtherKeys has a killed process leave a lease of another key, which
// the lock of this key does not guard.
func TestHoldLeavesOtherKeys(t *testing.T) {
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

package filestore_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/gofrs/flock"
)

// TestHeldBesideAnotherThatAsks asks for the owner of a lease that a killed process
// left, while another process asks too: it is not the owner.
func TestHeldBesideAnotherThatAsks(t *testing.T) {
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
	asks := flock.New(left, flock.SetFlag(os.O_RDWR))
	if err := asks.RLock(); err != nil {
		t.Fatal(err)
	}
	wantAlive(t, s, "killed", false)
	if err := asks.Unlock(); err != nil {
		t.Fatal(err)
	}
	wantAlive(t, s, "killed", false)
}

package filestore_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx/filestore"
)

// TestProcesses counts in one record from eight processes.
func TestProcesses(t *testing.T) {
	const processes, times = 8, 200
	s, dir, _ := written(t, "0")
	var children []*child
	for range processes {
		children = append(children, startChild(t, dir, times))
	}
	start := time.Now()
	for _, c := range children {
		c.begin()
	}
	for _, c := range children { // the pipe holds what is not read yet
		c.read(times)
	}
	took := time.Since(start)
	data, _, err := s.Load(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(data), strconv.Itoa(processes*times); got != want {
		t.Errorf("after %d processes added 1 %d times each, the record is %s, want %s: the rest was lost", processes, times, got, want)
	}
	t.Logf("%d × %d additions took %v", processes, times, took)
}

// TestKilled kills processes while they write. The record is never torn, each
// addition that was reported is in it, and the next writer need not wait.
func TestKilled(t *testing.T) {
	for _, survivors := range []int{0, 2} {
		t.Run(fmt.Sprintf("%d survivors", survivors), func(t *testing.T) {
			s, dir, _ := written(t, "0")
			var others []*child
			for range survivors {
				others = append(others, startChild(t, dir, 0))
				others[len(others)-1].begin()
			}
			k := killer{t: t, s: s, dir: dir, alone: survivors == 0}
			for range 20 {
				k.round()
			}
			for _, c := range others {
				c.read(1) // still at work
				c.kill()
				k.reported += c.added
				k.killed++
			}
			k.checkSum()
		})
	}
}

// killer keeps the sum of what was added for certain.
type killer struct {
	t        *testing.T
	s        *filestore.Store
	dir      string
	alone    bool          // nobody else writes
	reported int           // additions
	killed   int           // processes, each of which may have added 1 that it did not report
	midway   int           // left a .tmp file; counted where alone
	longest  time.Duration // of the addition after a kill
}

// round kills a process at a random moment, and writes at once.
func (k *killer) round() {
	c := startChild(k.t, k.dir, 0)
	c.begin()
	c.read(1 + rand.IntN(5))
	moment := rand.N(3 * time.Millisecond)
	for start := time.Now(); time.Since(start) < moment; { // a write takes about as long
	}
	c.kill()
	k.killed++
	k.reported += c.added
	if left, _ := filepath.Glob(filepath.Join(k.dir, "*.tmp")); k.alone && len(left) > 0 {
		k.midway++
	}
	ctx, cancel := context.WithTimeout(k.t.Context(), 10*time.Second)
	defer cancel()
	start := time.Now()
	if _, err := add(ctx, k.s); err != nil {
		k.t.Fatalf("after a process was killed: %v", err)
	}
	k.reported++
	k.longest = max(k.longest, time.Since(start))
}

func (k *killer) checkSum() {
	n, err := add(k.t.Context(), k.s)
	if err != nil {
		k.t.Fatal(err)
	}
	k.reported++
	if n < k.reported || n > k.reported+k.killed {
		k.t.Errorf("the record is %d, want %d to %d: what was reported, and at most one more for each of %d kills",
			n, k.reported, k.reported+k.killed, k.killed)
	}
	entries, err := os.ReadDir(k.dir)
	if err != nil {
		k.t.Fatal(err)
	}
	if len(entries) != 2 || strings.HasSuffix(entries[0].Name()+entries[1].Name(), ".tmp") {
		k.t.Errorf("%d kills left %v, want the record and the lock", k.killed, entries)
	}
	k.t.Logf("%d kills, %d left a .tmp file; %d additions; the longest takeover took %v", k.killed, k.midway, n, k.longest)
}

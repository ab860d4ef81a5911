package ringcx

import (
	"sync"
	"sync/atomic"
	"time"
)

// brake stops 401s from causing renewals where a renewed token was refused as
// well. It holds for 1, 2, 4 … 60 s, and is released by a call that succeeds.
type brake struct {
	pulls atomic.Int32 // in a row; lets release look without the lock
	mu    sync.Mutex
	until time.Time
}

const longestBrake = time.Minute

func (b *brake) pull() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if time.Now().Before(b.until) {
		return // one pull for all the calls that failed together
	}
	d := longestBrake
	if n := b.pulls.Add(1); n <= 6 {
		d = time.Second << (n - 1)
	}
	b.until = time.Now().Add(d)
}

func (b *brake) holds() bool {
	if b.pulls.Load() == 0 {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return time.Now().Before(b.until)
}

func (b *brake) release() {
	if b.pulls.Load() == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pulls.Store(0)
	b.until = time.Time{}
}

package ringcx

import (
	"sync"
	"sync/atomic"
	"time"
)

// brake stops 401s from causing renewals where a renewed token was refused as
// well: the token is not the reason then. It holds for 1, 2, 4 … 60 s. It is
// released by a call that a renewed token cured, and not by any other: one
// endpoint that always answers 401 must not spend a refresh token for each call
// that another one answers well. What is over for a minute is forgotten.
type brake struct {
	pulls atomic.Int32 // in a row; lets release look without the lock
	mu    sync.Mutex
	until time.Time
}

const longestBrake = time.Minute

func (b *brake) pull() {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch over := time.Since(b.until); {
	case over < 0:
		return // one pull for all the calls that failed together
	case over > longestBrake:
		b.pulls.Store(0)
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

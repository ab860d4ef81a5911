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
	since clocks // when until was set
	blind blind
	tried atomic.Bool // blind is set; lets accepted look without the lock
}

// blind is a 401 of a request that could not be sent again with a new token. A later
// request shows whether that was what it took.
type blind struct {
	path, token string
	at          time.Time
}

const longestBrake = time.Minute

func (b *brake) pull(wall time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pullLocked(wall)
}

func (b *brake) pullLocked(wall time.Time) {
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
	b.until, b.since = time.Now().Add(d), readClocks(wall)
}

func (b *brake) holds(wall time.Time) bool {
	if b.pulls.Load() == 0 {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return time.Now().Before(b.until) && !b.since.suspended(wall)
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

// deniedAgain reports whether a request that cannot be sent again met a 401 with a
// token that replaced one less than a minute ago, because of such a 401: then the
// token is not the reason. It pulls the brake, once for each new token, so that a
// token that was in fact revoked is invalid at the next 401.
func (b *brake) deniedAgain(path, token string, wall time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	again := b.tried.Load() && b.blind.token != token && time.Since(b.blind.at) < longestBrake
	if again {
		b.blind = blind{}
		b.pullLocked(wall)
	} else {
		b.blind = blind{path, token, time.Now()}
	}
	b.tried.Store(!again)
	return again
}

// accepted releases the brake if the token is new and path rejected the one before.
func (b *brake) accepted(path, token string) {
	if !b.tried.Load() {
		return
	}
	b.mu.Lock()
	cured := b.blind.path == path && b.blind.token != token
	if cured {
		b.blind = blind{}
		b.tried.Store(false)
	}
	b.mu.Unlock()
	if cured {
		b.release()
	}
}

package ringcx

import (
	"sync"
	"sync/atomic"
	"time"
)

// longestOpen is the longest time for which a circuitBreaker opens, and how long after
// that time its trips still count.
const longestOpen = time.Minute

// circuitBreaker limits the renewals that 401s cause. If RingCX returns a 401 for a
// token that was just renewed, the token is not the reason for the 401, and another
// renewal would only use up a refresh token. Then the breaker trips: it is open for
// 1, 2, 4 … 60 s, longer each time. While it is open, a 401 does not invalidate the
// token.
//
// A call that succeeds because its token was renewed resets the breaker. Other calls
// that succeed do not: one endpoint may reject every call while another accepts
// the same token. A minute after it has closed, the breaker forgets its trips.
//
// Safe for concurrent use. Its times are measured with time.Now; the wall clock that
// its methods take only shows whether the machine was suspended.
type circuitBreaker struct {
	trips      atomic.Int32 // since the last reset; read without the lock
	unrepeated atomic.Bool  // rejection is set; read without the lock

	mu        sync.Mutex // guards what follows
	until     time.Time  // when the breaker closes
	since     deadline   // when until was set
	rejection rejection
}

// rejection is a 401 for a request that could not be sent again with a new token. A
// later request to the same path shows whether a new token helps.
type rejection struct {
	path, token string
	at          time.Time
}

// trip opens the breaker. It does nothing while the breaker is open, so that calls
// that fail together trip it once.
func (b *circuitBreaker) trip(wall time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tripLocked(wall)
}

func (b *circuitBreaker) tripLocked(wall time.Time) {
	switch closed := time.Since(b.until); {
	case closed < 0:
		return
	case closed > longestOpen:
		b.trips.Store(0)
	}
	d := longestOpen
	if n := b.trips.Add(1); n <= 6 {
		d = time.Second << (n - 1)
	}
	b.until, b.since = time.Now().Add(d), deadlineIn(0, wall)
}

// open reports whether the breaker is open. A suspend of the machine closes it.
func (b *circuitBreaker) open(wall time.Time) bool {
	if b.trips.Load() == 0 {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return time.Now().Before(b.until) && !b.since.suspended(wall)
}

// reset closes the breaker and forgets its trips.
func (b *circuitBreaker) reset() {
	if b.trips.Load() == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.trips.Store(0)
	b.until = time.Time{}
}

// rejected records a 401 for a request that cannot be sent again. If another such
// 401 caused a renewal less than a minute ago, and token is the renewed one, it trips
// the breaker and returns true. It does so once for each renewed token: if RingCX did
// revoke the token, the next 401 invalidates it.
func (b *circuitBreaker) rejected(path, token string, wall time.Time) (tripped bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	tripped = b.rejectedAnother(token)
	if tripped {
		b.rejection = rejection{}
		b.tripLocked(wall)
	} else {
		b.rejection = rejection{path, token, time.Now()}
	}
	b.unrepeated.Store(!tripped)
	return tripped
}

// rejectedAnother reports whether the last rejection is less than a minute old and of
// a token other than token. It requires b.mu.
func (b *circuitBreaker) rejectedAnother(token string) bool {
	return b.unrepeated.Load() && b.rejection.token != token && time.Since(b.rejection.at) < longestOpen
}

// accepted records that path accepted token. It resets the breaker if path rejected
// the token before this one.
func (b *circuitBreaker) accepted(path, token string) {
	if !b.unrepeated.Load() {
		return
	}
	b.mu.Lock()
	renewed := b.rejection.path == path && b.rejection.token != token
	if renewed {
		b.rejection = rejection{}
		b.unrepeated.Store(false)
	}
	b.mu.Unlock()
	if renewed {
		b.reset()
	}
}

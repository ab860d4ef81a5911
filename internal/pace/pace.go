// Package pace spaces requests in time, so that they keep to rate limits that are known in
// advance.
package pace

import (
	"context"
	"slices"
	"sync"
	"time"
)

// margin is how much longer than the window of a limit a request waits: a second. Requests
// take different times to arrive, and the server counts when they do.
const margin = time.Second

// Limit is a number of requests that is allowed in any window of a length.
type Limit struct {
	Requests int
	Window   time.Duration
}

// Pace spaces the requests of one process. The zero Pace is ready to use. It is safe for
// concurrent use, and must not be copied after the first use.
type Pace struct {
	mu   sync.Mutex
	sent map[string][]time.Time // by key, in ascending order
}

// Wait waits until the limits allow another request with the key, and counts it. If ctx ends
// before that, Wait counts nothing and returns the error of ctx. The limits of a key must always be the same.
func (p *Pace) Wait(ctx context.Context, key string, limits []Limit) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		delay := p.take(key, limits, time.Now())
		if delay == 0 {
			return nil
		}
		timer := time.NewTimer(delay)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

// take counts a request at now and returns 0, or returns the time to wait if a limit does not
// allow the request.
func (p *Pace) take(key string, limits []Limit, now time.Time) (delay time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	sent := p.sent[key]
	longest := 0
	for _, l := range limits {
		longest = max(longest, l.Requests)
		if i := len(sent) - l.Requests; i >= 0 {
			delay = max(delay, sent[i].Add(l.Window+margin).Sub(now))
		}
	}
	if delay > 0 {
		return delay
	}
	if p.sent == nil {
		p.sent = make(map[string][]time.Time)
	}
	sent = append(sent, now)
	p.sent[key] = slices.Clone(sent[max(0, len(sent)-longest):])
	return 0
}

// Package bounded makes calls that may ignore their context.
package bounded

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

const (
	timeout    = 3 * time.Second // of the context of a call
	grace      = time.Second     // in which the call must return after that
	maxRunning = 4               // calls that have not returned, after which Call returns ErrBusy
	oneMore    = 5 * time.Minute // since the last start, after which one more call may start
	mostCalls  = 32              // calls that have not returned, including those
)

// Errors of [Call].
var (
	ErrHangs = errors.New("it did not return within a second after its context ended")
	ErrBusy  = errors.New("earlier calls have not returned yet")
)

// Calls counts the calls that have not returned. It is used by one goroutine at a time.
type Calls struct {
	running atomic.Int32
	last    time.Time // when the last call started
}

// may reports whether another call may start. One more may every five minutes, because
// something that never returns from a few calls may still work.
func (c *Calls) may() bool {
	n := c.running.Load()
	return n < maxRunning || n < mostCalls && time.Since(c.last) >= oneMore
}

// Call calls call with a context that ends after 3 seconds, and waits one more second for
// it to return. Then it returns [ErrHangs], while call continues in a goroutine of its
// own. If call succeeds after that and late is not nil, late is called with the value. While
// 4 calls have not returned, Call returns [ErrBusy] at once.
func Call[T any](ctx context.Context, calls *Calls, call func(context.Context) (T, error), late func(T)) (T, error) {
	var none T
	if !calls.may() {
		return none, ErrBusy
	}
	calls.last = time.Now()
	calls.running.Add(1)
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	type result struct {
		value T
		err   error
	}
	done, gaveUp := make(chan result), make(chan struct{})
	go func() {
		defer calls.running.Add(-1)
		value, err := call(ctx)
		select {
		case done <- result{value, err}:
		case <-gaveUp:
			if err == nil && late != nil {
				late(value)
			}
		}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
	}
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case r := <-done:
		return r.value, r.err
	case <-timer.C:
		close(gaveUp)
		return none, ErrHangs
	}
}

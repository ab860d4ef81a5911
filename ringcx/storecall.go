package ringcx

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

const (
	storeTimeout  = 3 * time.Second // of one call of the Store
	storeGrace    = time.Second     // in which it must return after that
	maxStoreCalls = 4               // that have not returned
	oneMoreCall   = 5 * time.Minute // after which there may be one more, up to
	mostCalls     = 32              // this
)

var (
	errStoreHangs = errors.New("it did not return within a second after its context ended")
	errStoreBusy  = errors.New("earlier calls have not returned yet")
)

// storeCalls makes the calls of a Store, also of one that ignores its context. It gives
// up such a call, which goes on in a goroutine of its own; at most four do, and one
// more each five minutes: a Store may lose calls and still work.
type storeCalls struct {
	running atomic.Int32
	last    time.Time // when one began; used by one goroutine at a time
}

// may reports whether a further call may begin.
func (c *storeCalls) may() bool {
	n := c.running.Load()
	return n < maxStoreCalls || n < mostCalls && time.Since(c.last) >= oneMoreCall
}

// callStore makes one call, in storeTimeout at most. If it gives the call up and that
// succeeds later, it calls late if there is one.
func callStore[T any](ctx context.Context, calls *storeCalls, call func(context.Context) (T, error), late func(T)) (T, error) {
	var none T
	if !calls.may() {
		return none, errStoreBusy
	}
	calls.last = time.Now()
	calls.running.Add(1)
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	type result struct {
		value T
		err   error
	}
	done, given := make(chan result), make(chan struct{})
	go func() {
		defer calls.running.Add(-1)
		value, err := call(ctx)
		select {
		case done <- result{value, err}:
		case <-given:
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
	grace := time.NewTimer(storeGrace)
	defer grace.Stop()
	select {
	case r := <-done:
		return r.value, r.err
	case <-grace.C:
		close(given)
		return none, errStoreHangs
	}
}

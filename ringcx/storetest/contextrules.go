package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// contextRules are the rules of contexts that end.
var contextRules = []rule{
	{"context ended before",
		"both methods return soon after ctx ends, with the correct result or with an error other than ErrConflict",
		checkEndedBefore},
	{"context ends during a call",
		"after an error other than ErrConflict, the record may have been written or not, but it is either the old or the new one",
		checkEndsDuring},
}

// checkEndedBefore calls both methods with a context that has ended. A Store may ignore
// that, but must not return a wrong result.
func checkEndedBefore(tr *trial) {
	canceled, cancel := context.WithCancel(tr.Context())
	cancel()
	expired, cancel := context.WithDeadline(tr.Context(), time.Now().Add(-time.Minute))
	defer cancel()
	for _, ctx := range []context.Context{canceled, expired} {
		_, version := tr.load()
		version = tr.swap(version, []byte("old"))
		endedLoad(tr, ctx, version)
		endedSwap(tr, ctx, version, []byte("new"))
		_, version = tr.load()
		endedSwap(tr, ctx, version, nil)
	}
}

// endedLoad calls Load with a context that has ended. The record is "old".
func endedLoad(tr *trial, ctx context.Context, version string) {
	tr.Helper()
	tr.wantReturn("Load", func() {
		data, v, err := tr.store.Load(ctx, tr.key)
		correct := string(data) == "old" && v == version
		if err == nil && !correct {
			tr.errorf("Load with a context that has ended returns %s, version %q and no error, want an error, or \"old\" and version %q",
				excerpt(data), v, version)
		}
	})
}

// endedSwap calls CompareAndSwap with a context that has ended and the current version.
func endedSwap(tr *trial, ctx context.Context, version string, data []byte) {
	tr.Helper()
	before, _ := tr.load()
	var err error
	tr.wantReturn("CompareAndSwap", func() { _, err = tr.store.CompareAndSwap(ctx, tr.key, version, data) })
	if errors.Is(err, ringcx.ErrConflict) {
		tr.errorf("CompareAndSwap with the current version and a context that has ended returns ErrConflict, which means that another process has written")
	}
	after, _ := tr.load()
	written := string(after) == string(data)
	notWritten := err != nil && string(after) == string(before)
	if written || notWritten {
		return
	}
	tr.errorf("after a swap from %s to %s with a context that had ended, which returned the error %v, the record is %s",
		excerpt(before), excerpt(data), err, excerpt(after))
}

// checkEndsDuring ends the context at each of the first times that the Store checks it, and
// then at random times.
func checkEndsDuring(tr *trial) {
	const checks, random = 8, 20
	tr.swap("", []byte("swap 0"))
	possible := map[string]bool{"swap 0": true}
	for i := range checks + random {
		ctx, cancel := context.WithCancel(tr.Context())
		if i < checks {
			counting := &countingContext{Context: ctx, cancel: cancel}
			counting.left.Store(int32(i + 1))
			ctx = counting
		} else {
			go cancel()
		}
		possible = swapWhileContextEnds(tr, ctx, fmt.Sprintf("swap %d", i+1), possible)
		cancel()
	}
	var err error
	for range checks + random { // each abandoned write may cause one conflict
		_, version := tr.load()
		_, err = tr.store.CompareAndSwap(tr.Context(), tr.key, version, []byte("end"))
		if !errors.Is(err, ringcx.ErrConflict) {
			break
		}
	}
	if err != nil {
		tr.fatalf("after swaps whose context ended during the call, CompareAndSwap returns the error %v, want none", err)
	}
}

// swapWhileContextEnds writes next with a context that ends during the call. It returns the
// data that the record may have from then on: an abandoned write may still arrive, until
// another write succeeds.
func swapWhileContextEnds(tr *trial, ctx context.Context, next string, possible map[string]bool) map[string]bool {
	tr.Helper()
	_, version := tr.load()
	var err error
	tr.wantReturn("CompareAndSwap", func() { _, err = tr.store.CompareAndSwap(ctx, tr.key, version, []byte(next)) })
	if err == nil {
		possible = map[string]bool{}
	}
	data, after := tr.load()
	if errors.Is(err, ringcx.ErrConflict) && after == version {
		tr.fatalf("CompareAndSwap with the current version returns ErrConflict after its context ended during the call")
	}
	possible[next] = true
	if !possible[string(data)] {
		tr.fatalf("after a swap to %q whose context ended during the call, which returned the error %v, the record is %s", next, err, excerpt(data))
	}
	return possible
}

// countingContext is a context that ends when it is checked for the n-th time.
type countingContext struct {
	context.Context
	cancel context.CancelFunc
	left   atomic.Int32
}

func (c *countingContext) count() {
	if c.left.Add(-1) == 0 {
		c.cancel()
	}
}

func (c *countingContext) Done() <-chan struct{} {
	c.count()
	return c.Context.Done()
}

func (c *countingContext) Err() error {
	c.count()
	return c.Context.Err()
}

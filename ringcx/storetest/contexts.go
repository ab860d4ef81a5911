package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

var contextRules = []rule{
	{"context ended",
		"both methods return soon after ctx ends, with the truth or with an error other than ErrConflict",
		checkEnded},
	{"context ends midway",
		"an error other than ErrConflict leaves open whether the record was written, but it is the old one or the new one",
		checkMidway},
}

// checkEnded calls with a context that ended before. A Store need not notice, but
// must not make up an answer.
func checkEnded(tr *trial) {
	canceled, cancel := context.WithCancel(tr.Context())
	cancel()
	late, cancel := context.WithDeadline(tr.Context(), time.Now().Add(-time.Minute))
	defer cancel()
	for _, ctx := range []context.Context{canceled, late} {
		_, version := tr.load()
		version = tr.swap(version, []byte("old"))
		tr.endedLoad(ctx, version)
		tr.endedSwap(ctx, version, []byte("new"))
		_, version = tr.load()
		tr.endedSwap(ctx, version, nil)
	}
}

func (tr *trial) endedLoad(ctx context.Context, version string) {
	tr.Helper()
	tr.soon("Load", func() {
		data, v, err := tr.store.Load(ctx, tr.key)
		if err == nil && (string(data) != "old" || v != version) {
			tr.broken("Load with a context that has ended returns %s, version %q and no error, want an error, or \"old\" and version %q",
				excerpt(data), v, version)
		}
	})
}

func (tr *trial) endedSwap(ctx context.Context, version string, data []byte) {
	tr.Helper()
	before, _ := tr.load()
	var err error
	tr.soon("CompareAndSwap", func() { _, err = tr.store.CompareAndSwap(ctx, tr.key, version, data) })
	if errors.Is(err, ringcx.ErrConflict) {
		tr.broken("CompareAndSwap of the record's version, with a context that has ended, reports ErrConflict, which says that another process wrote")
	}
	after, _ := tr.load()
	if string(after) == string(data) || err != nil && string(after) == string(before) {
		return
	}
	tr.broken("after a swap from %s to %s with a context that had ended, which reported %v, the record is %s",
		excerpt(before), excerpt(data), err, excerpt(after))
}

// soon fails where call does not return, and then leaves it behind.
func (tr *trial) soon(what string, call func()) {
	tr.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		call()
	}()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
		tr.stop("%s has not returned %v after its context ended", what, patience)
	}
}

// checkMidway ends the context each time that the Store looks at it, and then at
// any moment at all.
func checkMidway(tr *trial) {
	const looks, moments = 8, 20
	tr.swap("", []byte("swap 0"))
	possible := map[string]bool{"swap 0": true}
	for i := range looks + moments {
		ctx, cancel := context.WithCancel(tr.Context())
		if i < looks {
			f := &fuse{Context: ctx, cancel: cancel}
			f.left.Store(int32(i + 1))
			ctx = f
		} else {
			go cancel()
		}
		possible = tr.midway(ctx, fmt.Sprintf("swap %d", i+1), possible)
		cancel()
	}
	var err error
	for range looks + moments { // as many writes may still arrive
		_, version := tr.load()
		_, err = tr.store.CompareAndSwap(tr.Context(), tr.key, version, []byte("end"))
		if !errors.Is(err, ringcx.ErrConflict) {
			break
		}
	}
	if err != nil {
		tr.stop("after swaps whose context ended midway, CompareAndSwap reports %v, want no error", err)
	}
}

// midway swaps with a context that ends. It returns what the record may be from
// then on: a write that was given up may still arrive, until another one has.
func (tr *trial) midway(ctx context.Context, next string, possible map[string]bool) map[string]bool {
	tr.Helper()
	_, version := tr.load()
	var err error
	tr.soon("CompareAndSwap", func() { _, err = tr.store.CompareAndSwap(ctx, tr.key, version, []byte(next)) })
	if err == nil {
		possible = map[string]bool{}
	}
	data, after := tr.load()
	if errors.Is(err, ringcx.ErrConflict) && after == version {
		tr.stop("CompareAndSwap of the record's version, whose context ended midway, reports ErrConflict")
	}
	possible[next] = true
	if !possible[string(data)] {
		tr.stop("after a swap to %q whose context ended midway, which reported %v, the record is %s", next, err, excerpt(data))
	}
	return possible
}

// fuse is a context that ends when it is looked at for the n-th time.
type fuse struct {
	context.Context
	cancel context.CancelFunc
	left   atomic.Int32
}

func (f *fuse) burn() {
	if f.left.Add(-1) == 0 {
		f.cancel()
	}
}

func (f *fuse) Done() <-chan struct{} {
	f.burn()
	return f.Context.Done()
}

func (f *fuse) Err() error {
	f.burn()
	return f.Context.Err()
}

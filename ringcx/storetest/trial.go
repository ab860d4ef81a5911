package storetest

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// patience is how long a call may take whose context has ended.
const patience = 10 * time.Second

// tb is the part of a testing.T that a check needs. The suite's own tests have
// another one, to see a check fail.
type tb interface {
	Helper()
	Errorf(format string, args ...any)
	FailNow()
	Cleanup(func())
	Context() context.Context
}

var _ tb = (*testing.T)(nil)

// trial is a Store under test, with a key of its own.
type trial struct {
	tb
	rule  rule
	store ringcx.Store
	key   string
	first sync.Once // failure of racers
}

func newTrial(t tb, r rule, s ringcx.Store) *trial {
	return &trial{tb: t, rule: r, store: s, key: "storetest " + r.name + " " + rand.Text()}
}

func (tr *trial) run() {
	tr.willRemove(tr.key)
	tr.rule.check(tr)
}

// other is a trial of the same Store with another key.
func (tr *trial) other(key string) *trial {
	tr.willRemove(key)
	return &trial{tb: tr.tb, rule: tr.rule, store: tr.store, key: key}
}

// willRemove removes a record when the test is over.
func (tr *trial) willRemove(key string) {
	tr.Cleanup(func() {
		ctx := context.WithoutCancel(tr.Context())
		if _, version, err := tr.store.Load(ctx, key); err == nil && version != "" {
			tr.store.CompareAndSwap(ctx, key, version, nil) // best effort: nobody reads it again
		}
	})
}

// broken reports a failure together with the rule; stop also ends the test.
func (tr *trial) broken(format string, args ...any) {
	tr.Helper()
	tr.Errorf("%s\n\tthe contract: %s", fmt.Sprintf(format, args...), tr.rule.says)
}

func (tr *trial) stop(format string, args ...any) {
	tr.Helper()
	tr.broken(format, args...)
	tr.FailNow()
}

// raced is broken for racers: they all fail in the same way, and one says it.
func (tr *trial) raced(format string, args ...any) {
	tr.Helper()
	tr.first.Do(func() { tr.broken(format, args...) })
}

// load returns the record.
func (tr *trial) load() (data []byte, version string) {
	tr.Helper()
	data, version, err := tr.store.Load(tr.Context(), tr.key)
	if err != nil {
		tr.stop("Load reports %v, want no error", err)
	}
	return data, version
}

// holds checks the record.
func (tr *trial) holds(when string, data []byte, version string) {
	tr.Helper()
	got, v := tr.load()
	if !bytes.Equal(got, data) {
		tr.stop("%s, Load returns %s, want %s", when, excerpt(got), excerpt(data))
	}
	if v != version {
		tr.stop("%s, Load returns version %q, want %q, as CompareAndSwap returned it", when, v, version)
	}
}

// absent checks that there is no record.
func (tr *trial) absent(when string) {
	tr.Helper()
	if data, version := tr.load(); data != nil || version != "" {
		tr.stop("%s, Load returns %s and version %q, want nil and version \"\"", when, excerpt(data), version)
	}
}

// swap writes, and expects to succeed.
func (tr *trial) swap(version string, data []byte) (newVersion string) {
	tr.Helper()
	newVersion, err := tr.store.CompareAndSwap(tr.Context(), tr.key, version, data)
	if err != nil {
		tr.stop("CompareAndSwap of version %q, which is the record's, reports %v, want no error", version, err)
	}
	if newVersion == "" {
		tr.stop("CompareAndSwap wrote a record and returns version \"\", which means that there is none")
	}
	return newVersion
}

// remove deletes, and expects to succeed.
func (tr *trial) remove(version string) {
	tr.Helper()
	newVersion, err := tr.store.CompareAndSwap(tr.Context(), tr.key, version, nil)
	if err != nil || newVersion != "" {
		tr.stop("CompareAndSwap with nil data returns version %q and %v, want version \"\" and no error", newVersion, err)
	}
}

// conflicts writes, and expects to be refused.
func (tr *trial) conflicts(when, version string, data []byte) {
	tr.Helper()
	_, err := tr.store.CompareAndSwap(tr.Context(), tr.key, version, data)
	if !errors.Is(err, ringcx.ErrConflict) {
		tr.stop("%s, CompareAndSwap of version %q reports %v, want an error that wraps ringcx.ErrConflict", when, version, err)
	}
}

// excerpt shows data, shortened.
func excerpt(data []byte) string {
	switch {
	case data == nil:
		return "nil"
	case len(data) > 40:
		return fmt.Sprintf("%q… (%d bytes)", data[:40], len(data))
	}
	return fmt.Sprintf("%q", data)
}

package storetest

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// Run tests a Store against the contract of [ringcx.Store], in one subtest per rule. If the
// Store is a [ringcx.LeaseStore], Run also tests the rules of that interface; otherwise
// their subtests are skipped.
//
// Run calls newStore in each subtest, and twice in the subtests of two Stores. The Stores may
// share a database, which may contain other records: Run uses random keys and deletes its
// records at the end. It makes about a thousand calls and writes a record of 1 MiB. The
// subtests of two Stores are skipped if the second one does not see what the first one
// wrote: let newStore return Stores of one database, so that they run.
//
// Run cannot test that the lease of a LeaseStore ends with its process, because all calls
// are made by one process. Nor can it test what depends on the server: its restart, its
// clock, or records that expire.
func Run(t *testing.T, newStore func(t *testing.T) ringcx.Store) {
	t.Helper()
	for _, r := range rules() {
		t.Run(r.name, func(t *testing.T) { newTrial(t, r, func() ringcx.Store { return newStore(t) }).run() })
	}
	for _, r := range leaseRules {
		t.Run(r.name, func(t *testing.T) {
			tr := newTrial(t, r, func() ringcx.Store { return newStore(t) })
			if _, ok := tr.store.(ringcx.LeaseStore); !ok {
				t.Skip("the Store is not a ringcx.LeaseStore, which is optional")
			}
			tr.run()
		})
	}
}

// rule is one rule of the contract and the function that checks it.
type rule struct {
	name     string
	contract string // the rule in one sentence
	check    func(*trial)
}

// rules returns the rules of a ringcx.Store.
func rules() []rule {
	return slices.Concat(recordRules, versionRules, keyRules, raceRules, contextRules, sharedRules)
}

// tb is the part of testing.T that a check needs. The tests of this package implement it to
// record failures.
type tb interface {
	Helper()
	Errorf(format string, args ...any)
	FailNow()
	Skip(args ...any)
	Cleanup(func())
	Context() context.Context
}

var _ tb = (*testing.T)(nil)

// trial is the check of one rule. It has a key of its own.
type trial struct {
	tb
	rule     rule
	newStore func() ringcx.Store
	store    ringcx.Store
	key      string
	once     sync.Once // for errorfOnce
}

func newTrial(t tb, r rule, newStore func() ringcx.Store) *trial {
	return &trial{tb: t, rule: r, newStore: newStore, store: newStore(), key: "storetest " + r.name + " " + rand.Text()}
}

func (tr *trial) run() {
	tr.removeAtEnd(tr.key)
	tr.rule.check(tr)
}

// withKey returns a trial of the same Store with another key.
func (tr *trial) withKey(key string) *trial {
	tr.removeAtEnd(key)
	return &trial{tb: tr.tb, rule: tr.rule, newStore: tr.newStore, store: tr.store, key: key}
}

// second returns a trial of another Store of the same database, with the same key.
func (tr *trial) second() *trial {
	return &trial{tb: tr.tb, rule: tr.rule, newStore: tr.newStore, store: tr.newStore(), key: tr.key}
}

// removeAtEnd deletes a record at the end of the test.
func (tr *trial) removeAtEnd(key string) {
	tr.Cleanup(func() {
		ctx := context.WithoutCancel(tr.Context())
		if _, version, err := tr.store.Load(ctx, key); err == nil && version != "" {
			tr.store.CompareAndSwap(ctx, key, version, nil) // an error does not matter here
		}
	})
}

// errorf reports a failure and the rule.
func (tr *trial) errorf(format string, args ...any) {
	tr.Helper()
	tr.Errorf("%s\n\tcontract: %s", fmt.Sprintf(format, args...), tr.rule.contract)
}

// fatalf reports a failure and the rule, and ends the test.
func (tr *trial) fatalf(format string, args ...any) {
	tr.Helper()
	tr.errorf(format, args...)
	tr.FailNow()
}

// errorfOnce is errorf for concurrent goroutines: it reports only the first failure.
func (tr *trial) errorfOnce(format string, args ...any) {
	tr.Helper()
	tr.once.Do(func() { tr.errorf(format, args...) })
}

// load loads the record. An error ends the test.
func (tr *trial) load() (data []byte, version string) {
	tr.Helper()
	data, version, err := tr.store.Load(tr.Context(), tr.key)
	if err != nil {
		tr.fatalf("Load returns the error %v, want none", err)
	}
	return data, version
}

// swap writes the record, whose version is given. An error ends the test.
func (tr *trial) swap(version string, data []byte) (newVersion string) {
	tr.Helper()
	newVersion, err := tr.store.CompareAndSwap(tr.Context(), tr.key, version, data)
	if err != nil {
		tr.fatalf("CompareAndSwap with the current version %q returns the error %v, want none", version, err)
	}
	if newVersion == "" {
		tr.fatalf("CompareAndSwap writes a record and returns version \"\", want a version that is not empty")
	}
	return newVersion
}

// remove deletes the record, whose version is given. An error ends the test.
func (tr *trial) remove(version string) {
	tr.Helper()
	newVersion, err := tr.store.CompareAndSwap(tr.Context(), tr.key, version, nil)
	if err != nil || newVersion != "" {
		tr.fatalf("CompareAndSwap with nil data returns version %q and the error %v, want version \"\" and no error", newVersion, err)
	}
}

// wantRecord checks the data and the version of the record.
func (tr *trial) wantRecord(when string, data []byte, version string) {
	tr.Helper()
	got, v := tr.load()
	if !bytes.Equal(got, data) {
		tr.fatalf("%s, Load returns %s, want %s", when, excerpt(got), excerpt(data))
	}
	if v != version {
		tr.fatalf("%s, Load returns version %q, want version %q of CompareAndSwap", when, v, version)
	}
}

// wantNoRecord checks that the record does not exist.
func (tr *trial) wantNoRecord(when string) {
	tr.Helper()
	if data, version := tr.load(); data != nil || version != "" {
		tr.fatalf("%s, Load returns %s and version %q, want nil and version \"\"", when, excerpt(data), version)
	}
}

// wantConflict writes with a version that is not current, and checks for ErrConflict.
func (tr *trial) wantConflict(when, version string, data []byte) {
	tr.Helper()
	_, err := tr.store.CompareAndSwap(tr.Context(), tr.key, version, data)
	if !errors.Is(err, ringcx.ErrConflict) {
		tr.fatalf("%s, CompareAndSwap with version %q returns the error %v, want one that wraps ringcx.ErrConflict", when, version, err)
	}
}

// returnTimeout is how long a call may take after its context has ended.
const returnTimeout = 10 * time.Second

// wantReturn calls a method whose context ends or has ended, and checks that it returns.
func (tr *trial) wantReturn(method string, call func()) {
	tr.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		call()
	}()
	timer := time.NewTimer(returnTimeout)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
		tr.fatalf("%s has not returned %v after its context ended", method, returnTimeout)
	}
}

// excerpt returns data as text, shortened to 40 bytes.
func excerpt(data []byte) string {
	switch {
	case data == nil:
		return "nil"
	case len(data) > 40:
		return fmt.Sprintf("%q… (%d bytes)", data[:40], len(data))
	}
	return fmt.Sprintf("%q", data)
}

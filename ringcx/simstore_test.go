package ringcx_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// simStore is the Store of a simulation. Hosts reach it through links of their
// own, which can fail.
type simStore struct {
	mu      sync.Mutex
	records map[string]*simRecord
	holders map[string]*simLink // by owner
	reads   int
	writes  int
}

type simRecord struct {
	data    []byte
	version int
	before  [][]byte // what data replaced, the last one last
}

func newSimStore() *simStore {
	return &simStore{records: map[string]*simRecord{}, holders: map[string]*simLink{}}
}

// record must be called with the lock held.
func (s *simStore) record(key string) *simRecord {
	if s.records[key] == nil {
		s.records[key] = &simRecord{}
	}
	return s.records[key]
}

// read returns the record, or with stale the one before.
func (s *simStore) read(key string, stale bool) ([]byte, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	r := s.record(key)
	if before := r.old(1); stale && before != nil {
		return before, strconv.Itoa(r.version - 1)
	}
	if r.data == nil {
		return nil, ""
	}
	return r.data, strconv.Itoa(r.version)
}

// swap replaces the record. What change makes of it is written.
func (s *simStore) swap(key, version string, data []byte, change func(now, next []byte) []byte) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, current := s.record(key), ""
	if r.data != nil {
		current = strconv.Itoa(r.version)
	}
	if version != current {
		return "", fmt.Errorf("version is %s: %w", current, ringcx.ErrConflict)
	}
	s.writes++
	r.put(change(r.data, data))
	return strconv.Itoa(r.version), nil
}

const memory = 8 // of a record: how many writes back it can be put

func (r *simRecord) put(data []byte) {
	r.before = append(r.before, r.data)
	r.before = r.before[max(0, len(r.before)-memory):]
	r.data = data
	r.version++
}

// old returns the record of n writes ago, or nil.
func (r *simRecord) old(n int) []byte {
	if n > len(r.before) {
		return nil
	}
	return r.before[len(r.before)-n]
}

// damage replaces the records without a swap.
func (s *simStore) damage(change func(*simRecord) []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.records {
		if r.data != nil {
			r.put(change(r))
		}
	}
}

// simLink is one process's way to the Store and to the services.
type simLink struct {
	host *simHost
	mu   sync.Mutex
	dead bool // the process was killed: nothing that it does has an effect
	next step // what will happen at a step
}

// step is what happens to a process at one of its steps.
type step struct {
	at    string        // "load", "swap" or "send"; empty: nothing will happen
	after bool          // the step is done first
	do    string        // "kill", "pause", "ambiguous", "lost" or "stale"
	pause time.Duration // for "pause"
}

var errDead = errors.New("simulation: this process was killed")

// pass lets one step happen, with what is in store for it. do is the step; it
// reports whether it is to be done in another way.
func (l *simLink) pass(at string, do func(how string)) error {
	l.mu.Lock()
	dead, next := l.dead, l.next
	if next.at == at {
		l.next = step{}
	} else {
		next = step{}
	}
	l.mu.Unlock()
	if dead {
		return errDead
	}
	if !next.after {
		if err := l.happen(next); err != nil {
			return err
		}
	}
	do(next.do)
	if next.after {
		return l.happen(next)
	}
	return nil
}

func (l *simLink) happen(s step) error {
	switch s.do {
	case "kill":
		l.host.sim.causes.Add(1)
		l.mu.Lock()
		l.dead = true
		l.mu.Unlock()
		return errDead
	case "pause":
		l.host.sim.causes.Add(1)
		time.Sleep(s.pause)
	}
	return nil
}

func (l *simLink) latency() { time.Sleep(time.Millisecond + time.Duration(l.host.id)*time.Microsecond) }

func (l *simLink) isDead() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dead
}

// Load implements ringcx.Store.
func (l *simLink) Load(_ context.Context, key string) (data []byte, version string, err error) {
	l.latency()
	if l.host.isCut[store].Load() {
		return nil, "", errors.New("simulation: the Store is out of reach")
	}
	err = l.pass("load", func(how string) { data, version = l.host.sim.store.read(key+l.host.format, how == "stale") })
	return data, version, err
}

// CompareAndSwap implements ringcx.Store.
func (l *simLink) CompareAndSwap(_ context.Context, key, version string, data []byte) (next string, err error) {
	l.latency()
	if l.host.isCut[store].Load() {
		return "", errors.New("simulation: the Store is out of reach")
	}
	ambiguous := false
	passed := l.pass("swap", func(how string) {
		if ambiguous = how == "ambiguous" || how == "lost"; how != "lost" {
			next, err = l.host.sim.store.swap(key+l.host.format, version, data, l.host.version)
		}
	})
	switch {
	case passed != nil:
		return "", passed
	case ambiguous:
		return "", errors.New("simulation: no answer from the Store")
	}
	return next, err
}

// simLocks is a link to a Store that notices when a process is killed.
type simLocks struct{ *simLink }

var _ ringcx.LeaseStore = simLocks{}

// Hold implements ringcx.LeaseStore.
func (l simLocks) Hold(_ context.Context, _, owner string) (release func(), err error) {
	s := l.host.sim.store
	s.mu.Lock()
	defer s.mu.Unlock()
	s.holders[owner] = l.simLink
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.holders, owner)
	}, nil
}

// Held implements ringcx.LeaseStore.
func (l simLocks) Held(_ context.Context, _, owner string) (bool, error) {
	s := l.host.sim.store
	s.mu.Lock()
	holder := s.holders[owner]
	s.mu.Unlock()
	return holder != nil && !holder.isDead(), nil
}

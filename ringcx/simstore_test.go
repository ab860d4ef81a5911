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
	data    []byte
	version int
	before  []byte // the record that data replaced
	reads   int
	writes  int
}

var _ ringcx.Store = (*simLink)(nil)

// read returns the record, or with stale the one before.
func (s *simStore) read(stale bool) ([]byte, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	if stale && s.before != nil {
		return s.before, strconv.Itoa(s.version - 1)
	}
	if s.data == nil {
		return nil, ""
	}
	return s.data, strconv.Itoa(s.version)
}

func (s *simStore) swap(version string, data []byte) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	current := ""
	if s.data != nil {
		current = strconv.Itoa(s.version)
	}
	if version != current {
		return "", fmt.Errorf("version is %s: %w", current, ringcx.ErrConflict)
	}
	s.put(data)
	return strconv.Itoa(s.version), nil
}

func (s *simStore) put(data []byte) {
	s.writes++
	s.before, s.data = s.data, data
	s.version++
}

// damage replaces the record without a swap.
func (s *simStore) damage(change func(data, before []byte) []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.data != nil {
		s.put(change(s.data, s.before))
	}
}

// simLink is one process's way to the Store and to the services.
type simLink struct {
	host *simHost
	mu   sync.Mutex
	dead bool // the process was killed: nothing that it does has an effect
	down bool // the Store is out of reach
	next step // what will happen at a step
}

// step is what happens to a process at one of its steps.
type step struct {
	at    string        // "load", "swap" or "send"; empty: nothing will happen
	after bool          // the step is done first
	do    string        // "kill", "pause", "ambiguous" or "stale"
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
		l.mu.Lock()
		l.dead = true
		l.mu.Unlock()
		return errDead
	case "pause":
		time.Sleep(s.pause)
	}
	return nil
}

func (l *simLink) latency() { time.Sleep(time.Millisecond + time.Duration(l.host.id)*time.Microsecond) }

func (l *simLink) isDown() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.down
}

// Load implements ringcx.Store.
func (l *simLink) Load(context.Context, string) (data []byte, version string, err error) {
	l.latency()
	if l.isDown() {
		return nil, "", errors.New("simulation: the Store is out of reach")
	}
	err = l.pass("load", func(how string) { data, version = l.host.sim.store.read(how == "stale") })
	return data, version, err
}

// CompareAndSwap implements ringcx.Store.
func (l *simLink) CompareAndSwap(_ context.Context, _, version string, data []byte) (next string, err error) {
	l.latency()
	if l.isDown() {
		return "", errors.New("simulation: the Store is out of reach")
	}
	ambiguous := false
	passed := l.pass("swap", func(how string) {
		next, err = l.host.sim.store.swap(version, data)
		ambiguous = how == "ambiguous"
	})
	switch {
	case passed != nil:
		return "", passed
	case ambiguous:
		return "", errors.New("simulation: no answer from the Store")
	}
	return next, err
}

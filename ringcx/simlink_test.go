package ringcx_test

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// simLink connects one process to the Store and to the services. It implements
// ringcx.Store.
type simLink struct {
	process *simProcess

	mu      sync.Mutex
	dead    bool            // the process was killed: its operations have no effect
	planned disruption      // applied at the next matching operation
	paused  time.Time       // last time at which the process was paused
	used    map[string]bool // refresh tokens that the process must not send again
	sent    time.Time       // when a request last reached the services

	written        time.Time // start of the last successful write
	downSince      time.Time // start of the Store's outage for this process; zero: the Store works
	failing        [2]bool   // whether the last load and the last write failed
	version        string    // of the record that the process last read or wrote
	newest         int       // highest serial number of a refresh token that the process saw in the record
	lastReceived   string    // last received refresh token
	outageExchange time.Time // last exchange without the Store
}

// disruption changes the outcome of one operation of a process.
type disruption struct {
	at         string        // the operation: "load", "swap", "send" or a Stage; empty: no disruption
	after      bool          // apply the disruption after the operation, not before it
	do         string        // "kill", "pause", "ambiguous", "lost", "late", "stale", "cut", "delete" or "restore"
	pause      time.Duration // for "pause", "late" and "cut"
	occurrence *occurrence   // the trouble that it is part of
}

var (
	errDead       = errors.New("simulation: this process was killed")
	errDown       = errors.New("simulation: the Store is out of reach")
	errNoResponse = errors.New("simulation: no response from the Store")
)

// intercept calls do, which carries out the operation at, and applies the planned
// disruption if it is for that operation. how is disruption.do, or "" without a
// disruption. stage is the stage of a "send", else empty. intercept returns an error if
// the process was killed.
func (l *simLink) intercept(at string, stage ringcx.Stage, do func(how string)) error {
	l.mu.Lock()
	dead, d := l.dead, l.planned
	if d.at == at || at == "send" && d.at == string(stage) {
		l.planned = disruption{}
	} else {
		d = disruption{}
	}
	l.mu.Unlock()
	if dead {
		return errDead
	}
	if d.occurrence != nil {
		d.occurrence.also(l.process)
		d.occurrence.resume()
		defer d.occurrence.end()
	}
	if !d.after {
		if err := l.apply(d); err != nil {
			return err
		}
	}
	do(d.do)
	if d.after {
		return l.apply(d)
	}
	return nil
}

func (l *simLink) apply(d disruption) error {
	switch d.do {
	case "kill":
		l.die(true)
		return errDead
	case "pause":
		l.process.sim.causes.Add(1)
		l.markPaused()
		time.Sleep(d.pause)
		l.markPaused()
	case "late":
		l.process.sim.causes.Add(1)
	case "delete", "restore":
		l.lostRecord(d.do == "restore")
	case "cut":
		l.lostStore(d.pause)
	}
	return nil
}

// markPaused records that the process is paused now.
func (l *simLink) markPaused() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.paused = time.Now()
}

// die kills the process. If the process was renewing, or if only it knows the latest
// refresh token, the session needs an exchange.
func (l *simLink) die(renewing bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	store := l.process.sim.store
	if renewing || store == nil || l.lastReceived != "" && !store.has(l.lastReceived) {
		l.process.sim.causes.Add(1)
	}
	l.dead = true
}

func (l *simLink) isDead() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dead
}

// reached reports whether a request has reached the services since the given time.
func (l *simLink) reached(since time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.sent.Before(since)
}

// markUsed records that the process has used the refresh token.
func (l *simLink) markUsed(token string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.used[token] = true
}

// received records a refresh token that the process received.
func (l *simLink) received(token string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lastReceived = token
}

// noteOutageExchange records an exchange without the Store and returns the time since the
// previous one.
func (l *simLink) noteOutageExchange() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := l.outageExchange
	l.outageExchange = time.Now()
	return l.outageExchange.Sub(before)
}

// lastWrite returns when the last successful write started.
func (l *simLink) lastWrite() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.written
}

// storeDown returns how long the Store has been failing for this process, or 0 if it
// works.
func (l *simLink) storeDown() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.downSince.IsZero() {
		return 0
	}
	return max(1, time.Since(l.downSince))
}

// The operations of the Store, as indexes of simLink.failing.
const (
	load = iota
	write
)

// recordStoreCall records the outcome of a Store call, as the process sees it. A process
// that reads a new version of the record knows that other processes can write.
func (l *simLink) recordStoreCall(op int, data []byte, version string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failing[op] = err != nil && !errors.Is(err, ringcx.ErrConflict)
	if op == load && err == nil && version != l.version {
		l.failing[write] = false
	}
	switch {
	case l.failing == [2]bool{}:
		l.downSince = time.Time{}
	case l.downSince.IsZero():
		l.downSince = time.Now()
	}
	if err != nil {
		return
	}
	l.version = version
	for _, token := range minted.FindAllString(string(data), -1) {
		l.newest = max(l.newest, serial(token))
	}
}

// storeCallTimeout is when a process abandons a Store call that ignores its context.
const storeCallTimeout = 4 * time.Second

// delayStoreCall waits for the latency of the Store. givenUp is true if the process has
// abandoned the call meanwhile; the process never learns its outcome.
func (l *simLink) delayStoreCall(op int) (givenUp bool, err error) {
	p := l.process
	time.Sleep(time.Millisecond + time.Duration(p.id)*time.Microsecond)
	if hangs := time.Until(time.Unix(0, p.hangs.Load())); hangs >= storeCallTimeout {
		time.Sleep(storeCallTimeout)
		l.recordStoreCall(op, nil, "", errNoResponse)
		givenUp = true
	}
	time.Sleep(time.Until(time.Unix(0, p.hangs.Load()))) // ignores the context
	if p.isCut[store].Load() {
		return givenUp, errDown
	}
	return givenUp, nil
}

// Load implements ringcx.Store.
func (l *simLink) Load(_ context.Context, key string) (data []byte, version string, err error) {
	givenUp, err := l.delayStoreCall(load)
	if givenUp {
		return nil, "", errNoResponse
	}
	defer func() { l.recordStoreCall(load, data, version, err) }()
	if err != nil {
		return nil, "", err
	}
	err = l.intercept("load", "", func(how string) { data, version = l.process.sim.store.read(key+l.process.format, how == "stale") })
	if err != nil {
		return nil, "", err
	}
	return data, version, nil
}

// CompareAndSwap implements ringcx.Store.
func (l *simLink) CompareAndSwap(_ context.Context, key, version string, data []byte) (next string, err error) {
	begun := time.Now()
	givenUp, err := l.delayStoreCall(write)
	if givenUp && err == nil {
		_, _ = l.process.sim.store.swap(key+l.process.format, version, data, l.process.version)
		return "", errNoResponse
	}
	defer func() {
		if !givenUp {
			l.recordStoreCall(write, data, next, err)
		}
	}()
	if err != nil {
		return "", err
	}
	late, how := l.plannedPause(), ""
	passed := l.intercept("swap", "", func(do string) {
		switch how = do; how {
		case "lost":
		case "late":
			go l.swapLate(key, version, data, late)
		default:
			next, err = l.swap(begun, key, version, data)
		}
	})
	switch {
	case passed != nil:
		return "", passed
	case how == "ambiguous" || how == "lost" || how == "late":
		return "", errNoResponse
	}
	return next, err
}

// plannedPause returns the pause of the planned disruption.
func (l *simLink) plannedPause() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.planned.pause
}

// swap writes the record, and records begun if it succeeds.
func (l *simLink) swap(begun time.Time, key, version string, data []byte) (string, error) {
	next, err := l.process.sim.store.swap(key+l.process.format, version, data, l.process.version)
	if err == nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.written = begun
	}
	return next, err
}

// swapLate writes the record after a delay. The process has already seen an error.
func (l *simLink) swapLate(key, version string, data []byte, after time.Duration) {
	begun := time.Now()
	time.Sleep(after)
	if !l.process.sim.over.Load() {
		_, _ = l.swap(begun, key, version, data)
	}
}

// simLocks is a simLink whose Store is a ringcx.LeaseStore: other processes notice when a
// process is killed.
type simLocks struct{ *simLink }

var _ ringcx.LeaseStore = simLocks{}

// Hold implements ringcx.LeaseStore.
func (l simLocks) Hold(_ context.Context, _, owner string) (release func(), err error) {
	s := l.process.sim.store
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
	s := l.process.sim.store
	s.mu.Lock()
	holder := s.holders[owner]
	s.mu.Unlock()
	return holder != nil && !holder.isDead(), nil
}

package ringcx_test

import (
	"errors"
	"sync"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// simLink is one process's way to the Store and to the services.
type simLink struct {
	host *simHost

	mu     sync.Mutex
	dead   bool // the process was killed: nothing that it does has an effect
	next   step // what will happen at a step
	paused time.Time
	spent  map[string]bool // refresh tokens that it must not send again
	sent   time.Time       // when a request last reached the services

	claimed   time.Time // when the last write began that took effect
	downSince time.Time // of the Store, for this process; zero: it works
	cannot    [2]bool   // load, write
	version   string    // that it read or wrote last
	newest    int       // serial number of the refresh tokens that it has seen in the record
	unwritten string    // refresh token that it received and that is not in the record yet
	alone     time.Time // of its last exchange without the Store
}

// step is what happens to a process at one of its steps.
type step struct {
	at    string        // "load", "swap", "send" or a Stage; empty: nothing will happen
	after bool          // the step is done first
	do    string        // "kill", "pause", "ambiguous", "lost", "late", "stale", "cut", "delete" or "restore"
	pause time.Duration // for "pause", "late" and "cut"
	why   *excuse
}

var (
	errDead = errors.New("simulation: this process was killed")
	errDown = errors.New("simulation: the Store is out of reach")
	errMute = errors.New("simulation: no response from the Store")
)

// pass lets one step happen, with what is in store for it. do is the step; it
// reports whether it is to be done in another way.
func (l *simLink) pass(at string, stage ringcx.Stage, do func(how string)) error {
	l.mu.Lock()
	dead, next := l.dead, l.next
	if next.at == at || at == "send" && next.at == string(stage) {
		l.next = step{}
	} else {
		next = step{}
	}
	l.mu.Unlock()
	if dead {
		return errDead
	}
	if next.why != nil {
		next.why.also(l.host)
		next.why.resume()
		defer next.why.end()
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
		l.die(true)
		return errDead
	case "pause":
		l.host.sim.causes.Add(1)
		l.stood()
		time.Sleep(s.pause)
		l.stood()
	case "late":
		l.host.sim.causes.Add(1)
	case "delete", "restore":
		l.lostRecord(s.do == "restore")
	case "cut":
		l.lostStore(s.pause)
	}
	return nil
}

// stood notes that the process stands still now, or did so until now.
func (l *simLink) stood() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.paused = time.Now()
}

// die kills the process. If it was renewing, or holds a pair that only it knows,
// the session needs an exchange.
func (l *simLink) die(renewing bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	store := l.host.sim.store
	if renewing || store == nil || l.unwritten != "" && !store.has(l.unwritten) {
		l.host.sim.causes.Add(1)
	}
	l.dead = true
}

func (l *simLink) isDead() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dead
}

// reached reports whether a request reached the services since then.
func (l *simLink) reached(since time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.sent.Before(since)
}

// spend notes that the process has used a refresh token up.
func (l *simLink) spend(token string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.spent[token] = true
}

// received notes a refresh token that the process holds now.
func (l *simLink) received(token string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unwritten = token
}

// exchangedAlone returns the time since the last exchange without the Store.
func (l *simLink) exchangedAlone() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := l.alone
	l.alone = time.Now()
	return l.alone.Sub(before)
}

func (l *simLink) claim() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.claimed
}

// down is how long the Store has not worked for this process.
func (l *simLink) down() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.downSince.IsZero() {
		return 0
	}
	return max(1, time.Since(l.downSince))
}

const (
	load = iota
	write
)

// noted keeps account of what a call of the Store did, as the process sees it. A
// process that reads a record of another version knows that others can write.
func (l *simLink) noted(what int, data []byte, version string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cannot[what] = err != nil && !errors.Is(err, ringcx.ErrConflict)
	if what == load && err == nil && version != l.version {
		l.cannot[write] = false
	}
	switch {
	case l.cannot == [2]bool{}:
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

package ringcx_test

import (
	"context"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// givesUp is when a process gives up a call of the Store that ignores its context.
const givesUp = 4 * time.Second

// reach waits as long as the way to the Store takes. It reports whether the process
// has given up the call by then: what comes of it, the process never knows.
func (l *simLink) reach(what int) (givenUp bool, err error) {
	h := l.host
	time.Sleep(time.Millisecond + time.Duration(h.id)*time.Microsecond)
	if hangs := time.Until(time.Unix(0, h.hangs.Load())); hangs >= givesUp {
		time.Sleep(givesUp)
		l.noted(what, nil, "", errMute)
		givenUp = true
	}
	time.Sleep(time.Until(time.Unix(0, h.hangs.Load()))) // whatever the context says
	if h.isCut[store].Load() {
		return givenUp, errDown
	}
	return givenUp, nil
}

// Load implements ringcx.Store.
func (l *simLink) Load(_ context.Context, key string) (data []byte, version string, err error) {
	givenUp, err := l.reach(load)
	if givenUp {
		return nil, "", errMute
	}
	defer func() { l.noted(load, data, version, err) }()
	if err != nil {
		return nil, "", err
	}
	err = l.pass("load", "", func(how string) { data, version = l.host.sim.store.read(key+l.host.format, how == "stale") })
	if err != nil {
		return nil, "", err
	}
	return data, version, nil
}

// CompareAndSwap implements ringcx.Store.
func (l *simLink) CompareAndSwap(_ context.Context, key, version string, data []byte) (next string, err error) {
	begun := time.Now()
	givenUp, err := l.reach(write)
	if givenUp && err == nil {
		_, _ = l.host.sim.store.swap(key+l.host.format, version, data, l.host.version)
		return "", errMute
	}
	defer func() {
		if !givenUp {
			l.noted(write, data, next, err)
		}
	}()
	if err != nil {
		return "", err
	}
	l.mu.Lock()
	late := l.next.pause
	l.mu.Unlock()
	how := ""
	passed := l.pass("swap", "", func(do string) {
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
		return "", errMute
	}
	return next, err
}

func (l *simLink) swap(begun time.Time, key, version string, data []byte) (string, error) {
	next, err := l.host.sim.store.swap(key+l.host.format, version, data, l.host.version)
	if err == nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.claimed = begun
	}
	return next, err
}

// swapLate writes after the process was told that no response came.
func (l *simLink) swapLate(key, version string, data []byte, after time.Duration) {
	begun := time.Now()
	time.Sleep(after)
	if !l.host.sim.over.Load() {
		_, _ = l.swap(begun, key, version, data)
	}
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

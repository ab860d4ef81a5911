package ringcx_test

import (
	"slices"
	"time"
)

// arrival is an exchange or a refresh that reached the services.
type arrival struct {
	at    time.Time
	alone bool // by a process without the Store
}

// arrive counts an exchange or a refresh that reached the services, and asserts
// that there are not too many.
func (w *watch) arrive(f *tokenFlight) {
	w.mu.Lock()
	w.arrivals = append(w.arrivals, arrival{f.begun, f.alone})
	slices.SortFunc(w.arrivals, func(a, b arrival) int { return a.at.Compare(b.at) })
	shared, alone := peaks(w.arrivals[max(0, len(w.arrivals)-40):])
	isNew := shared > max(w.shared, 5)
	w.shared, w.alone = max(w.shared, shared), max(w.alone, alone)
	w.mu.Unlock()
	if h := f.link.host; isNew {
		h.sim.violation(h, "%d exchanges and refreshes in 60 s, want at most 5", shared)
	}
}

// signedIn counts a sign-in. What was counted before the record was replaced from outside,
// the processes no longer know.
func (w *watch) signedIn(f *tokenFlight) {
	w.mu.Lock()
	w.signIns = slices.DeleteFunc(append(w.signIns, arrival{f.begun, f.alone}), func(a arrival) bool {
		return f.begun.Sub(a.at) >= time.Minute || a.at.Before(w.damaged)
	})
	n, most := len(w.signIns), 5
	if slices.ContainsFunc(w.signIns, func(a arrival) bool { return a.alone }) {
		most = 9 // four processes may sign in without the Store
	}
	isNew := n > max(w.mostSignIns, most)
	w.mostSignIns = max(w.mostSignIns, n)
	w.mu.Unlock()
	if h := f.link.host; isNew {
		h.sim.violation(h, "%d sign-ins in 60 s, want at most %d", n, most)
	}
}

// peaks returns the most arrivals in any 60 seconds: in which no process was
// without the Store, and in which one was.
func peaks(arrivals []arrival) (shared, alone int) {
	first := 0
	for i, a := range arrivals {
		for a.at.Sub(arrivals[first].at) >= time.Minute {
			first++
		}
		window := arrivals[first : i+1]
		if slices.ContainsFunc(window, func(a arrival) bool { return a.alone }) {
			alone = max(alone, len(window))
		} else {
			shared = max(shared, len(window))
		}
	}
	return shared, alone
}

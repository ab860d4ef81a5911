package ringcxtest

import (
	"maps"
	"net/http"
	"time"
)

// peakWindow is the time that peaks and limits are counted in.
const peakWindow = time.Minute

// Counts is what arrived at a Server since it was made. A request that a fault
// answers counts too; one that [Unreachable] stops has not arrived.
type Counts struct {
	Logins    int // sign-ins to RingCentral
	Revokes   int // revocations at RingCentral
	Exchanges int // of a RingCentral token for RingCX tokens
	Refreshes int // of RingCX tokens
	Logouts   int // from RingCX
	Calls     int // of all other operations of RingCX

	// Arrivals is the number of requests for each endpoint that had any. The
	// empty Endpoint stands for addresses that the fake does not know.
	Arrivals map[Endpoint]int

	// Peaks is the most requests in any 60 seconds for each endpoint.
	Peaks map[Endpoint]int

	// PeakTokenRequests is the most exchanges and refreshes together in any 60
	// seconds. RingCX allows five.
	PeakTokenRequests int

	// RefreshReused is the number of refreshes with a refresh token that was sent
	// before, while that answer was open or after one that spent the token,
	// refused it, or left its fate open. These are all answers but 429, 503 with
	// Retry-After, and one that brings the same token again; what [Unreachable]
	// stops was not sent.
	RefreshReused int

	WrongHostBearers int // requests with a secret to a host that is not the fake's, in memory
	RateLimited      int // answers with status 429
	Unauthorized     int // calls answered with status 401
}

// Counts returns what arrived so far. The result is the caller's own.
func (s *Server) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tally.counts()
}

// tally counts arrivals. The Server's mutex guards it.
type tally struct {
	started       time.Time
	sums          Counts // the members that are no sums over arrivals
	arrivals      map[Endpoint]int
	windows       map[Endpoint]*window
	tokenRequests window
	calls         window
}

func newTally(now time.Time) tally {
	return tally{started: now, arrivals: make(map[Endpoint]int), windows: make(map[Endpoint]*window)}
}

// arrive counts a request and returns how many of those that share a limit with
// it arrived in the last 60 seconds, itself included.
func (t *tally) arrive(e Endpoint, now time.Time) int {
	at := now.Sub(t.started)
	t.arrivals[e]++
	w := t.windows[e]
	if w == nil {
		w = new(window)
		t.windows[e] = w
	}
	n := w.add(at)
	switch {
	case e.isTokenRequest():
		return t.tokenRequests.add(at)
	case e.isCall():
		return t.calls.add(at)
	}
	return n
}

// answer counts an answer.
func (t *tally) answer(e Endpoint, status int) {
	switch {
	case status == http.StatusTooManyRequests:
		t.sums.RateLimited++
	case status == http.StatusUnauthorized && e.isCall():
		t.sums.Unauthorized++
	}
}

func (t *tally) counts() Counts {
	c := t.sums
	c.Arrivals = maps.Clone(t.arrivals)
	c.Peaks = make(map[Endpoint]int, len(t.windows))
	for e, w := range t.windows {
		c.Peaks[e] = w.peak
	}
	c.PeakTokenRequests = t.tokenRequests.peak
	c.Logins, c.Revokes = c.Arrivals[Login], c.Arrivals[Revoke]
	c.Exchanges, c.Refreshes, c.Logouts = c.Arrivals[Exchange], c.Arrivals[Refresh], c.Arrivals[Logout]
	for e, n := range c.Arrivals {
		if e.isCall() {
			c.Calls += n
		}
	}
	return c
}

// window holds the arrivals of the last 60 seconds.
type window struct {
	times []time.Duration // the oldest first
	peak  int
}

// add counts an arrival and returns how many the window then holds.
func (w *window) add(at time.Duration) int {
	old := 0
	for old < len(w.times) && at-w.times[old] >= peakWindow {
		old++
	}
	w.times = append(w.times[old:], at)
	w.peak = max(w.peak, len(w.times))
	return len(w.times)
}

package ringcxtest

import (
	"maps"
	"net/http"
	"time"
)

// limitWindow is the period of the rate limits and of the peaks in Counts.
const limitWindow = time.Minute

// Counts contains the numbers of requests that a Server has received. It includes requests
// with a fault, except for [Unreachable], which are not received.
type Counts struct {
	Logins         int // sign-ins to RingCentral
	LoginRefreshes int // refreshes of RingCentral tokens, with the refresh_token grant
	Revokes        int // revocations at RingCentral
	Exchanges      int // exchanges of a RingCentral token for RingCX tokens
	Refreshes      int // refreshes of RingCX tokens
	Logouts        int // logouts from RingCX
	Calls          int // all other operations of RingCX

	// Arrivals is the number of requests for each endpoint. Endpoints without
	// requests are omitted. The key "" counts requests to unknown endpoints. Login
	// counts Logins and LoginRefreshes together, as the rate limit does.
	Arrivals map[Endpoint]int

	// Peaks is the largest number of requests in any 60 seconds, for each endpoint
	// of Arrivals.
	Peaks map[Endpoint]int

	// PeakTokenRequests is the largest number of exchanges and refreshes together
	// in any 60 seconds. RingCX allows five.
	PeakTokenRequests int

	// RefreshReused is the number of refreshes with a refresh token that had been
	// sent before, except if every earlier response permits another attempt: status
	// 429, status 503 with Retry-After, or a response with the same refresh token.
	// A request without a response yet permits none. Requests with the fault
	// Unreachable do not count as sent.
	RefreshReused int

	WrongHostBearers int // requests of Client that contain a secret and go to another host
	RateLimited      int // responses with status 429
	Unauthorized     int // responses to Calls with status 401
}

// tally counts requests and responses. The Server's mutex guards it.
type tally struct {
	started       time.Time
	totals        Counts // only the fields that are not computed from arrivals
	arrivals      map[Endpoint]int
	windows       map[Endpoint]*window
	tokenRequests window
	calls         window
	sentRefresh   map[string]bool // refresh tokens that must not be sent again
}

func newTally(now time.Time) tally {
	return tally{
		started:     now,
		arrivals:    make(map[Endpoint]int),
		windows:     make(map[Endpoint]*window),
		sentRefresh: make(map[string]bool),

		tokenRequests: window{length: limitWindow},
		calls:         window{length: limitWindow},
	}
}

// arrive counts a request. It returns the number of requests in the last 60 seconds that
// share a rate limit with it, including itself. A request whose operation has limits of its own
// shares none.
func (t *tally) arrive(e Endpoint, ownLimits bool, now time.Time) int {
	at := now.Sub(t.started)
	t.arrivals[e]++
	w := t.windows[e]
	if w == nil {
		w = &window{length: limitWindow}
		t.windows[e] = w
	}
	n := w.add(at)
	switch {
	case e.isTokenRequest():
		return t.tokenRequests.add(at)
	case e.isCall() && !ownLimits:
		return t.calls.add(at)
	}
	return n
}

// respond counts a response.
func (t *tally) respond(e Endpoint, status int) {
	switch {
	case status == http.StatusTooManyRequests:
		t.totals.RateLimited++
	case status == http.StatusUnauthorized && e.isCall():
		t.totals.Unauthorized++
	}
}

// sendRefresh records that a request sent a refresh token, and counts it if the token must
// not be sent again. It ignores an empty token.
func (t *tally) sendRefresh(token string) (reused bool) {
	if token == "" {
		return false
	}
	if t.sentRefresh[token] {
		t.totals.RefreshReused++
		return true
	}
	t.sentRefresh[token] = true
	return false
}

// settleRefresh records the response to a request that sent a refresh token. If the
// response keeps the token valid, it may be sent again, unless it was reused already.
func (t *tally) settleRefresh(token string, reused, kept bool) {
	switch {
	case token == "":
	case !kept:
		t.sentRefresh[token] = true // a concurrent refresh may have deleted it
	case !reused:
		delete(t.sentRefresh, token)
	}
}

func (t *tally) counts() Counts {
	c := t.totals
	c.Arrivals = maps.Clone(t.arrivals)
	c.Peaks = make(map[Endpoint]int, len(t.windows))
	for e, w := range t.windows {
		c.Peaks[e] = w.peak
	}
	c.PeakTokenRequests = t.tokenRequests.peak
	c.Logins, c.Revokes = c.Arrivals[Login]-c.LoginRefreshes, c.Arrivals[Revoke]
	c.Exchanges, c.Refreshes, c.Logouts = c.Arrivals[Exchange], c.Arrivals[Refresh], c.Arrivals[Logout]
	for e, n := range c.Arrivals {
		if e.isCall() {
			c.Calls += n
		}
	}
	return c
}

// window contains the last arrivals.
type window struct {
	length time.Duration
	times  []time.Duration // oldest first
	peak   int
}

// add adds an arrival and returns the number of arrivals in the window.
func (w *window) add(at time.Duration) int {
	old := 0
	for old < len(w.times) && at-w.times[old] >= w.length {
		old++
	}
	w.times = append(w.times[old:], at)
	w.peak = max(w.peak, len(w.times))
	return len(w.times)
}

// wait returns how long after the last arrival the window has room for one more. The window may
// contain at most limit arrivals, and contains more.
func (w *window) wait(limit int) time.Duration {
	last, blocking := w.times[len(w.times)-1], w.times[len(w.times)-limit]
	return blocking + w.length - last
}

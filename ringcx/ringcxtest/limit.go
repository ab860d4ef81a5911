package ringcxtest

import (
	"net/http"
	"strconv"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest/internal/contract"
)

const (
	// tokenLimit is the number of sign-ins that RingCentral allows an app in any 60
	// seconds, and the number of exchanges and refreshes that RingCX allows.
	tokenLimit = 5
	// callLimit is the number of calls that RingCX allows in any 60 seconds, except for
	// operations with limits of their own.
	callLimit = 120
	// penaltyTime is how long sign-ins are rejected after too many of them.
	penaltyTime = time.Minute
)

// rateLimits are the rate limits of the services. The Server's mutex guards it.
type rateLimits struct {
	enforced   bool      // set by LimitRates
	penaltyEnd time.Time // sign-ins are rejected until then

	// own contains the requests to operations with limits of their own, with a window for
	// each limit.
	own map[ownLimit][]window
}

// ownLimit is what limits of an operation are counted for.
//
// Source: RingCX API reference: each sub-account has limits of its own.
type ownLimit struct {
	operation  *contract.Operation
	subAccount string // empty if the path has none
}

// limitCheck is how a request compares with its rate limit.
type limitCheck struct {
	enforced   bool          // rate limits are enforced
	exceeded   bool          // the request must be rejected
	remaining  int           // sign-ins that are left
	retryAfter time.Duration // of the response, if it is rejected; 0 for none
}

// check compares a request with its rate limit. recent is the number of requests of that
// limit in the last 60 seconds, including this one. A sign-in over the limit starts or
// restarts the penalty.
func (l *rateLimits) check(e Endpoint, recent int, now time.Time) limitCheck {
	c := limitCheck{enforced: l.enforced}
	switch {
	case e == Login:
		c.remaining = max(0, tokenLimit-recent)
		c.exceeded = now.Before(l.penaltyEnd) || l.enforced && recent > tokenLimit
		if c.exceeded {
			l.startPenalty(now)
		}
	case e.isTokenRequest():
		c.exceeded = l.enforced && recent > tokenLimit
	case e.isCall():
		c.exceeded = l.enforced && recent > callLimit
	}
	return c
}

// checkOwn compares a request for a sub-account with the limits of its operation, which has
// some. at is the time since the Server was started.
func (l *rateLimits) checkOwn(o *contract.Operation, subAccount string, at time.Duration) limitCheck {
	if l.own == nil {
		l.own = make(map[ownLimit][]window)
	}
	key := ownLimit{o, subAccount}
	if l.own[key] == nil {
		for _, limit := range o.Limits {
			l.own[key] = append(l.own[key], window{length: limit.Window})
		}
	}
	c := limitCheck{enforced: l.enforced}
	for i, limit := range o.Limits {
		w := &l.own[key][i]
		if n := w.add(at); n > limit.Requests && l.enforced {
			c.exceeded = true
			c.retryAfter = max(c.retryAfter, w.wait(limit.Requests))
		}
	}
	return c
}

func (l *rateLimits) startPenalty(now time.Time) { l.penaltyEnd = now.Add(penaltyTime) }

// setRateHeaders sets the headers in which RingCentral reports how many sign-ins remain.
func setRateHeaders(h http.Header, remaining int) {
	h.Set("X-Rate-Limit-Group", "auth")
	h.Set("X-Rate-Limit-Limit", strconv.Itoa(tokenLimit))
	h.Set("X-Rate-Limit-Remaining", strconv.Itoa(remaining))
	h.Set("X-Rate-Limit-Window", strconv.Itoa(int(limitWindow.Seconds())))
}

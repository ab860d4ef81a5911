package ringcxtest

import (
	"net/http"
	"strconv"
	"time"
)

const (
	// tokenLimit is how many sign-ins a minute RingCentral allows an app, and how
	// many exchanges RingCX does.
	tokenLimit = 5
	// callLimit is how many calls a minute RingCX allows.
	callLimit = 120
	// penaltyTime is how long sign-ins are refused after too many.
	penaltyTime = time.Minute
)

// refuseRate answers c with 429 where it is one too many.
func (c *call) refuseRate() bool {
	switch {
	case c.endpoint == Login:
		return c.refuseLogin()
	case !c.limited:
		return false
	case c.endpoint.isTokenRequest() && c.crowd > tokenLimit, c.endpoint.isCall() && c.crowd > callLimit:
		c.answerRate(0)
		return true
	}
	return false
}

func (c *call) refuseLogin() bool {
	if c.limited || c.penalty {
		setRateHeaders(c.w.Header(), max(0, tokenLimit-c.crowd))
	}
	if c.penalty {
		c.answerRate(penaltyTime)
	}
	return c.penalty
}

// setRateHeaders tells how many sign-ins are left, as RingCentral does.
func setRateHeaders(h http.Header, remaining int) {
	h.Set("X-Rate-Limit-Group", "auth")
	h.Set("X-Rate-Limit-Limit", strconv.Itoa(tokenLimit))
	h.Set("X-Rate-Limit-Remaining", strconv.Itoa(remaining))
	h.Set("X-Rate-Limit-Window", strconv.Itoa(int(peakWindow.Seconds())))
}

// answerRate answers 429, without Retry-After where after is 0.
func (c *call) answerRate(after time.Duration) {
	if after > 0 {
		seconds := (after + time.Second - 1) / time.Second
		c.w.Header().Set("Retry-After", strconv.FormatInt(int64(seconds), 10))
	}
	if c.endpoint.isRingCentral() {
		c.answerOAuth(http.StatusTooManyRequests, "rate_limit_exceeded", "CMN-301", "Request rate exceeded")
		return
	}
	c.answerError(http.StatusTooManyRequests, "too.many.requests", "Too many requests")
}

package ringcxtest

import (
	"net/http"
	"strings"
	"time"
)

// The functions of this file respond to a request as a fault does. They call process to
// process the request as usual.

func serveRefuse(c *call, _ func()) { c.reject(c.rejection()) }

func serveEchoSecret(c *call, _ func()) {
	r := c.rejection()
	r.message += ": " + strings.Join(c.secrets(), " ")
	c.reject(r)
}

func serveExpired(c *call, process func()) {
	c.server.mu.Lock()
	c.server.sessions.expire(c.began)
	c.server.mu.Unlock()
	process()
}

func servePenalty(c *call, _ func()) {
	c.server.mu.Lock()
	c.server.limits.startPenalty(time.Now())
	c.server.mu.Unlock()
	setRateHeaders(c.w.Header(), 0)
	c.respondRateLimit(penaltyTime)
}

func serveHTML(c *call, _ func()) {
	const page = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Please sign in.</body></html>\n"
	c.respond(http.StatusOK, guessType(page), page)
}

func serveTruncate(c *call, process func()) {
	captured := c.capture(process)
	captured.send(c, captured.body.Bytes()[:captured.body.Len()/2])
}

func serveCutBody(c *call, process func(), n int64) {
	w := c.w
	limited := &limitedResponse{recorder: w, left: n}
	c.w = &recorder{inner: limited}
	process()
	c.w = w
	if limited.exceeded {
		c.cut = errCut
	}
}

func serveDropAnswer(c *call, process func()) {
	c.capture(process)
	c.cut = errCut
}

func serveRevokedOutside(c *call, process func()) {
	c.server.RevokeSession()
	process()
}

func serveSlow(c *call, process func(), d time.Duration) {
	captured := c.capture(process)
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		captured.send(c, captured.body.Bytes())
	case <-c.r.Context().Done():
		c.cut = errCut
	}
}

// serveTokens returns a function that changes the tokens of the response.
func serveTokens(change func(*tokenChanges)) func(*call, func()) {
	return func(c *call, process func()) {
		change(&c.tokens)
		process()
	}
}

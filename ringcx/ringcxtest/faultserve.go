package ringcxtest

import (
	"net/http"
	"strings"
	"time"
)

// A refusal is how an endpoint says no.
type refusal struct {
	status  int
	code    string
	message string
}

// refusal returns how c's endpoint says no.
func (c *call) refusal() refusal {
	switch c.endpoint {
	case Login:
		return refusal{http.StatusBadRequest, "OAU-213", "Token not found"}
	case Revoke:
		return refusal{http.StatusUnauthorized, "OAU-146", "Invalid client credentials"}
	case Refresh:
		return refusal{http.StatusUnauthorized, "invalid.token", "The refresh token is not valid"}
	case Logout:
		return refusal{http.StatusNotFound, "not.found", "There is no such session"}
	}
	return refusal{
		http.StatusForbidden, "access.denied.exception", "You do not have permission to access this resource",
	}
}

// refuse answers c with r.
func (c *call) refuse(r refusal) {
	if c.endpoint.isRingCentral() {
		c.answerOAuth(r.status, "invalid_grant", r.code, r.message)
		return
	}
	c.answerError(r.status, r.code, r.message)
}

func serveRefuse(c *call, _ func()) { c.refuse(c.refusal()) }

func serveEchoSecret(c *call, _ func()) {
	r := c.refusal()
	r.message += ": " + strings.Join(c.secrets(), " ")
	c.refuse(r)
}

func servePenalty(c *call, _ func()) {
	c.server.mu.Lock()
	c.server.penalty = time.Now().Add(penaltyTime)
	c.server.mu.Unlock()
	setRateHeaders(c.w.Header(), 0)
	c.answerRate(penaltyTime)
}

func serveHTML(c *call, _ func()) {
	const page = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Please sign in.</body></html>\n"
	c.answer(http.StatusOK, guessType(page), page)
}

func serveTruncate(c *call, process func()) {
	answer := c.hold(process)
	answer.send(c, answer.body.Bytes()[:answer.body.Len()/2])
}

func serveDropAnswer(c *call, process func()) {
	c.hold(process)
	c.cut = errCut
}

func serveRevokedOutside(c *call, process func()) {
	c.server.RevokeSession()
	process()
}

func serveSlow(c *call, process func(), d time.Duration) {
	answer := c.hold(process)
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		answer.send(c, answer.body.Bytes())
	case <-c.r.Context().Done():
		c.cut = errCut
	}
}

// secrets returns every secret that c brought.
func (c *call) secrets() []string {
	var all []string
	if _, credentials, ok := strings.Cut(c.r.Header.Get("Authorization"), " "); ok {
		all = append(all, credentials)
	}
	if id, secret, ok := c.r.BasicAuth(); ok {
		all = append(all, id, secret)
	}
	for _, name := range secretFields {
		all = append(all, c.form[name]...)
	}
	if token := c.r.PathValue("refreshToken"); token != "" {
		all = append(all, token)
	}
	return all
}

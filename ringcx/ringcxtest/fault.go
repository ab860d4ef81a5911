package ringcxtest

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Fault is one way in which the services, or the network before them, misbehave.
// [Server.Fault] orders it. Its text form, from String, is what [ParseFault]
// reads. [Truncate], [DropAnswer] and [Slow] hold the whole answer in memory.
type Fault struct {
	name        string
	unreachable bool                          // nothing arrives
	fits        func(Endpoint) bool           // nil: every endpoint
	serve       func(c *call, process func()) // answers c; process does so as usual
}

// String returns the fault as ParseFault reads it, for example "slow 2s".
func (f Fault) String() string { return f.name }

// The faults that need no number. Those that change, delay or drop a good answer
// have the request processed: a refresh token is spent, a session begins.
var (
	// Refuse refuses: a sign-in with 400 and a revocation with 401, as
	// RingCentral does; a refresh with 401, a logout with 404 and all else with
	// 403, as RingCX does.
	Refuse = Fault{name: "refuse", serve: serveRefuse}

	// Penalty starts the 60 seconds in which RingCentral answers every sign-in
	// with 429 and Retry-After, and which each further sign-in starts anew. It is
	// for [Login] only.
	Penalty = Fault{name: "penalty", fits: isEndpoint(Login), serve: servePenalty}

	// HTML answers 200 with a page of HTML, as a proxy or a Wi-Fi sign-in does.
	// The request is not processed.
	HTML = Fault{name: "html", serve: serveHTML}

	// Truncate processes the request and sends the first half of the JSON.
	Truncate = Fault{name: "truncate", fits: Endpoint.answersJSON, serve: serveTruncate}

	// NoRefreshToken leaves the refresh token out of an exchange or a refresh.
	NoRefreshToken = Fault{
		name: "no-refresh-token", fits: Endpoint.isTokenRequest,
		serve: shape(func(t *tokenShape) { t.noRefresh = true }),
	}

	// SameRefreshToken answers a refresh with the refresh token that was sent,
	// which stays good.
	SameRefreshToken = Fault{
		name: "same-refresh-token", fits: isEndpoint(Refresh),
		serve: shape(func(t *tokenShape) { t.sameRefresh = true }),
	}

	// DropAnswer processes the request and then cuts the connection. The client
	// meets io.ErrUnexpectedEOF; package ringcx sends a GET again by itself.
	DropAnswer = Fault{name: "drop-answer", serve: serveDropAnswer}

	// Unreachable keeps the request from arriving. In memory the client meets a
	// *net.OpError with Op "dial". Over loopback the connection stands already:
	// it is cut before anything is processed, which to the client looks like
	// DropAnswer. Such a request is not in [Counts].
	Unreachable = Fault{name: "unreachable", unreachable: true}

	// EchoSecret refuses as Refuse does, with every secret of the request in the
	// message.
	EchoSecret = Fault{name: "echo-secret", serve: serveEchoSecret}

	// RevokedOutside does what [Server.RevokeSession] does, just before the
	// request is processed.
	RevokedOutside = Fault{
		name:  "revoked-outside",
		fits:  func(e Endpoint) bool { return !e.isRingCentral() },
		serve: serveRevokedOutside,
	}
)

// RateLimit answers 429. Retry-After is after in whole seconds, rounded up; with
// 0 there is no such header.
func RateLimit(after time.Duration) Fault {
	name := "rate-limit"
	if after > 0 {
		name += " " + after.String()
	}
	return Fault{name: name, serve: func(c *call, _ func()) { c.answerRate(after) }}
}

// Status answers with a status from 200 to 599 and this body. The Content-Type
// is JSON where the body begins with { or [, HTML where it begins with <, and
// else text.
func Status(code int, body string) Fault {
	name := strings.TrimSpace(fmt.Sprintf("status %d %s", code, body))
	return Fault{name: name, fits: validStatus(code), serve: func(c *call, _ func()) {
		c.answer(code, guessType(body), body)
	}}
}

// Redirect answers with a status from 300 to 399 that leads to url. In memory
// the other host is the fake again, which counts the secrets that reach it: see
// Counts.WrongHostBearers.
func Redirect(code int, url string) Fault {
	name := fmt.Sprintf("redirect %d %s", code, url)
	fits := func(Endpoint) bool { return code >= 300 && code <= 399 && url != "" }
	return Fault{name: name, fits: fits, serve: func(c *call, _ func()) {
		c.w.Header().Set("Location", url)
		c.answer(code, textType, http.StatusText(code))
	}}
}

// Lifetime has tokens issued that live d, in whole seconds, also where that is
// zero, negative or huge. A RingCX token is a JWT that says so in its exp, and
// the fake holds itself to it. A RingCentral token has it in expires_in.
func Lifetime(d time.Duration) Fault {
	return Fault{
		name: "lifetime " + d.String(), fits: Endpoint.issuesTokens,
		serve: shape(func(t *tokenShape) { t.life = &d }),
	}
}

// Slow processes the request at once and sends the answer after d. Where the
// request's context ends before that, it cuts the connection.
func Slow(d time.Duration) Fault {
	return Fault{name: "slow " + d.String(), serve: func(c *call, process func()) {
		serveSlow(c, process, d)
	}}
}

// SkewDate answers as a server does whose clock is wrong by d: its Date header
// and the iat and exp of its tokens are shifted. How long the tokens are good
// does not change.
func SkewDate(d time.Duration) Fault {
	return Fault{name: "skew-date " + d.String(), serve: func(c *call, process func()) {
		c.tokens.skew = d
		c.w.Header().Set("Date", time.Now().Add(d).UTC().Format(http.TimeFormat))
		process()
	}}
}

func isEndpoint(want Endpoint) func(Endpoint) bool {
	return func(e Endpoint) bool { return e == want }
}

func validStatus(code int) func(Endpoint) bool {
	return func(Endpoint) bool { return code >= 200 && code <= 599 }
}

// shape changes how tokens are issued.
func shape(change func(*tokenShape)) func(*call, func()) {
	return func(c *call, process func()) {
		change(&c.tokens)
		process()
	}
}

func guessType(body string) string {
	switch {
	case strings.HasPrefix(body, "{"), strings.HasPrefix(body, "["):
		return jsonType
	case strings.HasPrefix(body, "<"):
		return "text/html; charset=utf-8"
	}
	return textType
}

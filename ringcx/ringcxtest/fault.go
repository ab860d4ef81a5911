package ringcxtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Fault is a failure of a service or of the network. [Server.Fault] applies it to
// requests. [ParseFault] parses the text that String returns.
//
// Some faults process the request as usual and then change, delay or drop the response: a
// refresh token is used up, a session starts. Their documentation says so. The others
// respond without processing the request. Truncate, DropAnswer and Slow keep the whole
// response in memory.
type Fault struct {
	name        string
	passes      bool                          // the request is processed as if there were no fault
	unreachable bool                          // the request does not arrive
	fits        func(Endpoint) bool           // nil if the fault can occur at every endpoint
	serve       func(c *call, process func()) // responds; process responds as usual
}

// String returns the text form of the fault, for example "slow 2s".
func (f Fault) String() string { return f.name }

// Faults without an argument.
var (
	// Pass processes the request as usual, as if there were no fault. It lets requests pass
	// before the next fault: after Fault(Users, Pass, 2) and Fault(Users, DropAnswer, 1), the
	// third request fails. The requests are not marked in Server.Log, and are compared with
	// openapi.yaml.
	Pass = Fault{name: "pass", passes: true}

	// Refuse rejects the request. RingCentral rejects a sign-in with status 400 and
	// a revocation with 401. RingCX rejects a refresh with 401, a logout with 401
	// and all other requests with 403.
	Refuse = Fault{name: "refuse", serve: serveRefuse}

	// Penalty starts the penalty of RingCentral: for 60 seconds, every sign-in gets
	// status 429 with Retry-After and restarts the penalty. Penalty can occur at
	// Login only.
	Penalty = Fault{name: "penalty", fits: isEndpoint(Login), serve: servePenalty}

	// HTML responds with status 200 and an HTML page, like a proxy or the sign-in
	// page of a Wi-Fi network.
	HTML = Fault{name: "html", serve: serveHTML}

	// Truncate processes the request and sends the first half of the JSON body, as if it were
	// complete. CutBody breaks off any body.
	Truncate = Fault{name: "truncate", fits: Endpoint.respondsJSON, serve: serveTruncate}

	// Expired calls Server.ExpireTokens and then processes the call: the token expires just
	// before the call arrives, which gets status 401 and the text "Jwt is expired". Expired
	// can occur at the operations that need an access token only.
	Expired = Fault{name: "expired", fits: Endpoint.isCall, serve: serveExpired}

	// NoRefreshToken processes a sign-in, an exchange or a refresh and omits the
	// refresh token from the response.
	NoRefreshToken = Fault{
		name: "no-refresh-token", fits: Endpoint.issuesTokens,
		serve: serveTokens(func(t *tokenChanges) { t.noRefresh = true }),
	}

	// SameRefreshToken processes a refresh and responds with the refresh token of
	// the request, which stays valid.
	SameRefreshToken = Fault{
		name: "same-refresh-token", fits: isEndpoint(Refresh),
		serve: serveTokens(func(t *tokenChanges) { t.sameRefresh = true }),
	}

	// DropAnswer processes the request and then cuts the connection without a
	// response. The client gets io.ErrUnexpectedEOF. Package ringcx then repeats a
	// GET.
	DropAnswer = Fault{name: "drop-answer", serve: serveDropAnswer}

	// Unreachable keeps the request from arriving; it is not included in Counts. The
	// client of Server.Client gets a *net.OpError with Op "dial". Over TCP the
	// connection already exists: it is cut before the request is processed, which
	// the client cannot distinguish from DropAnswer.
	Unreachable = Fault{name: "unreachable", unreachable: true}

	// EchoSecret rejects the request like Refuse, with every secret of the request
	// in the error message.
	EchoSecret = Fault{name: "echo-secret", serve: serveEchoSecret}

	// RevokedOutside calls Server.RevokeSession and then processes the request. A
	// sign-in then starts a new session.
	RevokedOutside = Fault{name: "revoked-outside", serve: serveRevokedOutside}
)

// RateLimit responds with status 429. The Retry-After header is after, rounded up to whole
// seconds. If after is 0, there is no such header.
func RateLimit(after time.Duration) Fault {
	name := "rate-limit"
	if after > 0 {
		name += " " + after.String()
	}
	return Fault{name: name, serve: func(c *call, _ func()) { c.respondRateLimit(after) }}
}

// Status responds with a status from 200 to 599 and a body. The Content-Type is JSON if the
// body is valid JSON, such as null, or begins with { or [, HTML if it begins with <, and plain
// text otherwise.
func Status(code int, body string) Fault {
	name := strings.TrimSpace(fmt.Sprintf("status %d %s", code, body))
	return Fault{name: name, fits: validStatus(code), serve: func(c *call, _ func()) {
		c.respond(code, guessType(body), body)
	}}
}

// Redirect responds with a status from 300 to 399 and url as its Location header. If the
// client is that of [Server.Client] and follows the redirect to another host, its request
// does not leave the process. Counts.WrongHostBearers counts it if it contains a secret.
func Redirect(code int, url string) Fault {
	name := fmt.Sprintf("redirect %d %s", code, url)
	fits := func(Endpoint) bool { return code >= 300 && code <= 399 && url != "" }
	return Fault{name: name, fits: fits, serve: func(c *call, _ func()) {
		c.w.Header().Set("Location", url)
		c.respond(code, textType, http.StatusText(code))
	}}
}

// Lifetime processes a sign-in, an exchange or a refresh, and issues an access token with the
// lifetime d, which should be a whole number of seconds and may be zero, negative or very
// large. The lifetime of a RingCX token is in its JWT claims, that of a RingCentral token
// in expires_in. The Server rejects the token when it has expired.
func Lifetime(d time.Duration) Fault {
	return Fault{
		name: "lifetime " + d.String(), fits: Endpoint.issuesTokens,
		serve: serveTokens(func(t *tokenChanges) { t.lifetime = &d }),
	}
}

// Slow processes the request at once and sends the response after d. If the context of the
// request ends before that, Slow cuts the connection.
func Slow(d time.Duration) Fault {
	return Fault{name: "slow " + d.String(), serve: func(c *call, process func()) {
		serveSlow(c, process, d)
	}}
}

// SkewDate processes the request and responds like a server whose clock is wrong by d: the
// Date header and the times in RingCX tokens are shifted by d. The Server accepts the
// tokens as long as it would without the fault.
func SkewDate(d time.Duration) Fault {
	return Fault{name: "skew-date " + d.String(), serve: func(c *call, process func()) {
		c.tokens.skew = d
		c.w.Header().Set("Date", time.Now().Add(d).UTC().Format(http.TimeFormat))
		process()
	}}
}

// CutBody processes the request, sends the first n bytes of the body, for example of a recording,
// and then cuts the connection: a client that reads on gets io.ErrUnexpectedEOF. A body of at
// most n bytes is complete.
func CutBody(n int64) Fault {
	fits := func(Endpoint) bool { return n >= 0 }
	return Fault{name: fmt.Sprintf("cut-body %d", n), fits: fits, serve: func(c *call, process func()) {
		serveCutBody(c, process, n)
	}}
}

func isEndpoint(want Endpoint) func(Endpoint) bool {
	return func(e Endpoint) bool { return e == want }
}

func validStatus(code int) func(Endpoint) bool {
	return func(Endpoint) bool { return code >= 200 && code <= 599 }
}

// guessType returns the Content-Type of a body.
func guessType(body string) string {
	switch {
	case strings.HasPrefix(body, "{"), strings.HasPrefix(body, "["), json.Valid([]byte(body)):
		return jsonType
	case strings.HasPrefix(body, "<"):
		return "text/html; charset=utf-8"
	}
	return textType
}

// plainFaults are the faults whose text form has no argument.
var plainFaults = []Fault{
	Pass, Refuse, Penalty, Expired, HTML, Truncate, NoRefreshToken, SameRefreshToken,
	DropAnswer, Unreachable, EchoSecret, RevokedOutside, RateLimit(0),
}

// ParseFault parses the text form of a fault, for programs that read faults from their
// input. The text is a name in lower case, followed by the arguments of the fault:
// "pass", "refuse", "rate-limit", "rate-limit 30s", "status 502 <html>",
// "redirect 307 https://example.com", "lifetime -1s", "slow 2s", "skew-date 10m",
// "cut-body 1000".
// Durations have the form of [time.ParseDuration].
func ParseFault(text string) (Fault, error) {
	text = strings.TrimSpace(text)
	for _, f := range plainFaults {
		if f.name == text {
			return f, nil
		}
	}
	name, arguments, _ := strings.Cut(text, " ")
	switch arguments = strings.TrimSpace(arguments); name {
	case "status", "redirect":
		return parseStatusFault(name, arguments)
	case "cut-body":
		n, err := strconv.ParseInt(arguments, 10, 64)
		if err != nil {
			return Fault{}, fmt.Errorf("fault %q: %q is not a number of bytes", name, arguments)
		}
		return CutBody(n), nil
	case "rate-limit", "lifetime", "slow", "skew-date":
		return parseDurationFault(name, arguments)
	}
	return Fault{}, fmt.Errorf("there is no fault %q", text)
}

func parseStatusFault(name, arguments string) (Fault, error) {
	digits, text, _ := strings.Cut(arguments, " ")
	code, err := strconv.Atoi(digits)
	if err != nil {
		return Fault{}, fmt.Errorf("fault %q: %q is not a status code", name, digits)
	}
	if name == "redirect" {
		return Redirect(code, text), nil
	}
	return Status(code, text), nil
}

func parseDurationFault(name, argument string) (Fault, error) {
	d, err := time.ParseDuration(argument)
	if err != nil {
		return Fault{}, fmt.Errorf("fault %q: %q is not a duration such as 30s", name, argument)
	}
	switch name {
	case "rate-limit":
		return RateLimit(d), nil
	case "lifetime":
		return Lifetime(d), nil
	case "slow":
		return Slow(d), nil
	}
	return SkewDate(d), nil
}

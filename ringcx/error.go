package ringcx

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Errors that an [*Error] of status 401, 403, 404 or 429 matches with
// errors.Is.
var (
	ErrUnauthorized = errors.New("ringcx: unauthorized")
	ErrForbidden    = errors.New("ringcx: forbidden")
	ErrNotFound     = errors.New("ringcx: not found")
	ErrRateLimited  = errors.New("ringcx: rate limited")
)

// ErrClosed is what a [TokenSource] reports after its Close.
var ErrClosed = errors.New("ringcx: the TokenSource is closed")

// Stage is the step of the work that an [Error] or an [Event] speaks of.
type Stage string

// The stages, in the order in which a program meets them.
const (
	StageLogin    Stage = "login"    // a RingCentral sign-in
	StageExchange Stage = "exchange" // a RingCentral token for a RingCX session
	StageRefresh  Stage = "refresh"  // a refresh token for the next pair
	StageCall     Stage = "call"     // a request of the program to RingCX
	StageLogout   Stage = "logout"   // the end of a session
	StageAdopt    Stage = "adopt"    // a pair that another process bought, or its age; in events only
	StageStore    Stage = "store"    // a Store that failed, or a record of no use; in events only
)

// Codes of errors that this package makes itself.
const (
	codeLocalLimit = "local_limit"
	codeBadAnswer  = "bad_answer"
)

// Error is a refusal: an answer of status 400 or more, an answer of a token
// request that cannot be used, or a request that was not sent because it would
// have broken a limit. Known secrets are taken out of its texts, so it may be
// logged. Each caller gets an Error of its own.
type Error struct {
	// Stage says which step was refused.
	Stage Stage

	// StatusCode is the HTTP status. It is 429, with Code "local_limit", where a
	// limit was kept here and nothing was sent; and below 400, with Code
	// "bad_answer", where an answer could not be used.
	StatusCode int

	// Code is RingCX's errorCode ("access.denied.exception") or RingCentral's
	// ("OAU-213"), and empty where the answer had none.
	Code string

	// Message is the message of a JSON body, else the body itself, on one line
	// and cut after 512 bytes.
	Message string

	// Validation says which members of a request RingCX did not accept.
	Validation []FieldError

	// RetryAfter is how long to wait before trying again, 1 s to 1 h: from the
	// Retry-After header, or because this package will not ask earlier. 0: not
	// known.
	RetryAfter time.Duration

	// Method and Path are of the request that was refused, Path without its query
	// and without the token that a logout carries there. Empty where no request
	// was sent, and for an answer that [Get] could not use.
	Method, Path string

	// Cause is an *Error too: the 401 of a call, if a limit held back the renewal that
	// it made necessary, and this is the error of that renewal ("local_limit").
	// Otherwise it is nil. errors.Is and errors.As reach it.
	Cause error
}

// Unwrap returns e.Cause.
func (e *Error) Unwrap() error { return e.Cause }

// FieldError is one member of a request that RingCX did not accept. The value
// is left out: it may be a password.
type FieldError struct {
	Field, Message string
}

// Error reports, on one line, what was refused at which step, with which
// status, and what to do where the usual causes are known.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "ringcx: %s", e.Stage)
	if e.Method != "" {
		fmt.Fprintf(&b, ": %s %s", e.Method, e.Path)
	}
	fmt.Fprintf(&b, ": %d", e.StatusCode)
	for _, s := range []string{e.Code, e.Message} {
		if s != "" {
			b.WriteString(" " + s)
		}
	}
	for _, v := range e.Validation {
		fmt.Fprintf(&b, "; %s: %s", v.Field, v.Message)
	}
	if e.RetryAfter > 0 {
		fmt.Fprintf(&b, "; %s %v", e.advice(), e.RetryAfter.Round(time.Second))
	}
	if h := e.hint(); h != "" {
		b.WriteString(" (" + h + ")")
	}
	if e.Cause != nil {
		b.WriteString("; after " + strings.TrimPrefix(e.Cause.Error(), "ringcx: "))
	}
	return b.String()
}

// advice introduces RetryAfter: after a plain refusal time alone mends nothing.
func (e *Error) advice() string {
	if e.StatusCode == http.StatusTooManyRequests || e.StatusCode >= 500 {
		return "try again in"
	}
	return "will not be sent again for"
}

// hint names the usual causes of a refusal.
//
// Source: RingCentral's list of OAuth errors; for the exchange, what users of
// public clients report.
func (e *Error) hint() string {
	switch {
	case e.Code == codeLocalLimit:
		return "nothing was sent; does each job make a Client of its own, or do calls meet a 401 again and again?"
	case e.StatusCode == http.StatusTooManyRequests || e.StatusCode < 400 || e.StatusCode >= 500:
		return ""
	case e.Stage == StageLogin && (e.Code == "OAU-146" || e.Code == "invalid_client"):
		return "check the client id and the client secret, and that they are of the production app"
	case e.Stage == StageLogin:
		return "check that the JWT credential is valid for this app and that the app uses the JWT auth flow"
	case e.Stage == StageExchange:
		return "usual causes: the app lacks the Read Accounts scope, the RingCentral user is not linked to RingCX, or it is no production account"
	}
	return ""
}

// Is reports whether target is the sentinel of e's status.
func (e *Error) Is(target error) bool {
	switch e.StatusCode {
	case http.StatusUnauthorized:
		return target == ErrUnauthorized
	case http.StatusForbidden:
		return target == ErrForbidden
	case http.StatusNotFound:
		return target == ErrNotFound
	case http.StatusTooManyRequests:
		return target == ErrRateLimited
	}
	return false
}

// statusOf is the status of the *Error in err's tree, or 0.
func statusOf(err error) int {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.StatusCode
	}
	return 0
}

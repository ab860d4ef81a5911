package ringcx

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/ringcx-go/ringcx-go/ringcx/internal/redact"
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

const (
	maxErrorBody = 64 << 10 // of a refused call, read to make its Error
	maxMessage   = 512      // of Error.Message
	maxSecret    = 8 << 10  // longer than any token
)

// newError makes the Error of the answer to req. The secrets are what req
// carried: a server may send them back.
func newError(stage Stage, req *http.Request, resp *http.Response, body []byte, secrets ...string) *Error {
	e := &Error{
		Stage: stage, StatusCode: resp.StatusCode, RetryAfter: retryAfter(resp.Header, time.Now()),
		Method: req.Method, Path: maskPath(req.URL),
	}
	e.read(body)
	clean := redact.New(secrets...)
	e.Code, e.Message, e.Path = oneLine(clean.Text(e.Code)), oneLine(clean.Text(e.Message)), visible(clean.Text(e.Path))
	for i, v := range e.Validation {
		e.Validation[i] = FieldError{Field: oneLine(clean.Text(v.Field)), Message: oneLine(clean.Text(v.Message))}
	}
	return e
}

// readError reads and closes the body of a refused call.
func readError(stage Stage, req *http.Request, resp *http.Response, secrets ...string) *Error {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody)) // half a message beats none
	resp.Body.Close()
	return newError(stage, req, resp, body, secrets...)
}

// errorBody has the members of both families of JSON errors: RingCX's and
// RingCentral's. What is not text where text belongs reads as empty.
type errorBody struct {
	ErrorCode                 text
	GeneralMessage, Message   text
	Details, DeveloperMessage text
	ValidationErrors          list[struct{ AttributeName, Message text }]

	Error       text
	Description text `json:"error_description"`
	Errors      list[struct{ ErrorCode, Message text }]
}

func (e *Error) read(body []byte) {
	e.Message = string(body)
	if len(body) >= maxErrorBody {
		e.Message = string(body[:maxErrorBody-maxSecret]) // a secret may be cut off at the end
	}
	if b := bytes.TrimSpace(body); len(b) == 0 || b[0] != '{' || !json.Valid(b) {
		return
	}
	var b errorBody
	_ = json.Unmarshal(body, &b) // the body is valid JSON, and no type of errorBody refuses any
	if len(b.Errors) > 0 {
		b.ErrorCode = cmp.Or(b.ErrorCode, b.Errors[0].ErrorCode)
		b.Message = cmp.Or(b.Message, b.Errors[0].Message)
	}
	e.Code = string(cmp.Or(b.ErrorCode, b.Error))
	if m := cmp.Or(b.GeneralMessage, b.Message, b.Description, b.Details, b.DeveloperMessage); m != "" || e.Code != "" {
		e.Message = string(m)
	}
	for _, v := range b.ValidationErrors {
		e.Validation = append(e.Validation, FieldError{Field: string(v.AttributeName), Message: string(v.Message)})
	}
}

// text is a JSON string; anything else reads as empty.
type text string

func (t *text) UnmarshalJSON(data []byte) error {
	var s string
	if json.Unmarshal(data, &s) == nil {
		*t = text(s)
	}
	return nil
}

// list is a JSON array; anything else, or an array of something else, reads as
// empty.
type list[T any] []T

func (l *list[T]) UnmarshalJSON(data []byte) error {
	var s []T
	if json.Unmarshal(data, &s) == nil {
		*l = s
	}
	return nil
}

// visible replaces what does not print in a path, which a redirect may have chosen.
func visible(path string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, path)
}

// oneLine puts s on one line, drops what does not print and cuts it.
func oneLine(s string) string {
	s = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "?"), func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r)
	}), " ")
	if len(s) > maxMessage {
		s = strings.ToValidUTF8(s[:maxMessage], "") + "…"
	}
	return s
}

const (
	minRetryAfter = time.Second
	maxRetryAfter = time.Hour
)

// retryAfter reads the Retry-After header, whole seconds or a date, and bounds
// it to 1 s … 1 h. A date counts from the answer's own Date, so that a wrong
// clock here does no harm; now stands in where there is none. It is 0 where the
// header is missing or makes no sense.
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if value == "" {
		return 0
	}
	if digits := strings.TrimLeft(value, "+-"); isDigits(digits) {
		return seconds(value)
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	if sent, err := http.ParseTime(h.Get("Date")); err == nil {
		now = sent
	}
	return clampRetryAfter(at.Sub(now)) // Sub saturates: a date in 9999 does not overflow
}

// seconds reads a number of any length.
func seconds(s string) time.Duration {
	n, err := strconv.ParseInt(s, 10, 64)
	switch {
	case strings.HasPrefix(s, "-"):
		return minRetryAfter
	case err != nil || n > int64(maxRetryAfter/time.Second):
		return maxRetryAfter
	}
	return clampRetryAfter(time.Duration(n) * time.Second)
}

func clampRetryAfter(d time.Duration) time.Duration {
	return min(max(d, minRetryAfter), maxRetryAfter)
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

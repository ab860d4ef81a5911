package ringcx

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ringcx-go/ringcx-go/internal/redact"
	"github.com/ringcx-go/ringcx-go/wire"
)

// Errors for common HTTP statuses. errors.Is reports whether an error is an [*Error]
// with status 401, 403, 404 or 429:
//
//	if errors.Is(err, ringcx.ErrNotFound) {
//		…
//	}
var (
	ErrUnauthorized = errors.New("ringcx: unauthorized") // status 401
	ErrForbidden    = errors.New("ringcx: forbidden")    // status 403
	ErrNotFound     = errors.New("ringcx: not found")    // status 404
	ErrRateLimited  = errors.New("ringcx: rate limited") // status 429
)

// ErrNotSent reports that a call failed because no token could be obtained, so that RingCX did not
// process it: a sign-in, an exchange or a refresh failed, the Store failed, the TokenSource is
// closed, or the context ended before. A call that creates something can then be sent again
// without doing it twice. errors.Is reports whether an error is such an error; each [*Error] of
// [StageLogin], [StageExchange] and [StageRefresh] is one.
//
// An attempt of the call may have been sent before: one that RingCX rejected with status 401 or
// 429, or, if the call is idempotent, one that failed in another way.
//
// Any other error without a status does not say whether RingCX processed the call.
var ErrNotSent = errors.New("ringcx: the call was not sent")

// notSentError is an error that prevented a call, and is no [*Error].
type notSentError struct{ error }

func (e notSentError) Unwrap() error        { return e.error }
func (e notSentError) Is(target error) bool { return target == ErrNotSent }

// asNotSent returns err, the reason why there is no token for a call, as an ErrNotSent.
func asNotSent(err error) error {
	if asError(err) != nil {
		return err // Error.Is matches ErrNotSent
	}
	return notSentError{err}
}

// ErrClosed is returned by the methods of a [TokenSource] after Close.
var ErrClosed = errors.New("ringcx: the TokenSource is closed")

// Values of Error.Code for errors that this package detects.
const (
	codeLocalLimit = "local_limit"
	codeBadAnswer  = "bad_answer"
)

// Error is the error of a request that was rejected:
//
//   - a response with status 400 or higher;
//   - a response to a token request that cannot be used, with Code "bad_answer";
//   - a request that was not sent because it would have exceeded a limit, with Code
//     "local_limit".
//
// Known secrets are removed from all fields, so that an Error can be logged. Callers do
// not share Errors: each may modify its own. The error of a call whose response reports
// success and cannot be decoded is a [*wire.DecodeError].
type Error struct {
	// Stage is the step that failed.
	Stage Stage

	// StatusCode is the HTTP status of the response. It is below 400 if Code is
	// "bad_answer", and 429 if Code is "local_limit".
	StatusCode int

	// Code is the error code in the response: errorCode of RingCX, such as
	// "access.denied.exception", or the code of RingCentral, such as "OAU-213". It is
	// empty if the response has none.
	Code string

	// Message is the message in a JSON response, or else the body of the response. It
	// is a single line of at most 512 bytes, and "…" if it was cut.
	Message string

	// Validation lists the fields of the request that RingCX did not accept.
	Validation []FieldError

	// RetryAfter is how long to wait before the request is tried again: 1 s to 1 h, or
	// 0 if not known. It is taken from the Retry-After header, or is the time for which
	// this package does not repeat the request.
	RetryAfter time.Duration

	// Header contains those headers of the response that help to find a request, or that
	// state a limit: RCRequestId and X-Request-Id, which support asks for, Retry-After,
	// and X-Rate-Limit-Group, -Limit, -Remaining and -Window. A value is a single line of
	// at most 512 bytes. Header is nil if the response has none of them. Use Get:
	//
	//	id := err.Header.Get("RCRequestId")
	//
	// Source: RingCentral documentation, on rate limits. The names of the request ids, and
	// which headers RingCX sends, are inferred.
	Header http.Header

	// Method and Path identify the request. Path has no query, and *** in place of the
	// token in the path of a logout. Both are empty if no request was sent, and for the
	// error of a Config.RingCentral of another package.
	Method, Path string

	// Cause is what else is known about the error, or nil. errors.Is and errors.As also
	// match Cause. It is
	//
	//   - the *Error of the call with status 401 that made a renewal necessary, if a
	//     limit held this renewal back and e is the error of the renewal;
	//   - an *oauth2.RetrieveError, if a Config.RingCentral that uses x/oauth2 returned
	//     one. It is a copy: its Response has a status but no headers, and its Body is
	//     empty;
	//   - ErrSignInRequired, or another error with the text of a hint, for example of what a
	//     call with status 403 needs as documented;
	//   - an error that wraps wire.ErrNotReady, of a call with status 404 for a recording, a
	//     transcript or a summary.
	Cause error
}

// FieldError is a field of a request that RingCX did not accept. The value of the field
// is left out: it may be a password.
type FieldError struct {
	Field, Message string
}

// Error returns the stage, the request, the status, the code, the message and, if known,
// usual causes of the error, in a single line.
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
	if cause := asError(e.Cause); cause != nil {
		b.WriteString("; after " + strings.TrimPrefix(cause.Error(), "ringcx: "))
	}
	return b.String()
}

// Unwrap returns e.Cause.
func (e *Error) Unwrap() error { return e.Cause }

// Is reports whether target is the error for e's status: [ErrUnauthorized],
// [ErrForbidden], [ErrNotFound], [ErrConflict] or [ErrRateLimited], or is [ErrNotSent] and e is
// about a token.
func (e *Error) Is(target error) bool {
	if target == ErrNotSent {
		return slices.Contains([]Stage{StageLogin, StageExchange, StageRefresh}, e.Stage)
	}
	switch e.StatusCode {
	case http.StatusUnauthorized:
		return target == ErrUnauthorized
	case http.StatusForbidden:
		return target == ErrForbidden
	case http.StatusNotFound:
		return target == ErrNotFound
	case http.StatusConflict:
		return target == ErrConflict
	case http.StatusTooManyRequests:
		return target == ErrRateLimited
	}
	return false
}

// advice returns the words before RetryAfter. It suggests another attempt only if the
// status is temporary.
func (e *Error) advice() string {
	if e.StatusCode == http.StatusTooManyRequests || e.StatusCode >= 500 {
		return "try again in"
	}
	return "will not be sent again for"
}

// hint returns what to check or to do about the error, or "".
func (e *Error) hint() string {
	hint := e.usualCauses()
	if errors.Is(e.Cause, wire.ErrNotReady) {
		hint = e.Cause.Error()
	}
	cause, ok := e.Cause.(hintError) //nolint:errorlint // the cause itself is one
	if ok && hint != "" {
		hint += "; "
	}
	return hint + strings.TrimPrefix(string(cause), "ringcx: ")
}

// usualCauses returns the usual causes of the error, or "".
//
// Source: RingCentral's list of OAuth errors; for the exchange, what users of public
// clients report.
func (e *Error) usualCauses() string {
	ofJWT := e.Stage == StageLogin && e.Method != "" && e.Cause == nil // see Error.Method and CodeLogin
	switch {
	case e.isElsewhere():
		return "" // the Cause names the host
	case e.Code == codeLocalLimit:
		return "nothing was sent: check whether each job creates its own Client, or calls repeatedly return 401"
	case !e.isRejection():
		return ""
	case e.Stage == StageLogin && e.rejectsClient():
		return "check the client id and the client secret, and that they belong to the production app"
	case ofJWT:
		return "check that the JWT credential is valid for this app and that the app uses the JWT auth flow"
	case e.Stage == StageExchange && !errors.Is(e.Cause, errSessionEnded):
		return "usual causes: the app lacks the Read Accounts scope, the RingCentral user is not linked to RingCX, or the account is not a production account"
	}
	return ""
}

// isElsewhere reports whether the response to a sign-in or an exchange is probably not from
// the service, which has the path and responds with JSON.
func (e *Error) isElsewhere() bool {
	isSignIn := e.Stage == StageLogin || e.Stage == StageExchange
	return isSignIn && (e.Code == codeBadAnswer || e.StatusCode == http.StatusNotFound)
}

// baseURLHint returns a hint with the host that responded to a sign-in or an exchange, and
// with the setting from which its address is.
func (e *Error) baseURLHint(host string) error {
	if e.Stage == StageLogin {
		return hintError("is " + host + " RingCentral? check the BaseURL of the login (RINGCENTRAL_BASE_URL)")
	}
	return hintError("is " + host + " RingCX? check Config.BaseURL (RINGCX_BASE_URL)")
}

// hintError is the Cause of an [*Error] that has a hint of its own. (Its kind is string so
// that package go-cmp can compare Errors.)
type hintError string

func (h hintError) Error() string { return string(h) }

// isRejection reports whether the status is 4xx, but not 429.
func (e *Error) isRejection() bool {
	return e.StatusCode/100 == 4 && e.StatusCode != http.StatusTooManyRequests
}

// rejectsClient reports whether RingCentral rejected the client id or the client secret.
func (e *Error) rejectsClient() bool { return e.Code == "OAU-146" || e.Code == "invalid_client" }

// statusOf returns the status of the *Error in err's tree, or 0.
func statusOf(err error) int {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.StatusCode
	}
	return 0
}

const (
	maxErrorBody = 64 << 10 // bytes of a response that are read to make an Error
	maxSecret    = 8 << 10  // bytes of a secret; tokens are shorter
)

// newError returns the Error for the response to req with the given body. The secrets
// are those in req: a server may return them.
func newError(stage Stage, req *http.Request, resp *http.Response, body []byte, secrets ...string) *Error {
	e := &Error{
		Stage: stage, StatusCode: resp.StatusCode, RetryAfter: retryAfter(resp.Header, time.Now()),
		Method: req.Method, Path: redact.Path(req.URL),
	}
	e.read(body)
	scrubber := redact.New(secrets...)
	e.Header = supportHeader(resp.Header, scrubber)
	e.Code, e.Message = redact.Line(scrubber.Text(e.Code)), redact.Line(scrubber.Text(e.Message))
	e.Path = redact.Printable(scrubber.Text(e.Path))
	for i, v := range e.Validation {
		e.Validation[i] = FieldError{Field: redact.Line(scrubber.Text(v.Field)), Message: redact.Line(scrubber.Text(v.Message))}
	}
	return e
}

// supportHeaders are the names of the headers in Error.Header.
var supportHeaders = []string{
	"RCRequestId", "X-Request-Id", "Retry-After",
	"X-Rate-Limit-Group", "X-Rate-Limit-Limit", "X-Rate-Limit-Remaining", "X-Rate-Limit-Window",
}

// supportHeader returns the supportHeaders of h that are not empty, without secrets.
func supportHeader(h http.Header, scrubber redact.Scrubber) (own http.Header) {
	for _, name := range supportHeaders {
		value := h.Get(name)
		if value == "" {
			continue
		}
		if own == nil {
			own = http.Header{}
		}
		own.Set(name, redact.Line(scrubber.Text(value)))
	}
	return own
}

// readError reads and closes the body of resp and returns its Error.
func readError(stage Stage, req *http.Request, resp *http.Response, secrets ...string) *Error {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody)) // ignore the error: use what was read
	resp.Body.Close()
	return newError(stage, req, resp, body, secrets...)
}

// errorBody has the fields of the JSON errors of RingCX and, at the end, of RingCentral.
type errorBody struct {
	ErrorCode                 text
	GeneralMessage, Message   text
	Details, DeveloperMessage text
	ValidationErrors          list[struct{ AttributeName, Message text }]

	Error       text
	Description text `json:"error_description"`
	Errors      list[struct{ ErrorCode, Message text }]
}

// read sets Code, Message and Validation from a body. If the body is not a JSON object,
// it is the Message.
func (e *Error) read(body []byte) {
	e.Message = string(body)
	if len(body) >= maxErrorBody {
		e.Message = string(body[:maxErrorBody-maxSecret]) // the end may be part of a secret, which is not recognized
	}
	if !isJSONObject(body) {
		return
	}
	var b errorBody
	_ = json.Unmarshal(body, &b) // ignore the error: the JSON is valid, and the types accept any value
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

func isJSONObject(data []byte) bool {
	return bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) && json.Valid(data)
}

// text is a JSON string. It decodes any other JSON value as "".
type text string

func (t *text) UnmarshalJSON(data []byte) error {
	var s string
	if json.Unmarshal(data, &s) == nil {
		*t = text(s)
	}
	return nil
}

// list is a JSON array. It decodes any other JSON value, and an array with elements of
// another type, as empty.
type list[T any] []T

func (l *list[T]) UnmarshalJSON(data []byte) error {
	var s []T
	if json.Unmarshal(data, &s) == nil {
		*l = s
	}
	return nil
}

const (
	minRetryAfter = time.Second
	maxRetryAfter = time.Hour
)

// retryAfter returns the time in the Retry-After header, between minRetryAfter and
// maxRetryAfter, or 0 if the header is missing or invalid. The header contains a number
// of seconds or a date. A date is compared with the Date header of the response, so that
// the local clock does not matter, or with now if there is none.
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if value == "" {
		return 0
	}
	if isDigits(strings.TrimLeft(value, "+-")) {
		return seconds(value)
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	if sent, err := http.ParseTime(h.Get("Date")); err == nil {
		now = sent
	}
	return clampRetryAfter(at.Sub(now)) // Sub saturates, so that a date in 9999 does not overflow
}

// seconds returns the duration of a number of seconds with any number of digits.
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

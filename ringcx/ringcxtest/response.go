package ringcxtest

import (
	"bufio"
	"encoding/json"
	"io"
	"iter"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest/internal/engine"
)

const (
	jsonType = "application/json"
	formType = "application/x-www-form-urlencoded"
	textType = "text/plain; charset=utf-8"
)

// listBuffer is how much of a list is buffered before it is written.
const listBuffer = 4 << 10

// isForm reports whether a body with this header is a form.
func isForm(h http.Header) bool {
	mediaType, _, _ := mime.ParseMediaType(h.Get("Content-Type"))
	return mediaType == formType
}

// respond writes a complete response.
func (c *call) respond(status int, contentType, body string) {
	c.w.Header().Set("Content-Type", contentType)
	c.w.WriteHeader(status)
	_, _ = io.WriteString(c.w, body)
}

// respondJSON writes v as JSON.
func (c *call) respondJSON(status int, v any) {
	c.respond(status, jsonType, string(marshal(v)))
}

// respondList writes a JSON array element by element. It stops if the client is gone.
func (c *call) respondList(elements iter.Seq[json.RawMessage]) {
	c.w.Header().Set("Content-Type", jsonType)
	w := bufio.NewWriterSize(c.w, listBuffer)
	_ = w.WriteByte('[') // Write and Flush return the error as well
	first := true
	for e := range elements {
		if !first {
			_ = w.WriteByte(',')
		}
		first = false
		if _, err := w.Write(e); err != nil {
			return
		}
	}
	_ = w.WriteByte(']')
	_ = w.Flush()
}

// respondError writes an error as RingCX does in JSON.
func (c *call) respondError(status int, code, message string) {
	c.respondJSON(status, c.apiError(code, message))
}

// apiError is the body of an error with the time as a number, as most of the samples have it. A
// gen.Time is written as a string.
type apiError struct {
	gen.APIError

	Timestamp int64 `json:"timestamp"` // in milliseconds since 1970 in UTC
}

func (c *call) apiError(code, message string) apiError {
	e := apiError{gen.APIError{ErrorCode: &code, GeneralMessage: &message}, time.Now().UnixMilli()}
	if !slices.ContainsFunc(secretParameters, func(name string) bool { return c.r.PathValue(name) != "" }) {
		e.RequestURI = &c.r.URL.Path
	}
	return e
}

// respondOAuth writes an error as RingCentral does.
func (c *call) respondOAuth(status int, kind, code, message string) {
	type reason struct {
		ErrorCode string `json:"errorCode"`
		Message   string `json:"message"`
	}
	c.respondJSON(status, struct {
		Error       string   `json:"error"`
		Description string   `json:"error_description"`
		Errors      []reason `json:"errors"`
	}{kind, message, []reason{{code, message}}})
}

// rejection is how an endpoint rejects a request.
type rejection struct {
	status  int
	code    string
	message string
}

// rejection returns how c's endpoint rejects a request.
func (c *call) rejection() rejection {
	switch c.endpoint {
	case Login:
		return rejection{http.StatusBadRequest, "OAU-213", "Token not found"}
	case Revoke:
		return rejection{http.StatusUnauthorized, "OAU-146", "Invalid client credentials"}
	case Refresh:
		return rejection{http.StatusUnauthorized, "invalid.token", "The refresh token is not valid"}
	case Logout:
		return rejection{http.StatusUnauthorized, "invalid.token", "There is no such session"}
	}
	return rejection{
		http.StatusForbidden, "access.denied.exception", "You do not have permission to access this resource",
	}
}

// reject writes r in the form of c's service.
func (c *call) reject(r rejection) {
	if c.endpoint.isRingCentral() {
		c.respondOAuth(r.status, "invalid_grant", r.code, r.message)
		return
	}
	c.respondError(r.status, r.code, r.message)
}

// activeCallsRetry is the Retry-After of the list of active calls.
//
// Source: seen in public clients.
const activeCallsRetry = time.Second

// rejectRate rejects a request over its rate limit. RingCX sends Retry-After only for an
// operation with limits of its own, and for the list of active calls.
func (c *call) rejectRate() {
	switch c.endpoint {
	case Login:
		setRateHeaders(c.w.Header(), c.limit.remaining)
		c.respondRateLimit(penaltyTime)
	case "listActiveCalls":
		c.respondRateLimit(activeCallsRetry)
	default:
		c.respondRateLimit(c.limit.retryAfter)
	}
}

// respondRateLimit writes a response with status 429. Retry-After is retryAfter rounded up
// to seconds; it is omitted if retryAfter is 0.
func (c *call) respondRateLimit(retryAfter time.Duration) {
	if retryAfter > 0 {
		seconds := (retryAfter + time.Second - 1) / time.Second
		c.w.Header().Set("Retry-After", strconv.FormatInt(int64(seconds), 10))
	}
	if c.endpoint.isRingCentral() {
		c.respondOAuth(http.StatusTooManyRequests, "rate_limit_exceeded", "CMN-301", "Request rate exceeded")
		return
	}
	c.respondError(http.StatusTooManyRequests, "too.many.requests", "Too many requests")
}

// handleTime responds to a HEAD of the base URL, from whose Date header a client learns
// the time.
func handleTime(_ http.ResponseWriter, r *http.Request) {
	callOf(r).respondError(http.StatusNotFound, "not.found", "Not found")
}

// handleUnknown responds to a request that is not in openapi.yaml.
func handleUnknown(_ http.ResponseWriter, r *http.Request) {
	c := callOf(r)
	c.violation("%s %s: openapi.yaml has no such operation: add it to the fake with Server.Handle", r.Method, safePath(c))
	c.warn("openapi.yaml has no such operation")
	c.respondError(http.StatusNotFound, "not.found", "Not found")
}

// respondBadParameter rejects a request with a parameter that cannot be parsed, or without
// one that is required; the name is then empty.
func (c *call) respondBadParameter(name string) {
	if name != "" {
		c.respondInvalid(name, "has an invalid format")
		return
	}
	c.respondError(http.StatusBadRequest, "validation.exception", invalidRequest)
}

// invalidRequest is the general message of a status 400 that names a field.
const invalidRequest = "The request is not valid"

// generalMessage returns the general message of an error that names a field. The field and what
// is wrong are in the validation errors only.
func generalMessage(status int) string {
	if status == http.StatusConflict {
		return "The request conflicts with what exists"
	}
	return invalidRequest
}

// respondInvalid writes an error that names a field or parameter of the request and says
// why it is not valid.
func (c *call) respondInvalid(name, problem string) {
	e := c.apiError("validation.exception", invalidRequest)
	e.ValidationErrors = []gen.ValidationError{{AttributeName: &name, Message: &problem}}
	c.respondJSON(http.StatusBadRequest, e)
}

// respondProblem writes why a request is rejected.
func (c *call) respondProblem(status int, p *engine.Problem) {
	e := c.apiError(p.Code, p.Message)
	if p.Field != "" {
		e.GeneralMessage = new(generalMessage(status))
		e.ValidationErrors = []gen.ValidationError{{AttributeName: &p.Field, Message: &p.Message}}
	}
	c.respondJSON(status, e)
}

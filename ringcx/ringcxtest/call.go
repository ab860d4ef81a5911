package ringcxtest

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest/internal/contract"
)

// maxRequest is how much of a request body is kept: 1 MiB.
const maxRequest = 1 << 20

// call is one request and its response.
type call struct {
	server     *Server
	endpoint   Endpoint            // empty if the path is unknown
	operation  *contract.Operation // nil if the endpoint is not an operation of openapi.yaml
	w          *recorder
	r          *http.Request
	body       []byte
	form       url.Values // nil unless the body is a form
	upload     *upload    // nil unless the body has files, and was read
	fault      *Fault     // nil if there is none
	began      time.Time
	limit      limitCheck
	reused     bool // its refresh token was sent before
	tokens     tokenChanges
	refreshing *grant   // whose refresh token this request uses, or nil
	violations []string // found by the handler
	warnings   []string // for the log
	foreign    bool     // the data of the response need not match openapi.yaml
	cut        error    // if not nil, the client gets this error instead of a response
}

// tokenChanges are the changes that a fault makes to the tokens of a response.
type tokenChanges struct {
	lifetime    *time.Duration // nil for the usual one
	skew        time.Duration
	noRefresh   bool
	sameRefresh bool
}

type callKey struct{}

// callOf returns the call of a request that serve has passed to a handler.
func callOf(r *http.Request) *call { return r.Context().Value(callKey{}).(*call) }

// serve responds to r with next, or with the next fault of e.
func (s *Server) serve(e Endpoint, w http.ResponseWriter, r *http.Request, next http.HandlerFunc) {
	c := &call{server: s, endpoint: e, w: &recorder{inner: w}, began: time.Now()}
	c.operation = s.spec.ByID(string(e))
	c.r = r.WithContext(context.WithValue(r.Context(), callKey{}, c))
	c.fault = s.nextFault(e)
	func() {
		defer c.end() // also if a handler panics
		c.run(func() { c.process(next) })
	}()
	if c.cut != nil {
		c.w.cut(c.cut) // after end, so that the client finds the request in the log
	}
}

// run reads and counts the request, and responds with process or with the fault.
func (c *call) run(process func()) {
	if c.fault != nil && c.fault.unreachable {
		c.cut = errConnRefused
		return
	}
	c.readBody()
	defer c.drain()
	c.arrive()
	if c.cut != nil {
		return
	}
	if c.fault != nil {
		c.fault.serve(c, process)
		return
	}
	c.w.record = c.server.checked && c.operation != nil
	process()
}

// readBody reads the body, and replaces it so that handlers can read it again. It does not
// keep files. If openapi.yaml does not have the endpoint, it leaves them to the handler. If the
// body breaks off, the client gets the error, and the request is not processed.
func (c *call) readBody() {
	if c.r.Body == nil || c.r.Body == http.NoBody {
		return
	}
	body := &recordedBody{ReadCloser: c.r.Body}
	c.r.Body = body
	defer func() { c.cut = body.err }()
	isMultipart := mediaType(c.r.Header) == multipartType
	switch {
	case !isMultipart && !isFile(c.r.Header):
		c.body, _ = io.ReadAll(io.LimitReader(c.r.Body, maxRequest))
	case c.operation == nil:
		return
	case isMultipart:
		c.readMultipart()
	default:
		c.readFile()
	}
	c.r.Body = io.NopCloser(bytes.NewReader(c.body))
	if isForm(c.r.Header) {
		c.form, _ = url.ParseQuery(string(c.body))
	}
}

// recordedBody records the error with which a request body breaks off.
type recordedBody struct {
	io.ReadCloser
	err error
}

func (b *recordedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		b.err = err
	}
	return n, err
}

// arrive counts the request and compares it with the rate limits.
func (c *call) arrive() {
	s := c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.endpoint == Login && c.form.Get("grant_type") == refreshGrant {
		s.tally.totals.LoginRefreshes++
	}
	ownLimits := c.operation != nil && len(c.operation.Limits) > 0
	recent := s.tally.arrive(c.endpoint, ownLimits, c.began)
	if ownLimits {
		subAccount := cmp.Or(c.r.PathValue("subAccountId"), c.r.PathValue("accountId"))
		c.limit = s.limits.checkOwn(c.operation, subAccount, c.began.Sub(s.tally.started))
	} else {
		c.limit = s.limits.check(c.endpoint, recent, c.began)
	}
	c.reused = s.tally.sendRefresh(c.refreshToken())
}

// process responds as the services do.
func (c *call) process(next http.HandlerFunc) {
	if c.limit.exceeded {
		c.rejectRate()
		return
	}
	if c.endpoint == Login && c.limit.enforced {
		setRateHeaders(c.w.Header(), c.limit.remaining)
	}
	next(c.w, c.r)
}

// end counts and logs the response, and reports contract violations.
func (c *call) end() {
	s := c.server
	s.mu.Lock()
	if c.refreshing != nil {
		c.refreshing.refreshing = false
	}
	s.tally.respond(c.endpoint, c.w.status)
	s.tally.settleRefresh(c.refreshToken(), c.reused, c.keepsRefresh())
	entry, onRequest := newLogEntry(c), s.onRequest
	s.log.add(entry)
	s.mu.Unlock()
	if onRequest != nil {
		onRequest(entry)
	}
	if !s.checked || c.fault != nil {
		return
	}
	if all := append(c.violations, checkCall(c)...); len(all) > 0 {
		s.report(all)
	}
}

// violation records that the request violates a rule that is not in openapi.yaml.
func (c *call) violation(format string, args ...any) {
	if c.server.checked {
		c.violations = append(c.violations, fmt.Sprintf(format, args...))
	}
}

// warn adds a warning to the log entry of the request.
func (c *call) warn(format string, args ...any) {
	c.warnings = append(c.warnings, fmt.Sprintf(format, args...))
}

// field returns a field of a token request: from the form, or from the query if the form
// does not have it.
func (c *call) field(name string) string {
	if c.form.Has(name) {
		return c.form.Get(name)
	}
	return c.r.URL.Query().Get(name)
}

// refreshToken returns the refresh token that a refresh sent, or "". It is also "" if the
// request did not arrive.
func (c *call) refreshToken() string {
	if c.endpoint != Refresh || c.fault != nil && c.fault.unreachable {
		return ""
	}
	return c.field("refresh_token")
}

// keepsRefresh reports whether the refresh token may be sent again after this response.
func (c *call) keepsRefresh() bool {
	switch c.w.status {
	case http.StatusOK:
		return c.tokens.sameRefresh
	case http.StatusTooManyRequests:
		return true
	case http.StatusServiceUnavailable:
		return c.w.Header().Get("Retry-After") != ""
	}
	return false
}

// secrets returns every secret of the request.
func (c *call) secrets() []string {
	var all []string
	if _, credentials, ok := strings.Cut(c.r.Header.Get("Authorization"), " "); ok {
		all = append(all, credentials)
	}
	for _, cookie := range c.r.CookiesNamed("access_token") {
		all = append(all, cookie.Value)
	}
	if id, secret, ok := c.r.BasicAuth(); ok {
		all = append(all, id, secret)
	}
	for _, name := range secretFields {
		all = append(all, c.form[name]...)
		if c.endpoint.isTokenRequest() {
			all = append(all, c.r.URL.Query()[name]...)
		}
	}
	if token := c.r.PathValue("refreshToken"); token != "" {
		all = append(all, token)
	}
	return all
}

package ringcx

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/internal/redact"
)

// Call describes one attempt to send a request of the program to RingCX. See
// Config.OnCall and [CallFromContext]. It contains no known secret. Of the URL it contains
// the template only, without the values of parameters.
type Call struct {
	// Operation is the operationId in openapi.yaml, for example "listUsers". It is
	// empty if openapi.yaml does not have the request.
	Operation string

	// Method is the HTTP method of the request, for example "GET".
	Method string

	// PathTemplate is the path in openapi.yaml below Config.BaseURL, for example
	// "/voice/api/v1/admin/users". Its parameters are names in braces, so that it has
	// few different values. If openapi.yaml does not have the request, it is that of
	// [WithPathTemplate], or empty.
	PathTemplate string

	// Attempt is 1 when the request is first sent, 2 when it is sent again, and so on.
	// A request that follows a redirect starts with 1 again.
	Attempt int

	// StatusCode is the HTTP status of the response, or 0 if there was none.
	StatusCode int

	// Took is the time from sending the request until the header of the response was
	// read, or until the attempt failed.
	Took time.Duration

	// Retry reports whether the request will be sent again, after Wait. The next attempt
	// is not made if the context of the call ends before, or if there is no valid token
	// by then.
	Retry bool

	// Wait is the time until the next attempt. It is 0 if Retry is false, and after a
	// status 401, which is followed by a renewal of the token instead.
	Wait time.Duration

	// Err is the error of the network or of the RoundTripper, without known secrets, if
	// there was no response. It is nil if there was one, whatever its status.
	Err error
}

// LogValue implements slog.LogValuer. It returns a group with the fields of c. Fields
// that are empty or 0 are left out.
func (c Call) LogValue() slog.Value {
	attrs := make([]slog.Attr, 0, 9)
	add := func(set bool, a slog.Attr) {
		if set {
			attrs = append(attrs, a)
		}
	}
	add(c.Operation != "", slog.String("operation", c.Operation))
	add(true, slog.String("method", c.Method))
	add(c.PathTemplate != "", slog.String("path", c.PathTemplate))
	add(true, slog.Int("attempt", c.Attempt))
	add(c.StatusCode != 0, slog.Int("status", c.StatusCode))
	add(c.Took != 0, slog.Duration("took", c.Took))
	add(c.Retry, slog.Bool("retry", true))
	add(c.Wait != 0, slog.Duration("wait", c.Wait))
	add(c.Err != nil, slog.Any("err", c.Err))
	return slog.GroupValue(attrs...)
}

type pathTemplateKey struct{}

// WithPathTemplate returns a copy of ctx that sets the Call.PathTemplate of requests that
// openapi.yaml does not have, for example "/voice/api/v1/admin/accounts/{accountId}/campaigns".
// Use names in braces in place of ids, so that there are few different templates. It does not
// change the request.
func WithPathTemplate(ctx context.Context, template string) context.Context {
	return context.WithValue(ctx, pathTemplateKey{}, template)
}

type callKey struct{}

// CallFromContext returns the Call of an attempt: its Operation, Method, PathTemplate and
// Attempt. The other fields are zero, because the attempt has not ended. It returns false
// if ctx is not the context of an attempt.
//
// It is for a RoundTripper that sends the requests: Config.HTTPClient.Transport, or the
// base of [TokenSource.Transport]. The context of a request that is sent with the bearer
// token has a Call; sign-ins and other token requests have none.
func CallFromContext(ctx context.Context) (Call, bool) {
	a, ok := ctx.Value(callKey{}).(*attempt)
	if !ok {
		return Call{}, false
	}
	return a.transport.describe(a.req, a.number), true
}

// attempt is the context of an attempt. It is a type of its own, because
// context.WithValue would allocate twice. The Call is made only if it is asked for.
type attempt struct {
	context.Context // of the call
	transport       *transport
	req             *http.Request
	number          int
}

// Value implements context.Context.
func (a *attempt) Value(key any) any {
	if key == (callKey{}) {
		return a
	}
	return a.Context.Value(key)
}

// attemptRequest returns a copy of req for an attempt.
func (t *transport) attemptRequest(req *http.Request, number int) *http.Request {
	ctx := req.Context()
	if t.inform {
		ctx = &attempt{ctx, t, req, number}
	}
	return req.WithContext(ctx)
}

// attemptStart returns the time for report. It is zero without a Config.OnCall.
func (t *transport) attemptStart() (start time.Time) {
	if t.cache.cfg.OnCall != nil {
		start = time.Now()
	}
	return start
}

// attemptEnd is how an attempt ended, and what follows.
type attemptEnd struct {
	start time.Time // of the attempt; from attemptStart
	resp  *http.Response
	err   error
	delay time.Duration // until the next attempt
	again bool          // there is a next attempt
}

// report passes the last attempt of c to Config.OnCall.
func (c *call) report(end attemptEnd) {
	if c.cache.cfg.OnCall == nil {
		return
	}
	info := c.describe(c.req, c.sent)
	info.Took, info.Retry, info.Wait = time.Since(end.start), end.again, end.delay
	if end.err != nil {
		secrets := addCallSecrets(c.req.Context(), append(c.earlierTokens, c.sentToken))
		info.Err = redact.Error(end.err, secrets...)
	} else {
		info.StatusCode = end.resp.StatusCode
	}
	c.cache.cfg.OnCall(info)
}

// describe returns the Call of an attempt that has not ended.
func (t *transport) describe(req *http.Request, number int) Call {
	c := Call{Method: cmp.Or(req.Method, http.MethodGet), Attempt: number}
	op, below := t.operation(req)
	switch {
	case op.ID != "":
		c.Operation, c.PathTemplate = op.ID, op.Path
	case below:
		c.PathTemplate, _ = req.Context().Value(pathTemplateKey{}).(string)
	}
	return c
}

// operation returns the operation that req is for. It is zero if openapi.yaml does not have
// it. below reports whether the path of req is below the base URL.
func (t *transport) operation(req *http.Request) (op gen.Operation, below bool) {
	path, below := strings.CutPrefix(req.URL.EscapedPath(), t.cache.base.EscapedPath())
	if below {
		op, _ = gen.FindOperation(cmp.Or(req.Method, http.MethodGet), path)
	}
	return op, below
}

package ringcxtest

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"time"
)

// maxRequest is how much of a request's body is read: 1 MiB.
const maxRequest = 1 << 20

// call is one request on its way through the fake.
type call struct {
	server   *Server
	endpoint Endpoint // empty: of no operation
	w        *recorder
	r        *http.Request
	body     []byte
	form     url.Values // of a form body
	script   *Fault     // nil: none
	limited  bool       // LimitRates is on
	crowd    int        // requests of the last 60 seconds that share a limit
	reused   bool       // a refresh token that was sent before
	penalty  bool       // sign-ins are refused at the moment
	began    time.Time
	tokens   tokenShape
	breaches []string // found by the handler
	cut      error    // nil: the client gets its answer; else it meets this
}

// tokenShape says how a fault changes the tokens of an answer.
type tokenShape struct {
	life        *time.Duration // nil: the usual one
	skew        time.Duration
	noRefresh   bool
	sameRefresh bool
}

type callKey struct{}

// callOf returns the call that r belongs to.
func callOf(r *http.Request) *call { return r.Context().Value(callKey{}).(*call) }

// serve answers r with next, or as a fault says.
func (s *Server) serve(e Endpoint, w http.ResponseWriter, r *http.Request, next http.HandlerFunc) {
	c := &call{server: s, endpoint: e, w: &recorder{inner: w}, began: time.Now()}
	c.r = r.WithContext(context.WithValue(r.Context(), callKey{}, c))
	c.script = s.nextFault(e)
	func() {
		defer c.end() // also where a handler of Handle panics
		c.run(func() { c.process(next) })
	}()
	if c.cut != nil {
		c.w.cut(c.cut) // after the end, so that the client finds it in the log
	}
}

// run answers c with process, or as a fault says.
func (c *call) run(process func()) {
	if c.script != nil && c.script.unreachable {
		c.cut = errRefused
		return
	}
	c.readBody()
	c.arrive()
	if c.script != nil {
		c.script.serve(c, process)
		return
	}
	c.w.record = c.server.checked && operations()[c.endpoint] != nil
	process()
}

// readBody reads the body, and lets handlers read it again.
func (c *call) readBody() {
	if c.r.Body == nil || c.r.Body == http.NoBody {
		return
	}
	c.body, _ = io.ReadAll(io.LimitReader(c.r.Body, maxRequest))
	c.r.Body = io.NopCloser(bytes.NewReader(c.body))
	if isForm(c.r.Header) {
		c.form, _ = url.ParseQuery(string(c.body))
	}
}

// arrive counts c, before anything is decided about it.
func (c *call) arrive() {
	s := c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	c.limited, c.crowd = s.limited, s.tally.arrive(c.endpoint, c.began)
	c.sendRefresh()
	if c.endpoint != Login {
		return
	}
	c.penalty = c.began.Before(s.penalty) || c.limited && c.crowd > tokenLimit
	if c.penalty {
		s.penalty = c.began.Add(penaltyTime)
	}
}

// process answers c as RingCentral and RingCX do.
func (c *call) process(next http.HandlerFunc) {
	if c.refuseRate() {
		return
	}
	next(c.w, c.r)
}

// end writes c into the log and checks it.
func (c *call) end() {
	s := c.server
	s.mu.Lock()
	s.tally.answer(c.endpoint, c.w.status)
	c.settleRefresh()
	s.log.add(c.entry())
	s.mu.Unlock()
	if !s.checked || c.script != nil {
		return
	}
	if breaches := append(c.breaches, c.check(operations()[c.endpoint])...); len(breaches) > 0 {
		s.report(breaches)
	}
}

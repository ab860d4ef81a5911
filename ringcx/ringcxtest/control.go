package ringcxtest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

// SetLifetime sets the lifetime of RingCX access tokens that s issues from now on. It
// should be a whole number of seconds, the resolution of a token's expiry. The default is
// five minutes. [Server.SetLoginLifetimes] sets those of RingCentral tokens.
func (s *Server) SetLifetime(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lifetime = d
}

// SetLoginLifetimes sets the lifetimes of the RingCentral tokens that s issues from now on,
// which should be whole numbers of seconds. By default an access token is valid for an hour
// and a refresh token for seven days. If refresh is 0, s issues no RingCentral refresh
// tokens, as RingCentral does if an app is not configured for them. A client can ask for
// shorter lifetimes with access_token_ttl and refresh_token_ttl.
//
// Source: RingCentral developer guide, "Using refresh tokens to generate new access tokens".
func (s *Server) SetLoginLifetimes(access, refresh time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.loginLifetimes = loginLifetimes{access, refresh}
}

// SignIn starts a session at RingCentral, as a sign-in in a browser does, and returns its
// tokens. It sends no request, so it is not in [Counts] and [Server.Log]. Either app may
// refresh the tokens.
//
// As at RingCentral, a refresh ends the previous access token at once. It returns a new
// refresh token. The previous refresh token can be sent again, and obtains the same tokens
// again, until ten seconds after the first use of the new access token; if that is not used,
// for an hour. After that, the response has status 400 and the code OAU-213. While a request
// with the same refresh token is in progress, it is 400 with OAU-210.
//
// Source: RingCentral developer guide, "Using refresh tokens to generate new access tokens";
// OAU-210 was seen in public clients.
func (s *Server) SignIn() *oauth2.Token {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.sessions.logins.logIn(&s.sessions.minter, time.Now(), s.loginLifetimes)
	return &oauth2.Token{
		AccessToken: g.access, TokenType: "bearer", RefreshToken: g.refresh,
		Expiry: g.ends, ExpiresIn: seconds(time.Until(g.ends)),
	}
}

// LimitRates sets whether s enforces the rate limits of the services. By default it does
// not. In any 60 seconds, the services allow 5 sign-ins, 5 exchanges and refreshes
// together, and 120 calls. An operation with x-rate-limit in openapi.yaml has these limits
// instead, for each sub-account, and its requests do not count towards the 120. A request over
// a limit gets a response with status 429; that of RingCentral, and of an operation with
// x-rate-limit, has a Retry-After header.
//
// A request counts when it arrives, also if it is then rejected. A sign-in over the limit
// starts a penalty of 60 seconds, during which every sign-in is rejected and restarts
// the penalty.
//
// Source: RingCentral and RingCX documentation, rate limits; that refreshes count with
// exchanges, that an operation with limits does not count with the others, and its
// Retry-After are inferred.
func (s *Server) LimitRates(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limits.enforced = on
}

// ExpireTokens expires every RingCX access token, as if its lifetime had passed. The
// sessions continue: a client can refresh its tokens.
func (s *Server) ExpireTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions.expire(time.Now())
}

// RevokeSession ends every session at RingCentral and at RingCX, as an administrator can.
// All access tokens, refresh tokens and RingCentral tokens are rejected: a client has to
// sign in again.
func (s *Server) RevokeSession() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions.revoke()
}

// Fault applies f to the next n requests to endpoint e. Faults of the same endpoint are
// applied in the order of the calls: to skip requests, begin with [Pass]. Requests with a
// fault are marked in [Server.Log] and not compared with openapi.yaml. Faults that were not
// applied when the test ends are written to its log.
//
// The test fails at once if the endpoint does not exist, if f cannot occur at e, or if n
// is less than 1.
func (s *Server) Fault(e Endpoint, f Fault, n int) {
	if s.tb != nil {
		s.tb.Helper()
	}
	if err := s.TryFault(e, f, n); err != nil {
		s.fail("%v", err)
	}
}

// TryFault is like [Server.Fault], but returns an error instead of failing the test. It is
// meant for programs that read faults from their input.
func (s *Server) TryFault(e Endpoint, f Fault, n int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case f.name == "":
		return fmt.Errorf("the zero Fault is not valid: use Refuse, RateLimit or another fault of this package")
	case !s.hasEndpoint(e):
		return fmt.Errorf("fault %q: there is no endpoint %q%s", f, e, s.suggest(e))
	case f.fits != nil && !f.fits(e):
		return fmt.Errorf("fault %q cannot occur at endpoint %q", f, e)
	case n < 1:
		return fmt.Errorf("fault %q at endpoint %q: %d times: it must be at least once", f, e, n)
	}
	s.faults[e] = append(s.faults[e], &queuedFault{fault: f, left: n})
	return nil
}

// hasEndpoint reports whether s has e. The Server's mutex is held.
func (s *Server) hasEndpoint(e Endpoint) bool {
	return e.isRingCentral() || s.handled[e] || s.spec.ByID(string(e)) != nil
}

// suggest returns the rest of an error about an endpoint that does not exist: the operationId that
// differs from e in the case of letters only, such as "loadLeads" for "LoadLeads", or who lists
// them.
func (s *Server) suggest(e Endpoint) string {
	for _, o := range s.spec.Operations() {
		if strings.EqualFold(o.ID, string(e)) {
			return fmt.Sprintf(": use %q", o.ID)
		}
	}
	return ": use an operationId of docs/operations.md"
}

// ClearFaults removes all faults that have not been applied.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.faults)
}

// queuedFault is a fault and the number of requests to which it still applies.
type queuedFault struct {
	fault Fault
	left  int
}

// nextFault returns the fault of the next request to e, or nil if there is none or it is Pass.
func (s *Server) nextFault(e Endpoint) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	queue := s.faults[e]
	if len(queue) == 0 {
		return nil
	}
	first := queue[0]
	if first.left--; first.left == 0 {
		s.faults[e] = queue[1:]
	}
	if first.fault.passes {
		return nil
	}
	return &first.fault
}

// logUnusedFaults writes the faults that have not been applied to the log of the test,
// because the test may not have tested what it meant to. It does not fail the test,
// because n may be larger than needed. Long faults, such as a Status with a large body,
// are cut to 80 characters. The Server's mutex is held.
func (s *Server) logUnusedFaults() {
	s.tb.Helper()
	for _, e := range slices.Sorted(maps.Keys(s.faults)) {
		for _, f := range s.faults[e] {
			s.tb.Logf("ringcxtest: unused fault %.80q at endpoint %q: %d left", f.fault, e, f.left)
		}
	}
}

// Counts returns the numbers of requests so far. The caller may change the result.
func (s *Server) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tally.counts()
}

// Log returns the last 1000 requests, oldest first.
func (s *Server) Log() []LogEntry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.all()
}

// OnRequest sets a function that s calls with the entry of [Server.Log] for each request,
// after it has responded; nil removes it. The function may be called by several goroutines
// at the same time. A client in memory may get the response before the call.
func (s *Server) OnRequest(f func(LogEntry)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onRequest = f
}

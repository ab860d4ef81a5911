package ringcxtest

import (
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"path"
	"sync"
	"testing"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest/internal/api"
)

// defaultLifetime is how long RingCX access tokens live.
//
// Source: RingCX documentation, "Obtaining a RingCX access token with a
// RingCentral Login".
const defaultLifetime = 5 * time.Minute

var _ http.Handler = (*Server)(nil)

// Server is a RingCentral and a RingCX in one. It is safe for concurrent use,
// and it is an [http.Handler], so that it can be mounted anywhere.
//
// It signs in one user with one app: see [ClientID]. Tokens hold nothing random:
// the same requests in the same order, at the same times, get the same tokens. The time is that of
// time.Now, also in a bubble of testing/synctest.
type Server struct {
	tb       testing.TB // nil where there is no test
	checked  bool       // against openapi.yaml
	routes   *http.ServeMux
	memory   *memory
	loopback loopback

	mu       sync.Mutex
	over     bool // closed: nothing is reported any more
	sessions sessions
	tally    tally
	log      entryLog
	faults   map[Endpoint][]*script
	handled  map[Endpoint]bool // of Handle
	limited  bool              // LimitRates
	penalty  time.Time         // until when sign-ins are refused
	lifetime time.Duration
	accounts []json.RawMessage
	users    iter.Seq[json.RawMessage]
	session  map[string]json.RawMessage // what an exchange answers, but for the tokens
}

// New returns a Server outside of a test. It checks nothing against
// openapi.yaml, and a mistake in its use panics. Close it when it is done.
func New() *Server {
	s := &Server{
		sessions: newSessions(),
		tally:    newTally(time.Now()),
		faults:   make(map[Endpoint][]*script),
		handled:  make(map[Endpoint]bool),
		lifetime: defaultLifetime,
		accounts: exampleElements(Accounts),
		users:    each(exampleElements(Users)),
		session:  exampleSession(),
	}
	s.memory = &memory{server: s, running: make(map[*memoryAnswer]struct{})}
	s.route()
	return s
}

// NewServer returns a Server that checks every exchange against openapi.yaml,
// both the request and the answer, and fails the test where one of them breaks
// the contract. It is closed when the test ends, and reports nothing after that.
//
// An exchange with a scripted [Fault] is not checked. Of an answer with more
// than 4 MiB only the status and the header are.
func NewServer(tb testing.TB) *Server {
	tb.Helper()
	s := New()
	s.tb, s.checked = tb, true
	tb.Cleanup(s.Close)
	return s
}

// Close ends all exchanges and, where it was started, the loopback server.
// Later requests meet a connection error.
func (s *Server) Close() {
	if s.tb != nil {
		s.tb.Helper()
	}
	s.mu.Lock()
	if s.tb != nil && !s.over {
		s.tellUnmet()
	}
	s.over = true
	s.mu.Unlock()
	s.memory.close()
	s.loopback.close()
}

// ServeHTTP answers a request to RingCentral or to RingCX.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if path.Clean("/"+r.URL.Path) != r.URL.Path {
		s.serve("", w, r, answerUnknown) // the routes would redirect
		return
	}
	s.routes.ServeHTTP(w, r)
}

// SetLifetime sets how long RingCX access tokens live that are issued from now
// on, in whole seconds. By default it is five minutes.
func (s *Server) SetLifetime(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lifetime = d
}

// LimitRates sets whether the fake refuses more requests a minute than the
// services do: five sign-ins, five exchanges and refreshes together, 120 calls.
// Every request counts when it arrives, also a refused one. A refused sign-in
// starts a penalty of 60 seconds, which each further one starts anew. By
// default nothing is limited.
//
// Source: RingCentral and RingCX documentation, rate limits; that refreshes
// count with exchanges is inferred.
func (s *Server) LimitRates(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limited = on
}

// ExpireTokens ends every RingCX access token, as its five minutes do. The
// sessions live on: a refresh is enough.
func (s *Server) ExpireTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions.expire(time.Now())
}

// RevokeSession ends every session at RingCentral and at RingCX, as an
// administrator can. Access tokens, refresh tokens and RingCentral tokens are
// refused: only a new sign-in helps.
func (s *Server) RevokeSession() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions.revoke()
}

// route connects every address with its endpoint.
func (s *Server) route() {
	s.routes = http.NewServeMux()
	m := mux{s}
	m.handle(Login, "POST "+loginPath, answerLogin)
	m.handle(Revoke, "POST "+revokePath, answerRevoke)
	s.routes.HandleFunc("HEAD /{$}", func(w http.ResponseWriter, r *http.Request) {
		s.serve("", w, r, answerTime)
	})
	s.routes.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.serve("", w, r, answerUnknown)
	})
	api.HandlerWithOptions(operationHandlers{}, api.StdHTTPServerOptions{
		BaseRouter:       m,
		ErrorHandlerFunc: answerBadParameter,
	})
}

// mux gives each route of the generated code its Endpoint.
type mux struct{ *Server }

// HandleFunc adds a route of the generated code.
func (m mux) HandleFunc(pattern string, next func(http.ResponseWriter, *http.Request)) {
	e, ok := endpoints()[pattern]
	if !ok {
		panic(fmt.Sprintf("ringcxtest: %s is not in the embedded openapi.yaml: run go generate ./...", pattern))
	}
	m.handle(e, pattern, next)
}

func (m mux) handle(e Endpoint, pattern string, next http.HandlerFunc) {
	m.routes.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead { // GET routes take it too
			m.serve("", w, r, answerUnknown)
			return
		}
		m.serve(e, w, r, next)
	})
}

// fail ends the test, or panics where there is none.
func (s *Server) fail(format string, args ...any) {
	if s.tb == nil {
		panic("ringcxtest: " + fmt.Sprintf(format, args...))
	}
	s.tb.Helper()
	s.tb.Fatalf("ringcxtest: "+format, args...)
}

// report fails the test, unless it has ended.
func (s *Server) report(breaches []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return
	}
	for _, b := range breaches {
		s.tb.Errorf("ringcxtest: contract broken: %s", b)
	}
}

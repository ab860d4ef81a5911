package ringcxtest

import (
	"errors"
	"fmt"
	"net/http"
	"path"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest/internal/contract"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest/internal/engine"
)

// The credentials that a Server accepts: those of an app with a secret, of an app without
// one, and of the only user. They have no meaning outside of this package.
const (
	ClientID     = "ringcxtest-client-id"
	ClientSecret = "ringcxtest-client-secret"

	// PublicClientID is the id of an app without a secret, such as a browser or desktop
	// app. It is sent in the form, without an Authorization header.
	//
	// Source: RingCentral developer guide, "Authorization code with PKCE flow".
	PublicClientID = "ringcxtest-public-client-id"

	JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiI0NDQ0NDQiLCJpc3MiOiJyaW5nY3h0ZXN0In0.ringcxtest-jwt-credential"
)

// The hosts of the in-memory client. The top-level domain "test" is reserved (RFC 6761),
// so a request that leaves the fake by mistake does not reach a real server.
const (
	ringCXHost      = "ringcx.test"
	ringCentralHost = "platform.ringcentral.test"
)

// defaultLifetime is the lifetime of a RingCX access token.
//
// Source: RingCX documentation, "Obtaining a RingCX access token with a
// RingCentral Login".
const defaultLifetime = 5 * time.Minute

var _ http.Handler = (*Server)(nil)

// Server is a fake RingCentral and a fake RingCX. It accepts the credentials of one user,
// [JWT], and of two apps: [ClientID] with [ClientSecret], and [PublicClientID].
//
// A Server is an [http.Handler], so it can be mounted in another server. It is safe for
// concurrent use.
//
// Tokens contain no random data: the same requests in the same order and at the same times
// get the same tokens. The current time is that of time.Now, also in a testing/synctest
// bubble.
type Server struct {
	tb       testing.TB // nil if created by New
	checked  bool       // compare requests and responses with openapi.yaml
	spec     *contract.Document
	routes   *http.ServeMux // endpoints that are not operations of openapi.yaml
	memory   *memory
	loopback loopback

	// resources returns what openapi.yaml's operations work on.
	resources func() *engine.Engine

	mu             sync.Mutex
	closed         bool // violations are no longer reported
	sessions       sessions
	tally          tally
	log            entryLog
	limits         rateLimits
	faults         map[Endpoint][]*queuedFault
	handled        map[Endpoint]bool // added by Handle
	lifetime       time.Duration     // of new access tokens
	loginLifetimes loginLifetimes
	fixed          map[Endpoint]fixedResponse
	permissions    permissions
	behavior       Behavior
	leadFiles      map[string]leadFile // that were uploaded, by transactionId
	calls          phoneCalls
	streams        []Stream
	webhooks       webhooks
	segments       []gen.InteractionSegment // nil if not set: one that ended an hour before started
	auditLogs      []gen.AuditLog           // nil if not set: one of an hour before started
	started        time.Time
	onRequest      func(LogEntry) // nil if not set
}

// New returns a Server for use outside of a test. It does not compare requests and
// responses with openapi.yaml, and it panics if it is misused. The caller should call
// Close when finished.
func New() *Server { return newServer(contract.OpenAPI()) }

// newServer returns a Server for the operations of spec.
func newServer(spec *contract.Document) *Server {
	s := &Server{
		spec:           spec,
		sessions:       newSessions(),
		tally:          newTally(time.Now()),
		faults:         make(map[Endpoint][]*queuedFault),
		handled:        make(map[Endpoint]bool),
		lifetime:       defaultLifetime,
		loginLifetimes: loginLifetimes{loginLifetime, loginRefreshLifetime},
		fixed:          make(map[Endpoint]fixedResponse),
		calls:          newPhoneCalls(),
		started:        time.Now(),
	}
	s.resources = sync.OnceValue(func() *engine.Engine { return engine.New(apiOf(s.spec)) })
	s.memory = &memory{server: s, running: make(map[*memoryResponse]struct{})}
	s.route()
	return s
}

// NewServer returns a Server for use in a test. It compares every request and every
// response with openapi.yaml, and fails the test if one of them does not match. It is
// closed when the test ends, and reports nothing after that.
//
// Requests with a [Fault] are not checked. If the body of a response is larger than 4 MiB,
// only its status and header are checked.
func NewServer(tb testing.TB) *Server {
	tb.Helper()
	s := New()
	s.tb, s.checked = tb, true
	tb.Cleanup(s.Close)
	return s
}

// Close cancels all requests in progress and stops the loopback server if it was started.
// Later requests fail with a connection error. If the Server was created by NewServer,
// Close writes the faults that were not applied to the log of the
// test. Close may be called more than once.
func (s *Server) Close() {
	if s.tb != nil {
		s.tb.Helper()
	}
	s.mu.Lock()
	if s.tb != nil && !s.closed {
		s.logUnusedFaults()
	}
	s.closed = true
	s.mu.Unlock()
	s.memory.close()
	s.loopback.close()
}

// Config returns a Config that connects to s in memory: its HTTPClient is [Server.Client],
// and only that client can reach its addresses. RingCentral is a [ringcx.JWTLogin], so a
// Config.Store needs no Config.Key. The caller may change the result.
func (s *Server) Config() ringcx.Config {
	return ringcx.Config{
		RingCentral: newLogin("https://" + ringCentralHost),
		BaseURL:     "https://" + ringCXHost,
		HTTPClient:  s.Client(),
	}
}

// CodeConfig is like [Server.Config], but RingCentral is a [ringcx.CodeLogin] of [ClientID]
// with the given Save and Load, either of which may be nil.
//
// If load returns a token, the CodeLogin starts with it. Otherwise the user signs in, as
// with [Server.SignIn], and the token is passed to save. So each call with the same save and
// load returns the Config of another process that uses the same session. Processes need a
// Config.Store, and so a Config.Key. An error of save or load fails the test at once.
func (s *Server) CodeConfig(save func(*oauth2.Token) error, load func() (*oauth2.Token, error)) ringcx.Config {
	if s.tb != nil {
		s.tb.Helper()
	}
	if save == nil {
		save = func(*oauth2.Token) error { return nil }
	}
	cfg := s.Config()
	cfg.RingCentral = &ringcx.CodeLogin{
		ClientID: ClientID, ClientSecret: ClientSecret, InitialToken: s.signedIn(save, load),
		Save: save, Load: load, BaseURL: "https://" + ringCentralHost,
	}
	return cfg
}

// signedIn returns the token that load returns, or that of a new sign-in.
func (s *Server) signedIn(save func(*oauth2.Token) error, load func() (*oauth2.Token, error)) *oauth2.Token {
	if load != nil {
		token, err := load()
		if err != nil {
			s.fail("CodeConfig: load: %v", err)
		}
		if token != nil {
			return token
		}
	}
	token := s.SignIn()
	if err := save(token); err != nil {
		s.fail("CodeConfig: save: %v", err)
	}
	return token
}

// LoopbackConfig returns a Config that connects to s over TCP: both of its addresses are
// [Server.URL], and its HTTPClient is nil. Do not use it in a testing/synctest bubble: time
// does not advance there while a goroutine waits for the network, so the test can hang. Use
// [Server.Config] instead.
func (s *Server) LoopbackConfig() ringcx.Config {
	return ringcx.Config{RingCentral: newLogin(s.URL()), BaseURL: s.URL()}
}

func newLogin(baseURL string) *ringcx.JWTLogin {
	return &ringcx.JWTLogin{ClientID: ClientID, ClientSecret: ClientSecret, JWT: JWT, BaseURL: baseURL}
}

// Client returns an HTTP client that reaches s in memory, at the addresses of
// [Server.Config]. It opens no sockets, so it works in a testing/synctest bubble.
//
// A response body of up to 64 KiB is complete when the client gets the response. A larger
// body is produced while the client reads it, so the caller must close it, as with any
// HTTP client.
//
// Requests to other hosts do not leave the process. They get a response with status 404.
// Counts.WrongHostBearers counts those that contain a secret.
func (s *Server) Client() *http.Client {
	return &http.Client{Transport: s.memory}
}

// URL returns the base URL of s over TCP, without a trailing slash. The first call starts
// a server on a free port of the loopback interface; if that fails, the test fails at
// once. Do not use it in a testing/synctest bubble: time does not advance there while a
// goroutine waits for the network, so the test can hang. Use [Server.Client] instead.
func (s *Server) URL() string {
	address, err := s.loopback.start(s)
	if err != nil {
		s.fail("URL: start the loopback server: %v", err)
	}
	return "http://" + address
}

// ServeHTTP responds to a request to RingCentral or RingCX.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if path.Clean("/"+r.URL.Path) != r.URL.Path {
		s.serve("", w, r, handleUnknown) // the ServeMux would redirect
		return
	}
	if o := s.operation(r); o != nil {
		s.serve(Endpoint(o.ID), w, r, handleOperation)
		return
	}
	s.routes.ServeHTTP(w, r)
}

// operation returns the operation of openapi.yaml for r, and sets its path values. It
// returns nil if there is none, or if an endpoint of Handle matches better.
func (s *Server) operation(r *http.Request) *contract.Operation {
	escaped := r.URL.EscapedPath()
	o, params := s.spec.Find(r.Method, escaped)
	if o == nil && r.Method == http.MethodHead {
		o, params = s.spec.Find(http.MethodGet, escaped)
	}
	if o == nil || s.prefersHandled(o, r) {
		return nil
	}
	for name, value := range params {
		r.SetPathValue(name, value)
	}
	return o
}

// prefersHandled reports whether an endpoint of Handle matches r better than o, by the rules of
// http.ServeMux.
func (s *Server) prefersHandled(o *contract.Operation, r *http.Request) bool {
	s.mu.Lock()
	none := len(s.handled) == 0
	s.mu.Unlock()
	if none {
		return false
	}
	_, pattern := s.routes.Handler(r)
	s.mu.Lock()
	handled := s.handled[Endpoint(pattern)]
	s.mu.Unlock()
	if !handled {
		return false
	}
	both := http.NewServeMux()
	both.Handle(pattern, http.NotFoundHandler())
	both.Handle(o.Method+" "+o.Path, http.NotFoundHandler())
	_, better := both.Handler(r)
	return better == pattern
}

// Handle adds an endpoint of RingCX that openapi.yaml does not describe. The pattern is
// that of an [http.ServeMux], such as "GET /voice/api/v1/admin/x/{id}". Endpoint(pattern)
// identifies the endpoint in [Server.Fault], [Server.Log] and [Counts], which includes it
// in Calls.
//
// Requests need a valid access token; other requests get a response with status 401 and do
// not reach h. Of a body that is JSON, a form or text, the handler can read at most the first
// 1 MiB. Files, also those in a multipart form, are not limited, and not kept in memory.
// Requests and responses are not compared with openapi.yaml.
//
// The test fails at once if h is nil, or if the pattern is invalid or conflicts with an
// existing endpoint. [Server.TryHandle] returns an error instead.
func (s *Server) Handle(pattern string, h http.Handler) {
	if s.tb != nil {
		s.tb.Helper()
	}
	if err := s.TryHandle(pattern, h); err != nil {
		s.fail("Handle(%q): %v", pattern, err)
	}
}

// TryHandle is like [Server.Handle], but returns an error instead of failing the test. It is
// meant for programs that read endpoints from their input.
func (s *Server) TryHandle(pattern string, h http.Handler) (err error) {
	if h == nil {
		return errors.New("the handler is nil")
	}
	for _, o := range s.spec.Operations() {
		if err := conflict(o, pattern); err != nil {
			return err
		}
	}
	defer recoverConflict(&err)
	e := Endpoint(pattern)
	s.routes.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		s.serve(e, w, r, requireToken(h))
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.handled[e] = true
	return nil
}

// conflict returns an error if an endpoint with this pattern cannot exist beside o.
func conflict(o *contract.Operation, pattern string) (err error) {
	existing := o.Method + " " + o.Path
	if pattern == existing {
		return fmt.Errorf("openapi.yaml already defines it: it is the endpoint %q", o.ID)
	}
	defer recoverConflict(&err)
	both := http.NewServeMux()
	both.Handle(existing, http.NotFoundHandler())
	both.Handle(pattern, http.NotFoundHandler())
	return nil
}

// recoverConflict sets err to the value of a panic: http.ServeMux panics with a
// description.
func recoverConflict(err *error) {
	if v := recover(); v != nil {
		*err = fmt.Errorf("%v", v)
	}
}

// apis are the APIs of documents.
var apis sync.Map // *engine.API by *contract.Document

// apiOf returns the API of a document, which all Servers of the process share.
func apiOf(d *contract.Document) *engine.API {
	if a, ok := apis.Load(d); ok {
		return a.(*engine.API)
	}
	a, _ := apis.LoadOrStore(d, engine.Compile(d))
	return a.(*engine.API)
}

// route registers the endpoints that are not operations of openapi.yaml.
func (s *Server) route() {
	s.routes = http.NewServeMux()
	for pattern, endpoint := range map[string]struct {
		Endpoint
		http.HandlerFunc
	}{
		"POST " + loginPath:  {Login, handleLogin},
		"POST " + revokePath: {Revoke, handleRevoke},
		"HEAD /{$}":          {"", handleTime},
		"/":                  {"", handleUnknown},
	} {
		s.routes.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			s.serve(endpoint.Endpoint, w, r, endpoint.HandlerFunc)
		})
	}
}

// fail ends the test. Without a test it panics.
func (s *Server) fail(format string, args ...any) {
	if s.tb == nil {
		panic("ringcxtest: " + fmt.Sprintf(format, args...))
	}
	s.tb.Helper()
	s.tb.Fatalf("ringcxtest: "+format, args...)
}

// report fails the test with contract violations, unless the test has ended.
func (s *Server) report(violations []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	for _, v := range violations {
		s.tb.Errorf("ringcxtest: contract violation: %s", v)
	}
}

package ringcxtest

import (
	"errors"
	"fmt"
	"net/http"
)

// Handle serves an endpoint of RingCX that openapi.yaml does not have. The
// pattern is that of an [http.ServeMux], such as "GET /voice/api/v1/admin/x/{id}",
// and Endpoint(pattern) is its name: in [Counts], where it is one of the Calls,
// in [Server.Log] and for [Server.Fault]. As any call it needs a good access
// token, and h sees only requests that bring one, with up to 1 MiB of their
// body. Its requests and answers are not compared with openapi.yaml.
//
// A pattern that is not valid, or that the fake has already, and a nil h fail
// the test at once.
func (s *Server) Handle(pattern string, h http.Handler) {
	if s.tb != nil {
		s.tb.Helper()
	}
	if err := s.tryHandle(pattern, h); err != nil {
		s.fail("Handle(%q): %v", pattern, err)
	}
}

func (s *Server) tryHandle(pattern string, h http.Handler) (err error) {
	if h == nil {
		return errors.New("the handler is nil")
	}
	if e, ok := endpoints()[pattern]; ok {
		return fmt.Errorf("openapi.yaml has it: it is the endpoint %q", e)
	}
	defer func() {
		if v := recover(); v != nil { // the words of ServeMux
			err = fmt.Errorf("%v", v)
		}
	}()
	e := Endpoint(pattern)
	s.routes.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		s.serve(e, w, r, behindToken(h))
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.handled[e] = true
	return nil
}

// behindToken has h answer the requests with a good access token.
func behindToken(h http.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if c := callOf(r); c.isSignedIn() {
			h.ServeHTTP(w, r)
			c.w.WriteHeader(http.StatusOK) // where h wrote nothing
		}
	}
}

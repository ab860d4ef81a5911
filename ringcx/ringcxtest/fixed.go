package ringcxtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest/internal/contract"
)

// fixedResponse is a response that a test has chosen for an operation.
type fixedResponse struct {
	status      int
	contentType string // empty if there is no body
	body        []byte
}

// Respond makes s respond to all further requests to an operation of openapi.yaml with a status
// and a body, instead of what s would send. The requests still need a valid token. The
// operation changes nothing. A further Respond replaces the response, and a status of 0 removes
// it.
//
// A string or []byte is the body itself; nil is no body; any other value is marshaled as JSON.
// The Content-Type is the one that openapi.yaml declares for the status, JSON if there are
// several. A Server of [NewServer] compares the response with openapi.yaml; use [Status] for
// one that openapi.yaml does not allow, or for a number of requests.
//
// The test fails at once if e is not an operation that needs a token, if the status is not
// from 200 to 599 or 0, or if the body cannot be marshaled.
func (s *Server) Respond(e Endpoint, status int, body any) {
	if s.tb != nil {
		s.tb.Helper()
	}
	o := s.spec.ByID(string(e))
	switch {
	case o == nil:
		s.fail("Respond: there is no operation %q%s", e, s.suggest(e))
	case !e.isCall():
		s.fail("Respond: %q is not an operation that needs a token", e)
	case status != 0 && (status < 200 || status > 599):
		s.fail("Respond: %d is not a status from 200 to 599", status)
	}
	fixed, err := newFixedResponse(o, status, body)
	if err != nil {
		s.fail("Respond to %q: %v", e, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if status == 0 {
		delete(s.fixed, e)
		return
	}
	s.fixed[e] = fixed
}

func newFixedResponse(o *contract.Operation, status int, body any) (fixedResponse, error) {
	r := fixedResponse{status: status}
	switch body := body.(type) {
	case nil:
		return r, nil
	case string:
		r.body = []byte(body)
	case []byte:
		r.body = body
	default:
		data, err := json.Marshal(body)
		if err != nil {
			return r, fmt.Errorf("marshal the body: %w", err)
		}
		r.body = data
	}
	r.contentType = contentTypeOf(o, status)
	return r, nil
}

// contentTypeOf returns the Content-Type that an operation declares for a status, or JSON.
func contentTypeOf(o *contract.Operation, status int) string {
	declared := o.Spec().Responses.Status(status)
	if declared == nil || declared.Value == nil || len(declared.Value.Content) == 0 || declared.Value.Content.Get(jsonType) != nil {
		return jsonType
	}
	return slices.Sorted(maps.Keys(declared.Value.Content))[0]
}

// send writes the response.
func (r fixedResponse) send(c *call) {
	if r.contentType != "" {
		c.w.Header().Set("Content-Type", r.contentType)
	}
	c.w.WriteHeader(r.status)
	if c.r.Method != http.MethodHead {
		_, _ = c.w.Write(r.body)
	}
}

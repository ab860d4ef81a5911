package ringcxtest

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	agentPattern = "PUT /voice/api/v1/admin/agents/{id}"
	agentPath    = "/voice/api/v1/admin/agents/7"
)

// withAgents returns a Server with an endpoint that answers 201 with the id and
// the body.
func withAgents(t *testing.T) (*Server, wire, tokens) {
	t.Helper()
	s := NewServer(t)
	s.Handle(agentPattern, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintf(w, "%s %s", r.PathValue("id"), body)
	}))
	w := inMemory(s)
	return s, w, w.signIn(t)
}

func TestHandle(t *testing.T) {
	s, w, have := withAgents(t)
	put := func(header ...string) answer {
		return w.send("PUT", w.ringCX+agentPath+"?any=1", map[string][]string{"a": {"b"}}, header...)
	}
	bearer := []string{"Authorization", "Bearer " + have.access}
	refusedWith(201, "7 a=b")(t, put(bearer...), have)
	refusedWith(401, "Jwt is missing")(t, put(), have)
	refusedWith(401, "Jwt verification fails")(t, put("Authorization", "Bearer x"), have)
	s.Fault(agentPattern, RateLimit(time.Second), 1)
	s.Fault(agentPattern, Truncate, 1)
	limitedFor("1", "Too many")(t, put(bearer...), have)
	refusedWith(201, "7 ")(t, put(bearer...), have)
	s.ExpireTokens()
	refusedWith(401, "Jwt is expired")(t, put(bearer...), have)

	got := s.Counts()
	if got.Calls != 6 || got.Arrivals[agentPattern] != 6 || got.Unauthorized != 3 || got.RateLimited != 1 {
		t.Errorf("counts: %+v", got)
	}
	var log []string
	for _, e := range s.Log()[2:] {
		log = append(log, fmt.Sprint(e.Endpoint, " ", e.Status, " ", e.Fault))
	}
	want := []string{
		agentPattern + " 201 ", agentPattern + " 401 ", agentPattern + " 401 ",
		agentPattern + " 429 rate-limit 1s", agentPattern + " 201 truncate", agentPattern + " 401 ",
	}
	if diff := cmp.Diff(want, log); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

// TestHandlerThatWritesNothing sees to it that the answer is 200, as with
// net/http, and one that is cut is in the log.
func TestHandlerThatWritesNothing(t *testing.T) {
	s := NewServer(t)
	s.Handle("GET /nothing/{refreshToken}/x", http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.Handle("GET /abort", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	w := inMemory(s)
	have := w.signIn(t)
	path := "/nothing/" + have.refresh + "/x"
	s.Fault("GET /nothing/{refreshToken}/x", Slow(0), 1)
	for range 2 {
		refusedWith(200, "")(t, w.send("GET", w.ringCX+path, nil, "Authorization", "Bearer "+have.access), have)
	}
	dropped(t, w.send("GET", w.ringCX+"/abort", nil, "Authorization", "Bearer "+have.access), have)
	log := s.Log()[2:]
	if len(log) != 3 || log[1].Status != 200 || log[2].Status != 0 || strings.Contains(log[1].URL, have.refresh) {
		t.Errorf("log: %+v", log)
	}
}

func TestHandleThatCannotBe(t *testing.T) {
	tests := []struct {
		name, pattern string
		handler       http.Handler
		want          string
	}{
		{"empty", "", http.NotFoundHandler(), "invalid pattern"},
		{"no slash", "listAgents", http.NotFoundHandler(), "missing /"},
		{"of openapi.yaml", "GET /voice/api/v1/admin/users", http.NotFoundHandler(), `it is the endpoint "listUsers"`},
		{"of openapi.yaml in other words", "DELETE /api/auth/logout/{x}", http.NotFoundHandler(), "conflicts with pattern"},
		{"of RingCentral", "POST " + loginPath, http.NotFoundHandler(), "conflicts with pattern"},
		{"no handler", "GET /x", nil, "the handler is nil"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tb := &recordingTB{TB: t}
			s := NewServer(tb)
			s.Handle(tt.pattern, tt.handler)
			if !strings.Contains(tb.fatal, tt.want) {
				t.Errorf("the test ended with %q, want %q", tb.fatal, tt.want)
			}
			if err := s.TryFault(Endpoint(tt.pattern), Refuse, 1); err == nil {
				t.Error("there is such an endpoint")
			}
			tb.end()
		})
	}
}

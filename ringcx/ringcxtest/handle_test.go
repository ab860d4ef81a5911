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

// withAgents returns a Server with an endpoint that responds with status 201, the id of the
// path and the body of the request.
func withAgents(t *testing.T) (*Server, testClient, tokens) {
	t.Helper()
	s := NewServer(t)
	s.Handle(agentPattern, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintf(w, "%s %s", r.PathValue("id"), body)
	}))
	client := inMemory(s)
	return s, client, client.signIn(t)
}

func TestHandle(t *testing.T) {
	s, client, issued := withAgents(t)
	put := func(header ...string) response {
		return client.send("PUT", client.ringCX+agentPath+"?any=1", map[string][]string{"a": {"b"}}, header...)
	}
	bearer := []string{"Authorization", "Bearer " + issued.access}
	wantResponse(201, "7 a=b")(t, put(bearer...), issued)
	wantResponse(401, "Jwt is missing")(t, put(), issued)
	wantResponse(401, "Jwt verification fails")(t, put("Authorization", "Bearer x"), issued)
	s.Fault(agentPattern, RateLimit(time.Second), 1)
	s.Fault(agentPattern, Truncate, 1)
	wantRateLimited("1", "Too many")(t, put(bearer...), issued)
	wantResponse(201, "7 ")(t, put(bearer...), issued)
	s.ExpireTokens()
	wantResponse(401, "Jwt is expired")(t, put(bearer...), issued)

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

// TestHandlerThatWritesNothing checks that the status is 200, as with net/http, and that an
// aborted response is logged.
func TestHandlerThatWritesNothing(t *testing.T) {
	s := NewServer(t)
	s.Handle("GET /nothing/{refreshToken}/x", http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.Handle("GET /abort", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	client := inMemory(s)
	issued := client.signIn(t)
	path := "/nothing/" + issued.refresh + "/x"
	s.Fault("GET /nothing/{refreshToken}/x", Slow(0), 1)
	for range 2 {
		wantResponse(200, "")(t, client.send("GET", client.ringCX+path, nil, "Authorization", "Bearer "+issued.access), issued)
	}
	wantConnectionCut(t, client.send("GET", client.ringCX+"/abort", nil, "Authorization", "Bearer "+issued.access), issued)
	log := s.Log()[2:]
	if len(log) != 3 || log[1].Status != 200 || log[2].Status != 0 || strings.Contains(log[1].URL, issued.refresh) {
		t.Errorf("log: %+v", log)
	}
}

// TestHandleBesideOperations checks that an endpoint takes the requests of an operation only if
// its pattern is the more specific one.
func TestHandleBesideOperations(t *testing.T) {
	s := NewServer(t)
	teapot := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	for _, pattern := range []string{
		"GET /voice/", "DELETE /api/auth/logout/special", "POST /api/auth/token/refresh/",
		"GET " + ringCXHost + "/voice/api/v1/admin/accounts",
	} {
		s.Handle(pattern, teapot)
	}
	client := inMemory(s)
	issued := client.signIn(t)
	tests := []struct {
		method, path string
		want         Endpoint
	}{
		{"GET", "/voice/api/v1/admin/users", Users},
		{"HEAD", "/voice/api/v1/admin/users", Users},
		{"POST", "/api/auth/token/refresh/7", "POST /api/auth/token/refresh/"},
		{"GET", "/voice/other", "GET /voice/"},
		{"GET", "/voice/api/v1/admin/accounts", "GET " + Endpoint(ringCXHost) + "/voice/api/v1/admin/accounts"},
		{"DELETE", "/api/auth/logout/special", "DELETE /api/auth/logout/special"},
		{"DELETE", "/api/auth/logout/" + issued.refresh, Logout},
	}
	for _, tt := range tests {
		client.send(tt.method, client.ringCX+tt.path, nil, "Authorization", "Bearer "+issued.access)
		log := s.Log()
		if got := log[len(log)-1].Endpoint; got != tt.want {
			t.Errorf("%s %s: endpoint %q, want %q", tt.method, tt.path, got, tt.want)
		}
	}
}

func TestInvalidHandle(t *testing.T) {
	tests := []struct {
		name, pattern string
		handler       http.Handler
		want          string
	}{
		{"empty pattern", "", http.NotFoundHandler(), "invalid pattern"},
		{"pattern without a slash", "listRobots", http.NotFoundHandler(), "missing /"},
		{"operation of openapi.yaml", "GET /voice/api/v1/admin/users", http.NotFoundHandler(), `it is the endpoint "listUsers"`},
		{"operation with another wildcard name", "DELETE /api/auth/logout/{x}", http.NotFoundHandler(), "conflicts with pattern"},
		{"endpoint of RingCentral", "POST " + loginPath, http.NotFoundHandler(), "conflicts with pattern"},
		{"nil handler", "GET /x", nil, "the handler is nil"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tb := &recordingTB{TB: t}
			s := NewServer(tb)
			s.Handle(tt.pattern, tt.handler)
			if !strings.Contains(tb.fatal, tt.want) {
				t.Errorf("Fatalf with %q, want %q", tb.fatal, tt.want)
			}
			if err := s.TryFault(Endpoint(tt.pattern), Refuse, 1); err == nil {
				t.Error("TryFault returned no error: the endpoint was added")
			}
			tb.end()
		})
	}
}

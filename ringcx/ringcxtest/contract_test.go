package ringcxtest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// reportedViolations returns the violations that were reported, without the common prefix.
func reportedViolations(tb *recordingTB) []string {
	var all []string
	for _, line := range tb.reported() {
		all = append(all, strings.TrimPrefix(line, "ringcxtest: contract violation: "))
	}
	return all
}

func TestRequestViolations(t *testing.T) {
	const secret = "secret-value"
	form := func(text string) url.Values { v, _ := url.ParseQuery(text); return v }
	exchange, refresh, login := "/api/auth/login/rc/accesstoken", "/api/auth/token/refresh", loginPath
	basic := []string{"Authorization", "Basic " + "eDp5"}
	tests := []struct {
		name, method, path string
		form               url.Values
		header             []string
		want               []string
	}{
		{
			"wrong type", "GET", "/voice/api/v1/admin/users?flatten=" + secret, nil, nil,
			[]string{"listUsers: request: query flatten: cannot be parsed"},
		},
		{
			"missing field", "POST", refresh, form("rcTokenType=Bearer"), nil,
			[]string{"refreshToken: request: /refresh_token: required"},
		},
		{
			"wrong enum", "POST", exchange, form("rcAccessToken=x&rcTokenType=" + secret), nil,
			[]string{"exchangeToken: request: /rcTokenType: enum: want one of [Bearer]"},
		},
		{
			"two at once", "POST", exchange, form("rcAccessToken=&rcTokenType=" + secret), nil,
			[]string{
				"exchangeToken: request: /rcAccessToken: minLength",
				"exchangeToken: request: /rcTokenType: enum: want one of [Bearer]",
			},
		},
		{"no body", "POST", refresh, nil, nil, []string{"refreshToken: request: body: required"}},
		{
			"wrong Content-Type", "POST", refresh, form("refresh_token=x"), []string{"Content-Type", "text/plain"},
			[]string{"refreshToken: request: header Content-Type: not declared"},
		},
		{
			"unknown path", "GET", "/voice/api/v1/admin/agents", nil, nil,
			[]string{"GET /voice/api/v1/admin/agents: openapi.yaml has no such operation: add it to the fake with Server.Handle"},
		},
		{
			"path with two slashes", "GET", "/voice//api", nil, nil,
			[]string{"GET /voice//api: openapi.yaml has no such operation: add it to the fake with Server.Handle"},
		},
		{
			"unknown method", "PATCH", refresh, nil, nil,
			[]string{"PATCH /api/auth/token/refresh: openapi.yaml has no such operation: add it to the fake with Server.Handle"},
		},
		{
			"sign-in without anything", "POST", login, nil, nil,
			[]string{
				"login: request: header Content-Type: must be application/x-www-form-urlencoded",
				"login: request: header Authorization: must be Basic, with the client id and secret",
			},
		},
		{
			"sign-in with a secret in the URL", "POST", login + "?assertion=" + secret, form("grant_type=x"), basic,
			[]string{"login: request: query assertion: the URL must not contain a secret"},
		},
		{"valid revocation", "POST", revokePath, form("token=x"), basic, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tb := &recordingTB{TB: t}
			client := inMemory(NewServer(tb))
			client.send(tt.method, client.ringCX+tt.path, tt.form, tt.header...)
			if diff := cmp.Diff(tt.want, reportedViolations(tb)); diff != "" {
				t.Errorf("violations (-want +got):\n%s", diff)
			}
			tb.end()
		})
	}
}

func TestUnknownPathIsAnAPIError(t *testing.T) {
	client := inMemory(New())
	resp := client.send("GET", client.ringCX+"/voice/api/v1/admin/agents", nil)
	if resp.status != 404 || resp.field("generalMessage") != "Not found" || resp.field("requestUri") != "/voice/api/v1/admin/agents" {
		t.Errorf("got %+v", resp)
	}
	if !regexp.MustCompile(`"timestamp":\d{13}\b`).MatchString(resp.body) {
		t.Errorf("the timestamp is not a number of milliseconds: %s", resp.body)
	}
	resp = client.send("GET", client.ringCX+"/voice/api/v1/admin/users?flatten=maybe", nil)
	if resp.status != 400 || !strings.Contains(resp.body, `"attributeName":"flatten"`) {
		t.Errorf("invalid parameter: %+v", resp)
	}
}

func TestViolationsThatAreNotReported(t *testing.T) {
	tb := &recordingTB{TB: t}
	s := NewServer(tb)
	client := inMemory(s)
	issued := client.signIn(t)
	s.Fault(Users, Status(418, "x"), 1)
	client.users(issued.access, "")
	if got := reportedViolations(tb); got != nil {
		t.Errorf("request with a fault: %v, want no violations", got)
	}
	setUser(`{"userId":"x","userName":"` + strings.Repeat("x", maxChecked) + `"}`)(s)
	client.users(issued.access, "")
	if got := reportedViolations(tb); got != nil {
		t.Errorf("body over the limit: %v, want no violations", got)
	}
	tb.end()
	s.serve("", httptest.NewRecorder(), httptest.NewRequest("GET", "/x", nil), handleUnknown)
	if got := reportedViolations(tb); got != nil {
		t.Errorf("after the end of the test: %v, want no violations", got)
	}
}

func TestResponseViolations(t *testing.T) {
	const secret = "secret-value"
	tests := []struct {
		name   string
		change func(*Server)
		want   []string
	}{
		{
			"wrong type", setUser(`{"userId":"` + secret + `","userName":"x"}`),
			[]string{"listUsers: response 200: /0/userId: type: want integer, got string"},
		},
		{
			"null that is not allowed", setUser(`{"userId":1,"userName":null}`),
			[]string{"listUsers: response 200: /0/userName: type: want string, got null"},
		},
		{
			"missing field of a child", setUser(`{"userId":1,"userName":"x","children":[{"userId":2}]}`),
			[]string{"listUsers: response 200: /0/children/0/userName: required"},
		},
		{
			"no schema matches", setUser(`{"userId":1,"userName":"x","roles":[5]}`),
			[]string{"listUsers: response 200: /0/roles/0: oneOf: no schema matches number"},
		},
		{
			"not JSON", setUser(secret),
			[]string{"listUsers: response 200: body: cannot be parsed"},
		},
		{"valid", setUser(`{"userId":1,"userName":"x","unknown":{"a":[null]}}`), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tb := &recordingTB{TB: t}
			s := NewServer(tb)
			client := inMemory(s)
			issued := client.signIn(t)
			tt.change(s)
			client.users(issued.access, "")
			if diff := cmp.Diff(tt.want, reportedViolations(tb)); diff != "" {
				t.Errorf("violations (-want +got):\n%s", diff)
			}
			tb.end()
		})
	}
}

func setUser(data string) func(*Server) {
	return func(s *Server) {
		s.resources().SetAll(usersPath, each([]json.RawMessage{json.RawMessage(data)}), false)
	}
}

func TestUndeclaredStatusIsReported(t *testing.T) {
	tb := &recordingTB{TB: t}
	s := NewServer(tb)
	s.serve(Users, httptest.NewRecorder(), httptest.NewRequest("GET", "/voice/api/v1/admin/users", nil),
		func(_ http.ResponseWriter, r *http.Request) { callOf(r).respond(418, textType, "I am a teapot") })
	want := []string{"listUsers: response 418: the status is not declared"}
	if diff := cmp.Diff(want, reportedViolations(tb)); diff != "" {
		t.Errorf("violations (-want +got):\n%s", diff)
	}
	tb.end()
}

func TestUndeclaredQueryParameter(t *testing.T) {
	tests := []struct {
		query string
		want  []string
	}{
		{"?flatten=true&activeOnly=false", nil},
		{"?page=2", []string{"listUsers: request: query page: not declared"}},
		{
			"?page=2&flaten=true&flatten=x",
			[]string{
				"listUsers: request: query flaten: not declared",
				"listUsers: request: query flatten: cannot be parsed",
				"listUsers: request: query page: not declared",
			},
		},
	}
	for _, tt := range tests {
		tb := &recordingTB{TB: t}
		client := inMemory(NewServer(tb))
		issued := client.signIn(t)
		client.users(issued.access, tt.query)
		if diff := cmp.Diff(tt.want, reportedViolations(tb)); diff != "" {
			t.Errorf("%s: violations (-want +got):\n%s", tt.query, diff)
		}
		client.users(issued.access, "?"+issued.access+"=1")
		if text := strings.Join(reportedViolations(tb), "\n"); strings.Contains(text, issued.access) {
			t.Errorf("the violations contain a secret: %s", text)
		}
		tb.end()
	}
}

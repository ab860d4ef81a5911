package ringcxtest

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// rules returns what was reported, without what every report begins with.
func rules(tb *recordingTB) []string {
	var all []string
	for _, line := range tb.reported() {
		all = append(all, strings.TrimPrefix(line, "ringcxtest: contract broken: "))
	}
	return all
}

func TestRequestBreaksContract(t *testing.T) {
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
			[]string{"listUsers: request: query flatten: cannot be read"},
		},
		{
			"missing member", "POST", refresh, form("rcTokenType=Bearer"), nil,
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
			[]string{"refreshToken: request: header Content-Type: is not declared"},
		},
		{
			"unknown path", "GET", "/voice/api/v1/admin/agents", nil, nil,
			[]string{"GET /voice/api/v1/admin/agents: openapi.yaml has no such operation"},
		},
		{
			"path that is not clean", "GET", "/voice//api", nil, nil,
			[]string{"GET /voice//api: openapi.yaml has no such operation"},
		},
		{
			"unknown method", "PATCH", refresh, nil, nil,
			[]string{"PATCH /api/auth/token/refresh: openapi.yaml has no such operation"},
		},
		{
			"sign-in without anything", "POST", login, nil, nil,
			[]string{
				"login: request: header Content-Type: must be application/x-www-form-urlencoded",
				"login: request: header Authorization: must be Basic, with the client id and secret",
			},
		},
		{
			"sign-in with a secret in the address", "POST", login + "?assertion=" + secret, form("grant_type=x"), basic,
			[]string{"login: request: query assertion: a secret must not be in the address"},
		},
		{"revocation is fine", "POST", revokePath, form("token=x"), basic, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tb := &recordingTB{TB: t}
			w := inMemory(NewServer(tb))
			w.send(tt.method, w.ringCX+tt.path, tt.form, tt.header...)
			if diff := cmp.Diff(tt.want, rules(tb)); diff != "" {
				t.Errorf("breaches (-want +got):\n%s", diff)
			}
			tb.end()
		})
	}
}

func TestUnknownPathIsAnAPIError(t *testing.T) {
	w := inMemory(New())
	a := w.send("GET", w.ringCX+"/voice/api/v1/admin/agents", nil)
	if a.status != 404 || a.field("generalMessage") != "Not found" || a.field("requestUri") != "/voice/api/v1/admin/agents" {
		t.Errorf("got %+v", a)
	}
	a = w.send("GET", w.ringCX+"/voice/api/v1/admin/users?flatten=maybe", nil)
	if a.status != 400 || !strings.Contains(a.body, `"attributeName":"flatten"`) {
		t.Errorf("a bad parameter: %+v", a)
	}
}

func TestNothingIsReported(t *testing.T) {
	tb := &recordingTB{TB: t}
	s := NewServer(tb)
	w := inMemory(s)
	have := w.signIn(t)
	s.Fault(Users, Status(418, "x"), 1)
	w.users(have.access, "")
	if got := rules(tb); got != nil {
		t.Errorf("of a scripted fault: %v", got)
	}
	setUser(`{"userId":"x","userName":"` + strings.Repeat("x", maxChecked) + `"}`)(s)
	w.users(have.access, "")
	if got := rules(tb); got != nil {
		t.Errorf("of a body that is too large: %v", got)
	}
	tb.end()
	s.serve("", httptest.NewRecorder(), httptest.NewRequest("GET", "/x", nil), answerUnknown)
	if got := rules(tb); got != nil {
		t.Errorf("after the end of the test: %v", got)
	}
}

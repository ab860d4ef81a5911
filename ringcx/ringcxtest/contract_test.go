package ringcxtest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
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

func TestAnswerBreaksContract(t *testing.T) {
	const secret = "secret-value"
	tests := []struct {
		name   string
		change func(*Server)
		want   []string
	}{
		{
			"wrong type", setUser(`{"userId":"` + secret + `","userName":"x"}`),
			[]string{"listUsers: answer 200: /0/userId: type: want integer, got string"},
		},
		{
			"null where it must not be", setUser(`{"userId":1,"userName":null}`),
			[]string{"listUsers: answer 200: /0/userName: type: want string, got null"},
		},
		{
			"missing member, deep", setUser(`{"userId":1,"userName":"x","children":[{"userId":2}]}`),
			[]string{"listUsers: answer 200: /0/children/0/userName: required"},
		},
		{
			"no form fits", setUser(`{"userId":1,"userName":"x","roles":[5]}`),
			[]string{"listUsers: answer 200: /0/roles/0: oneOf: no form fits number"},
		},
		{
			"not JSON", setUser(secret),
			[]string{"listUsers: answer 200: body: cannot be read"},
		},
		{"fine", setUser(`{"userId":1,"userName":"x","unknown":{"a":[null]}}`), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tb := &recordingTB{TB: t}
			s := NewServer(tb)
			w := inMemory(s)
			have := w.signIn(t)
			tt.change(s)
			w.users(have.access, "")
			if diff := cmp.Diff(tt.want, rules(tb)); diff != "" {
				t.Errorf("breaches (-want +got):\n%s", diff)
			}
			tb.end()
		})
	}
}

func setUser(data string) func(*Server) {
	return func(s *Server) { s.setUsers(each([]json.RawMessage{json.RawMessage(data)})) }
}

// TestCheckRules has the check compare answers with an operation that has
// rules which openapi.yaml uses in requests only.
func TestCheckRules(t *testing.T) {
	const operation = `{"responses": {"200": {
		"description": "x",
		"headers": {"X-Left": {"required": true, "schema": {"type": "integer"}}},
		"content": {"application/json": {"schema": {
			"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string", "enum": ["A", "B"]}}
		}}}}}}`
	var op openapi3.Operation
	if err := json.Unmarshal([]byte(operation), &op); err != nil {
		t.Fatal(err)
	}
	op.OperationID = "probe"
	tests := []struct {
		name        string
		status      int
		header      string
		contentType string
		body        string
		want        []string
	}{
		{"fine", 200, "1", jsonType, `{"kind":"A"}`, nil},
		{"wrong enum", 200, "1", jsonType, `{"kind":"C"}`, []string{"probe: answer 200: /kind: enum: want one of [A B]"}},
		{"undeclared status", 418, "1", jsonType, `{"kind":"A"}`, []string{"probe: answer 418: the status is not declared"}},
		{"wrong header", 200, "x", jsonType, `{"kind":"A"}`, []string{"probe: answer 200: header X-Left: cannot be read"}},
		{"missing header", 200, "", jsonType, `{"kind":"A"}`, []string{"probe: answer 200: header X-Left: required"}},
		{"Content-Type", 200, "1", "text/plain", `x`, []string{"probe: answer 200: header Content-Type: is not declared"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := &call{
				endpoint: "probe", r: httptest.NewRequest("GET", "/", nil),
				w: &recorder{inner: httptest.NewRecorder(), record: true},
			}
			if tt.header != "" {
				c.w.Header().Set("X-Left", tt.header)
			}
			c.answer(tt.status, tt.contentType, tt.body)
			route := &routers.Route{Spec: specification(), PathItem: &openapi3.PathItem{}, Operation: &op}
			if diff := cmp.Diff(tt.want, c.check(route)); diff != "" {
				t.Errorf("breaches (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUndeclaredStatusIsReported(t *testing.T) {
	tb := &recordingTB{TB: t}
	s := NewServer(tb)
	s.serve(Users, httptest.NewRecorder(), httptest.NewRequest("GET", "/voice/api/v1/admin/users", nil),
		func(_ http.ResponseWriter, r *http.Request) { callOf(r).answer(418, textType, "I am a teapot") })
	want := []string{"listUsers: answer 418: the status is not declared"}
	if diff := cmp.Diff(want, rules(tb)); diff != "" {
		t.Errorf("breaches (-want +got):\n%s", diff)
	}
	tb.end()
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

// TestSpecificationUsesKnownKeywords guards the shortcut in specification: the
// validator in use must know every keyword that openapi.yaml relies on.
func TestSpecificationUsesKnownKeywords(t *testing.T) {
	for name, ref := range specification().Components.Schemas {
		err := openapi3.NewSchemaRef("", ref.Value).WalkSubtree(func(_ string, s *openapi3.SchemaRef) error {
			v := s.Value
			if v.Const != nil || v.If != nil || v.PrefixItems != nil || v.Contains != nil || v.PropertyNames != nil ||
				v.PatternProperties != nil || v.DependentRequired != nil || v.DependentSchemas != nil || v.Defs != nil ||
				v.ReadOnly || v.WriteOnly {
				t.Errorf("schema %s uses a keyword that the check of bodies does not know", name)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}

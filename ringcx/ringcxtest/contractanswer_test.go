package ringcxtest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
	"github.com/google/go-cmp/cmp"
)

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

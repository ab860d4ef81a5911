package ringcxtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest/internal/contract"
)

// fullServer returns a Server of the whole API that reports violations to tb, and a token.
func fullServer(t *testing.T, tb testing.TB) (*Server, testClient, tokens) {
	t.Helper()
	s := newServer(newFull(t, fullDocument()))
	s.tb, s.checked = tb, true
	t.Cleanup(s.Close)
	client := inMemory(s)
	return s, client, client.signIn(t)
}

// admin sends a request with a token and a JSON body to a path of the administration API.
func (client testClient) admin(t *testing.T, issued tokens, method, path, body string) response {
	t.Helper()
	req, err := http.NewRequest(method, client.ringCX+"/voice/api/v1/admin"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+issued.access)
	if body != "" {
		req.Header.Set("Content-Type", jsonType)
	}
	return client.receive(req)
}

const (
	groups       = "/accounts/333333/dialGroups"
	exampleGroup = `"dialGroupName":"Renewals"`
	ownGroup     = `[{"dialGroupId":5,"dialGroupName":"Own"}]`
)

// TestResources creates, lists, gets and deletes a resource. The Server compares requests and
// responses with the contract.
func TestResources(t *testing.T) {
	for _, network := range []string{"memory", "loopback"} {
		t.Run(network, func(t *testing.T) {
			tb := &recordingTB{TB: t}
			s, client, issued := fullServer(t, tb)
			if network == "loopback" {
				client = overLoopback(t, s)
			}
			created := client.admin(t, issued, "POST", groups, `{"dialGroupId": 0, "dialGroupName": "New"}`)
			wantResponse(200, `"dialGroupName":"New"`)(t, created, issued)
			id := created.field("dialGroupId")
			path := groups + "/" + id
			wantResponse(200, exampleGroup)(t, client.admin(t, issued, "GET", groups, ""), issued)
			wantResponse(200, `"dialGroupId":`+id)(t, client.admin(t, issued, "GET", groups, ""), issued)
			wantResponse(200, "New")(t, client.admin(t, issued, "GET", path, ""), issued)
			wantResponse(200, "[]")(t, client.admin(t, issued, "GET", path+"/campaigns", ""), issued)
			wantResponse(200, "true")(t, client.admin(t, issued, "DELETE", path, ""), issued)
			missing := client.admin(t, issued, "GET", path, "")
			wantResponse(404, `"errorCode":"not.found"`)(t, missing, issued)
			wantResponse(404, "There is no resource with this dialGroupId")(t, missing, issued)
			if got := tb.reported(); len(got) > 0 {
				t.Errorf("violations: %q", got)
			}
			tb.end()
		})
	}
}

// TestInvalidBody checks that a body that the contract does not allow is rejected and
// reported, without its values.
func TestInvalidBody(t *testing.T) {
	tb := &recordingTB{TB: t}
	_, client, issued := fullServer(t, tb)
	resp := client.admin(t, issued, "POST", groups, `{"dialGroupId": "secret value", "dialGroupName": "New"}`)
	want := `"validationErrors":[{"attributeName":"dialGroupId","message":"is not valid"}]`
	wantResponse(400, want)(t, resp, issued)
	reported := []string{"createDialGroup: request: /dialGroupId: type: want integer or null, got string"}
	if diff := cmp.Diff(reported, reportedViolations(tb)); diff != "" {
		t.Errorf("violations (-want +got):\n%s", diff)
	}
	tb.end()
}

func TestSetResources(t *testing.T) {
	_, client, issued := fullServer(t, t)
	s := client.Transport.(*memory).server
	s.SetAccounts(gen.Account{AccountID: "7", AccountName: "Own"})
	wantResponse(404, "accountId")(t, client.admin(t, issued, "GET", groups, ""), issued)

	s.Set("/voice/api/v1/admin/accounts/7/dialGroups", []map[string]any{{"dialGroupId": 5, "dialGroupName": "Own"}})
	wantResponse(200, ownGroup)(t, client.admin(t, issued, "GET", "/accounts/7/dialGroups", ""), issued)
	s.Set("/voice/api/v1/admin/users/12", gen.User{UserID: 12, UserName: "own@example.com"})
	wantResponse(200, "own@example.com")(t, client.users(issued.access, "?flatten=true"), issued)

	if err := s.SetJSON("/accounts/7/dialGroups", []byte(`[{"dialGroupId": "x",  "y": 1}]`)); err != nil {
		t.Error(err)
	}
	wantResponse(200, `[{"dialGroupId": "x",  "y": 1}]`)(t, client.admin(t, issued, "GET", "/accounts/7/dialGroups", ""), issued)
	wantResponse(404, "")(t, client.admin(t, issued, "GET", "/accounts/7/dialGroups/5", ""), issued)

	s.SetUsers(gen.User{UserID: 1, UserName: "a@example.com"}, gen.User{UserID: 2, UserName: "b@example.com"})
	wantResponse(200, "")(t, client.admin(t, issued, "DELETE", "/users/1", ""), issued)
	if got := client.users(issued.access, "").body; strings.Contains(got, "a@example.com") || !strings.Contains(got, "b@example.com") {
		t.Errorf("users after one was deleted: %s", got)
	}
}

// TestSetIsChecked checks that data of Set, in contrast to SetJSON, must match openapi.yaml.
func TestSetIsChecked(t *testing.T) {
	tb := &recordingTB{TB: t}
	s, client, issued := fullServer(t, tb)
	s.Set(accountsPath, []map[string]any{{"accountId": "7", "accountName": 1}})
	wantResponse(200, `"accountName":1`)(t, client.accounts(issued.access), issued)
	want := []string{"listAccounts: response 200: /0/accountName: type: want string, got number"}
	if diff := cmp.Diff(want, reportedViolations(tb)); diff != "" {
		t.Errorf("violations (-want +got):\n%s", diff)
	}
	tb.end()
}

// TestNewOperation adds two operations with a new schema to a document, and nothing else.
func TestNewOperation(t *testing.T) {
	spec, err := contract.New([]byte(`{
		"openapi": "3.1.0",
		"paths": {
			"/voice/api/v1/admin/widgets": {
				"get": {"operationId": "listWidgets", "responses": {"200": {"description": "widgets", "content": {
					"application/json": {"schema": {"type": "array", "items": {"$ref": "#/components/schemas/Widget"}}}}}}},
				"post": {"operationId": "createWidget",
					"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Widget"}}}},
					"responses": {"200": {"description": "widget", "content": {
						"application/json": {"schema": {"$ref": "#/components/schemas/Widget"}}}}}}}},
		"components": {"schemas": {"Widget": {"type": "object", "properties": {
			"widgetId": {"type": "integer"}, "name": {"type": "string"}, "size": {"type": "integer"}},
			"example": {"widgetId": 1, "name": "Example", "size": 3}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	s := newServer(spec)
	s.tb, s.checked = t, true
	t.Cleanup(s.Close)
	client, issued := inMemory(s), tokens{access: s.newToken()}
	wantResponse(200, `{"name":"Own","size":3,"widgetId":100001}`)(t, client.admin(t, issued, "POST", "/widgets", `{"name":"Own"}`), issued)
	wantResponse(200, `[{"name":"Example","size":3,"widgetId":1},{"name":"Own","size":3,"widgetId":100001}]`)(
		t, client.admin(t, issued, "GET", "/widgets", ""), issued)
}

func TestInvalidSet(t *testing.T) {
	tb := &recordingTB{TB: t}
	s := NewServer(tb)
	for _, tt := range []struct {
		path string
		data any
		want string
	}{
		{"/nothing", []int{}, `Set("/nothing"): the API has no such path`},
		{usersPath, gen.User{}, `not a JSON array`},
		{usersPath, make(chan int), "unsupported type: chan int"},
	} {
		tb.fatal = ""
		if s.Set(tt.path, tt.data); !strings.Contains(tb.fatal, tt.want) {
			t.Errorf("Fatalf with %q, want %q", tb.fatal, tt.want)
		}
	}
	want := `ringcxtest: SetJSON("/nothing"): the API has no such path`
	if err := s.SetJSON("/nothing", []byte("[]")); fmt.Sprint(err) != want {
		t.Errorf("SetJSON: %v, want %s", err, want)
	}
	tb.end()
}

func TestRespond(t *testing.T) {
	tb := &recordingTB{TB: t}
	s, client, issued := fullServer(t, tb)
	get := func() response { return client.admin(t, issued, "GET", groups, "") }
	s.Respond("listDialGroups", 200, json.RawMessage(ownGroup))
	wantResponse(200, ownGroup)(t, get(), issued)
	wantResponse(200, ownGroup)(t, get(), issued)
	s.Respond("listDialGroups", 404, gen.APIError{GeneralMessage: new("gone")})
	wantResponse(404, "gone")(t, get(), issued)
	s.Respond("listDialGroups", 401, "Jwt is odd")
	resp := get()
	wantResponse(401, "Jwt is odd")(t, resp, issued)
	if got := resp.header.Get("Content-Type"); got != "text/plain" {
		t.Errorf("Content-Type of a text: %s", got)
	}
	s.Respond("listDialGroups", 200, []byte(`[]`))
	wantResponse(200, "[]")(t, get(), issued)
	s.Respond("deleteDialGroup", 204, nil)
	wantResponse(204, "")(t, client.admin(t, issued, "DELETE", groups+"/8001", ""), issued)
	s.Respond("listDialGroups", 0, nil)
	wantResponse(200, exampleGroup)(t, get(), issued) // not deleted
	s.Respond(Accounts, 200, []int{})
	wantResponse(200, "[]")(t, client.accounts(issued.access), issued)
	wantResponse(401, "Jwt is missing")(t, client.send("GET", client.ringCX+accountsPath, nil), issued)
	if got := tb.reported(); len(got) > 0 {
		t.Errorf("violations: %q", got)
	}
	s.Respond("listDialGroups", 200, map[string]int{})
	get()
	want := []string{"listDialGroups: response 200: type: want array, got object"}
	if diff := cmp.Diff(want, reportedViolations(tb)); diff != "" {
		t.Errorf("violations (-want +got):\n%s", diff)
	}
	tb.end()
}

func TestInvalidRespond(t *testing.T) {
	for _, tt := range []struct {
		endpoint Endpoint
		status   int
		body     any
		want     string
	}{
		{"nothing", 200, nil, `there is no operation "nothing": use an operationId of docs/operations.md`},
		{"LoadLeads", 200, nil, `there is no operation "LoadLeads": use "loadLeads"`},
		{Refresh, 200, nil, `"refreshToken" is not an operation that needs a token`},
		{Exchange, 200, nil, `"exchangeToken" is not an operation`},
		{Accounts, 100, nil, "100 is not a status from 200 to 599"},
		{Accounts, 200, make(chan int), "unsupported type: chan int"},
	} {
		tb := &recordingTB{TB: t}
		s := NewServer(tb)
		if s.Respond(tt.endpoint, tt.status, tt.body); !strings.Contains(tb.fatal, tt.want) {
			t.Errorf("Fatalf with %q, want %q", tb.fatal, tt.want)
		}
		tb.end()
	}
}

func TestSetPermissions(t *testing.T) {
	s, client, issued := fullServer(t, t)
	list := func() response { return client.admin(t, issued, "GET", groups, "") }          // READ Account
	group := func() response { return client.admin(t, issued, "GET", groups+"/8001", "") } // READ DialGroup
	const denied = `"errorCode":"access.denied.exception"`
	s.SetPermissions()
	wantResponse(403, denied)(t, list(), issued)
	wantResponse(200, "")(t, client.accounts(issued.access), issued) // openapi.yaml states no permission
	s.SetPermissions("READ DialGroup", "ROLE USER")
	wantResponse(200, exampleGroup)(t, group(), issued)
	wantResponse(403, denied)(t, list(), issued)
	s.SetPermissions("*")
	wantResponse(200, "")(t, list(), issued)
}

// TestFaultsOfResources checks faults, rate limits and expiry for an operation that has no
// handler of its own, in a bubble.
func TestFaultsOfResources(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, client, issued := fullServer(t, t)
		get := func() response { return client.admin(t, issued, "GET", groups, "") }
		s.Fault("listDialGroups", RateLimit(2*time.Second), 1)
		s.Fault("listDialGroups", Truncate, 1)
		wantRateLimited("2", "Too many")(t, get(), issued)
		wantTruncatedJSON(t, get(), issued)
		wantResponse(200, exampleGroup)(t, get(), issued)
		s.ExpireTokens()
		wantResponse(401, "Jwt is expired")(t, get(), issued)
		if got := s.Counts().Arrivals["listDialGroups"]; got != 4 {
			t.Errorf("%d requests arrived, want 4", got)
		}
	})
}

// TestSecretsInPathsAndForms checks that the log shows neither a token in a path nor a password.
func TestSecretsInPathsAndForms(t *testing.T) {
	s, client, issued := fullServer(t, t)
	bearer := []string{"Authorization", "Bearer " + issued.access}
	client.admin(t, issued, "DELETE", "/token/my-api-token", "")
	client.admin(t, issued, "GET", "/accounts/"+issued.access+"/dialGroups", "")
	client.send("POST", client.ringCX+"/voice/api/v1/admin/users/passwordReset",
		map[string][]string{"currentPassword": {"my-old-password"}, "newPassword": {"my-new-password"}}, bearer...)
	for _, e := range s.Log() {
		text := fmt.Sprintf("%+v", e)
		for _, secret := range []string{"my-api", issued.access, issued.refresh, "my-old", "my-new"} {
			if strings.Contains(text, secret) {
				t.Errorf("the log contains %q: %s", secret, text)
			}
		}
	}
}

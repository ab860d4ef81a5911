package ringcx_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
)

// TestGet checks the lists that Get returns.
func TestGet(t *testing.T) {
	tests := []struct {
		name, ctype, body string
		status            int
		want              []gen.Account
	}{
		{name: "accounts", ctype: "application/json", status: 200,
			body: `[{"accountId":"333333","accountName":"RingForce"},{"accountId":4,"accountName":""}]`,
			want: []gen.Account{{AccountID: "333333", AccountName: "RingForce"}, {AccountID: "4"}}},
		{name: "both spellings", ctype: "application/json", status: 200, body: `[{"accountId":1,"accountName":"a","enableMultiuser":true},{"accountId":2,"ACCOUNTNAME":"","enableMultiUser":true}]`,
			want: []gen.Account{{AccountID: "1", AccountName: "a", EnableMultiUser: new(true)}, {AccountID: "2", EnableMultiUser: new(true)}}},
		{name: "empty", ctype: "application/json", status: 200, body: `[]`, want: []gen.Account{}},
		{name: "null", ctype: "application/json", status: 200, body: `null`},
		{name: "Content-Type with a parameter", ctype: "application/json;charset=utf-8", status: 200, body: `[]`, want: []gen.Account{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client := newClient(t, ringcx.Config{HTTPClient: respondWith(func(*http.Request) *http.Response {
				return response(tt.status, tt.ctype, tt.body)
			})})
			got, err := ringcx.Get(client.ListAccountsWithResponse(t.Context()))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("accounts (-want +got):\n%s", diff)
			}
		})
	}
}

// createdResult is like the result that the generator makes for an operation whose
// response has status 201. openapi.yaml has no such operation yet.
type createdResult struct{ body *string }

func (createdResult) GetJSON200() *string   { return nil }
func (c createdResult) GetJSON201() *string { return c.body }
func (createdResult) StatusCode() int       { return http.StatusCreated }
func (createdResult) GetBody() []byte       { return nil }

// TestGetCreated checks that Get returns the body of a 201, too.
func TestGetCreated(t *testing.T) {
	want := "made"
	if got, err := ringcx.Get(createdResult{&want}, nil); err != nil || got != want {
		t.Errorf("Get = %q, %v, want %q", got, err, want)
	}
}

var listsTests = []struct {
	name, body string
	check      func([]gen.User) error
}{
	{"50 levels", "[" + nested(50) + "]", func(users []gen.User) error {
		depth := 0
		for u := users; len(u) > 0; u = u[0].Children {
			depth++
		}
		return diffError(51, depth)
	}},
	{"5,000 users", "[" + strings.Repeat(`{"userId":1,"userName":"u","roles":["USER"]},`, 4999) + `{"userId":2,"userName":"last"}]`,
		func(users []gen.User) error { return diffError(5000, len(users)) }},
	{"both role forms", `[{"userId":1,"userName":"u","roles":["USER",{"roleType":"MANAGE_USERS","description":"d"}]}]`,
		func(users []gen.User) error {
			return diffError([]gen.Role{{RoleType: "USER"}, {RoleType: "MANAGE_USERS", Description: "d"}}, users[0].Roles)
		}},
	{"ids", `[{"userId":1,"userName":"u","rcUserId":8999999999999999,"rcAccountId":"null"},{"userId":2,"userName":"v","rcUserId":"8999999999999999","rcAccountId":9}]`,
		func(users []gen.User) error {
			return diffError([]gen.ID{"8999999999999999", "8999999999999999", "", "9"},
				[]gen.ID{*users[0].RCUserID, *users[1].RCUserID, *users[0].RCAccountID, *users[1].RCAccountID})
		}},
	{"null and unknown", `[{"userId":0,"userName":"","roles":null,"children":null,"regionalSettings":null,"creationDate":null,"new":{"a":[1]}}]`,
		func(users []gen.User) error { return diffError([]gen.User{{}}, users) }},
	{"both regional settings", `[{"userId":1,"userName":"u","regionalSettings":{"timezone":7}},{"userId":2,"userName":"v","regionalSettings":{"timezoneName":"America/Denver"}}]`,
		func(users []gen.User) error {
			return diffError("7 America/Denver", fmt.Sprint(*users[0].RegionalSettings.Timezone, " ", *users[1].RegionalSettings.TimezoneName))
		}},
}

// nested returns a user as JSON, below that many levels of other users.
func nested(levels int) string {
	user := `{"userId":1,"userName":"leaf"}`
	for range levels {
		user = `{"userId":1,"userName":"u","children":[` + user + `]}`
	}
	return user
}

// TestLists decodes lists of users of the forms and sizes that RingCX sends, with Get
// and with Stream.
func TestLists(t *testing.T) {
	for _, tt := range listsTests {
		t.Run(tt.name, func(t *testing.T) {
			client := newClient(t, ringcx.Config{HTTPClient: respondWith(func(*http.Request) *http.Response {
				return response(200, "application/json", tt.body)
			})})
			users, err := ringcx.Get(client.ListUsersWithResponse(t.Context(), nil))
			if err != nil {
				t.Fatal(err)
			}
			if err := tt.check(users); err != nil {
				t.Error(err)
			}
			n := 0
			for _, err := range ringcx.Stream[gen.User](client.ListUsers(t.Context(), nil)) {
				if n++; err != nil {
					t.Fatal(err)
				}
			}
			if n != len(users) {
				t.Errorf("Stream yields %d users, Get returns %d", n, len(users))
			}
		})
	}
}

// diffError returns an error that shows how got differs from want, or nil.
func diffError(want, got any) error {
	if diff := cmp.Diff(want, got); diff != "" {
		return errors.New("(-want +got):\n" + diff)
	}
	return nil
}

// TestDoResolvesURL checks to which URL Do sends a request with a relative URL, and that
// it does not change the request.
func TestDoResolvesURL(t *testing.T) {
	tests := []struct{ base, url, want string }{
		{"https://cx.example", "/voice/x", "https://cx.example/voice/x"},
		{"https://cx.example", "voice/x?a=%2F#f", "https://cx.example/voice/x?a=%2F#f"},
		{"https://cx.example/proxy/", "/voice/x?a=b", "https://cx.example/proxy/voice/x?a=b"},
		{"https://cx.example/proxy", "voice/x", "https://cx.example/proxy/voice/x"},
		{"https://cx.example/proxy", "/a%2Fb/c%20d", "https://cx.example/proxy/a%2Fb/c%20d"},
		{"https://cx.example/proxy", "", "https://cx.example/proxy/"},
		{"https://cx.example/proxy", "?a=b", "https://cx.example/proxy/?a=b"},
		{"https://cx.example/proxy", "https://cx.example/voice/x", "https://cx.example/voice/x"},
		{"https://cx.example/proxy", "https://other.example/voice/x", "https://other.example/voice/x"},
		{"https://cx.example", "//other.example/voice/x", "//other.example/voice/x"},
		{"https://cx.example", "mailto:x", "mailto:x"},
	}
	for _, tt := range tests {
		var got, bearer string
		client := newClient(t, ringcx.Config{BaseURL: tt.base, HTTPClient: respondWith(func(r *http.Request) *http.Response {
			got, bearer = r.URL.String(), r.Header.Get("Authorization")
			return response(200, "application/json", "[]")
		})})
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, tt.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		before := *req.URL
		resp, err := client.Do(req)
		if err != nil {
			t.Errorf("%s, %q: %v", tt.base, tt.url, err)
			continue
		}
		resp.Body.Close()
		if got != tt.want || (bearer != "") != strings.HasPrefix(tt.want, "https://cx.example/") {
			t.Errorf("%s, %q: the URL is %s with Authorization %q, want %s", tt.base, tt.url, got, bearer, tt.want)
		}
		if diff := cmp.Diff(before, *req.URL); diff != "" {
			t.Errorf("%s, %q: the URL of the request has changed (-want +got):\n%s", tt.base, tt.url, diff)
		}
		if got, want := client.BaseURL(), strings.TrimSuffix(tt.base, "/"); got != want || client.Tokens.BaseURL() != want {
			t.Errorf("BaseURL is %q and %q, want %q", got, client.Tokens.BaseURL(), want)
		}
	}
}

// TestDoRejectsDotSegments puts ids with dots into a path. Nothing is sent if a segment would
// change the endpoint.
func TestDoRejectsDotSegments(t *testing.T) {
	sent := 0
	client := newClient(t, ringcx.Config{BaseURL: "https://cx.example", HTTPClient: respondWith(func(*http.Request) *http.Response {
		sent++
		return response(200, "application/json", `{"accessToken":"a"}`)
	})})
	for _, bad := range []string{"/users/../admin", "users/..", "/users/%2e%2E/admin", "https://cx.example/users/./x", "/users/.%2e"} {
		req := must(http.NewRequestWithContext(t.Context(), http.MethodDelete, bad, nil))
		if _, err := client.Do(req); err == nil || !strings.Contains(err.Error(), "segment") || sent > 0 {
			t.Errorf("%s: error is %v after %d requests, want one about the segment and none", bad, err, sent)
		}
	}
	for _, valid := range []string{"/users/a..b", "/users/" + url.PathEscape("../x"), "/users/...", "/users?path=../x"} {
		req := must(http.NewRequestWithContext(t.Context(), http.MethodGet, valid, nil))
		resp, err := client.Do(req)
		if err != nil {
			t.Errorf("%s: %v", valid, err)
			continue
		}
		resp.Body.Close()
	}
}

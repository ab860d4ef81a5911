package ringcxtest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/ringcx-go/ringcx-go/gen"
)

func ptr[T any](v T) *T { return &v }

// outline returns the ids of nested users, for example "1(2 3)".
func outline(users []gen.User) string {
	var parts []string
	for _, u := range users {
		text := fmt.Sprint(u.UserID)
		if len(u.Children) > 0 {
			text += "(" + outline(u.Children) + ")"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, " ")
}

func user(id int64, enabled *bool, children ...gen.User) gen.User {
	return gen.User{UserID: id, UserName: fmt.Sprint(id), Enabled: enabled, Children: children}
}

func TestFlattenAndActiveOnly(t *testing.T) {
	s := NewServer(t)
	client := inMemory(s)
	issued := client.signIn(t)
	yes, no := ptr(true), ptr(false)
	s.SetUsers(
		user(1, yes, user(2, no, user(3, yes), user(4, no)), user(5, nil)),
		user(6, no),
	)
	tests := []struct{ query, want string }{
		{"", "1(2(3 4) 5) 6"},
		{"?flatten=false&activeOnly=false", "1(2(3 4) 5) 6"},
		{"?flatten=true", "1 2 3 4 5 6"},
		{"?activeOnly=true", "1(3 5)"},
		{"?flatten=true&activeOnly=true", "1 3 5"},
	}
	for _, tt := range tests {
		resp := client.users(issued.access, tt.query)
		if got := outline(mustJSON[[]gen.User](t, resp.body)); got != tt.want {
			t.Errorf("%q: %s, want %s", tt.query, got, tt.want)
		}
		if strings.Contains(tt.query, "flatten=true") && strings.Contains(resp.body, "children") {
			t.Errorf("%q: the response contains children: %s", tt.query, resp.body)
		}
	}
	s.SetUsers()
	if resp := client.users(issued.access, "?flatten=true"); resp.body != "[]" {
		t.Errorf("no users: %s", resp.body)
	}
}

func TestDefaultDataIsFromSpecification(t *testing.T) {
	client := inMemory(NewServer(t))
	issued := client.signIn(t)
	for _, e := range []Endpoint{Accounts, Users} {
		var want []any
		for _, example := range examples(e) {
			want = append(want, mustJSON[[]any](t, string(example))...)
		}
		if diff := cmp.Diff(want, mustJSON[[]any](t, client.request(e, issued).body)); diff != "" {
			t.Errorf("%s (-example +response):\n%s", e, diff)
		}
	}
	got := mustJSON[map[string]json.RawMessage](t, client.exchange(issued.ringCentral).body)
	for name, want := range exampleSession() {
		if name != "accessToken" && name != "refreshToken" && string(got[name]) != string(want) {
			t.Errorf("%s is %s, want %s", name, got[name], want)
		}
	}
}

func TestSetAccounts(t *testing.T) {
	s := NewServer(t)
	client := inMemory(s)
	issued := client.signIn(t)
	want := []gen.Account{{AccountID: "9007199254740993", AccountName: "A <&> B", StartDate: nil}}
	s.SetAccounts(want...)
	if diff := cmp.Diff(want, mustJSON[[]gen.Account](t, client.accounts(issued.access).body)); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
	s.SetAccounts()
	if resp := client.accounts(issued.access); resp.body != "[]" {
		t.Errorf("no accounts: %s", resp.body)
	}
}

func TestGenerateUsers(t *testing.T) {
	s := NewServer(t) // compares the users with openapi.yaml
	client := inMemory(s)
	issued := client.signIn(t)
	for _, n := range []int{0, 1, 10, 25} {
		s.GenerateUsers(n)
		nested := client.users(issued.access, "").body
		flat := mustJSON[[]gen.User](t, client.users(issued.access, "?flatten=true").body)
		if len(flat) != n || len(mustJSON[[]gen.User](t, nested)) != (n+9)/10 {
			t.Errorf("GenerateUsers(%d): %d users: %s", n, len(flat), outline(flat))
		}
		for _, u := range flat {
			if got := len(mustJSON[[]gen.User](t, nested)); u.UserName == "" || got == 0 {
				t.Errorf("GenerateUsers(%d): %+v", n, u)
			}
		}
		active := mustJSON[[]gen.User](t, client.users(issued.access, "?flatten=true&activeOnly=true").body)
		if want := n - n/7; len(active) != want {
			t.Errorf("GenerateUsers(%d): %d active, want %d", n, len(active), want)
		}
	}
}

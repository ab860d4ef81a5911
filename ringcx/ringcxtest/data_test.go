package ringcxtest

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ringcx-go/ringcx-go/gen"
)

// TestDataOfAnotherClient serves data as the types of a client that was generated from
// RingCentral's own specification write it: all fields, many of them null, times as objects,
// and fields and numbers that this module does not have.
func TestDataOfAnotherClient(t *testing.T) {
	const (
		accounts = `[ {"accountId":"7","accountName":"Sales","rcAccountId":null,"startDate":{"millis":1589575093686,"nanos":0},"x":12345678901234567890, "y":1.10} ]`
		users    = `[{"userId":1,"userName":"a","enabled":true,"roles":null,"creationDate":{"millis":1589575093686},
			"children":[{"userId":2,"userName":"b","enabled":false,"children":null,"z":12345678901234567890.50}],"x":{"b":1,"a":[null]}}]`
		flat = `[{"creationDate":{"millis":1589575093686},"enabled":true,"roles":null,"userId":1,"userName":"a","x":{"b":1,"a":[null]}},` +
			`{"enabled":false,"userId":2,"userName":"b","z":12345678901234567890.50}]`
	)
	s := NewServer(t)
	if err := s.SetAccountsJSON([]byte(accounts)); err != nil {
		t.Fatal(err)
	}
	if err := s.SetUsersJSON([]byte(users)); err != nil {
		t.Fatal(err)
	}
	client := inMemory(s)
	issued := client.signIn(t)
	for name, tt := range map[string]struct {
		resp response
		want string
	}{
		"accounts":   {client.accounts(issued.access), strings.NewReplacer("[ ", "[", " ]", "]").Replace(accounts)},
		"users":      {client.users(issued.access, ""), users},
		"flat users": {client.users(issued.access, "?flatten=true"), flat},
	} {
		if tt.resp.status != 200 || tt.resp.body != tt.want {
			t.Errorf("%s: %d (-want +got):\n%s", name, tt.resp.status, cmp.Diff(tt.want, tt.resp.body))
		}
	}
}

// TestGet reads collections and resources, and paths without any.
func TestGet(t *testing.T) {
	tb := &recordingTB{TB: t}
	s := NewServer(tb)
	s.Set("/voice/api/v1/admin/accounts/7/dialGroups", []gen.DialGroup{
		{DialGroupID: new(int64(1)), DialGroupName: "One"}, {DialGroupID: new(int64(2)), DialGroupName: "Two"},
	})
	s.GenerateUsers(2)
	var groups []gen.DialGroup
	var two gen.DialGroup
	var users []gen.User
	s.Get("/voice/api/v1/admin/accounts/7/dialGroups", &groups)
	s.Get("/voice/api/v1/admin/accounts/7/dialGroups/2", &two)
	s.Get("/voice/api/v1/admin/users", &users)
	if len(groups) != 2 || groups[0].DialGroupName != "One" || two.DialGroupName != "Two" || len(users) != 1 || len(users[0].Children) != 1 {
		t.Errorf("got %+v, %+v, %+v", groups, two, users)
	}
	for path, want := range map[string]string{
		"/voice/api/v1/admin/accounts/7/dialGroups/3": "there is no such resource",
		"/voice/api/v1/admin/x":                       "it is not the path of a collection or of a resource",
		"/voice/api/v1/admin/accounts":                "cannot unmarshal array",
	} {
		s.Get(path, &two)
		if !strings.Contains(tb.fatal, want) {
			t.Errorf("Get(%q): %q, want %q", path, tb.fatal, want)
		}
	}
}

func TestInvalidData(t *testing.T) {
	s := NewServer(t)
	client := inMemory(s)
	issued := client.signIn(t)
	before := []string{client.accounts(issued.access).body, client.users(issued.access, "").body}
	for data, want := range map[string]string{
		"":            "not valid JSON: unexpected end",
		`[{"a":1}] x`: "not valid JSON: invalid character 'x'",
		`{"a":1}`:     "not a JSON array",
		"null":        "not a JSON array",
		`[{}, 5]`:     "element 1 of the JSON array is not an object",
	} {
		for name, set := range map[string]func([]byte) error{"accounts": s.SetAccountsJSON, "users": s.SetUsersJSON} {
			if err := set([]byte(data)); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q: error %v, want %q", name, data, err, want)
			}
		}
	}
	after := []string{client.accounts(issued.access).body, client.users(issued.access, "").body}
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("the data changed (-before +after):\n%s", diff)
	}
	if err := s.SetUsersJSON([]byte("[]")); err != nil || client.users(issued.access, "").body != "[]" {
		t.Errorf("an empty array: %v, %+v", err, client.users(issued.access, ""))
	}
}

// TestForeignDataIsNoViolation serves values that openapi.yaml does not allow. Only requests
// are checked, until the data comes from Go values again.
func TestForeignDataIsNoViolation(t *testing.T) {
	tb := &recordingTB{TB: t}
	s := NewServer(tb)
	client := inMemory(s)
	issued := client.signIn(t)
	users, accounts := `[{"userId":"1","creationDate":"15.05.2020"}]`, `[{"accountId":1}]`
	if err := errors.Join(s.SetUsersJSON([]byte(users)), s.SetAccountsJSON([]byte(accounts))); err != nil {
		t.Fatal(err)
	}
	if got := []string{client.users(issued.access, "").body, client.accounts(issued.access).body}; !slices.Equal(got, []string{users, accounts}) {
		t.Errorf("got %v, want the data unchanged", got)
	}
	if got := reportedViolations(tb); got != nil {
		t.Errorf("violations: %v, want none", got)
	}
	client.users(issued.access, "?page=2")
	s.SetAccounts(gen.Account{AccountID: "1"})
	if err := s.SetUsersJSON([]byte(users)); err != nil {
		t.Fatal(err)
	}
	setUser(`{"userId":1}`)(s)
	client.users(issued.access, "")
	want := []string{"listUsers: request: query page: not declared", "listUsers: response 200: /0/userName: required"}
	if diff := cmp.Diff(want, reportedViolations(tb)); diff != "" {
		t.Errorf("violations (-want +got):\n%s", diff)
	}
}

// TestOddChildren lists users whose children are not what a user has there.
func TestOddChildren(t *testing.T) {
	s := New()
	defer s.Close()
	client := inMemory(s)
	issued := client.signIn(t)
	if err := s.SetUsersJSON([]byte(`[{"userId":1,"children":5},{"userId":2,"children":["x"]}]`)); err != nil {
		t.Fatal(err)
	}
	if got, want := client.users(issued.access, "?flatten=true").body, `[{"userId":1},{"userId":2},null]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestOnRequest(t *testing.T) {
	s := NewServer(t)
	client := overLoopback(t, s)
	var mu sync.Mutex
	var got []LogEntry
	s.OnRequest(func(e LogEntry) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, e)
	})
	issued := client.signIn(t)
	s.Fault(Users, Refuse, 1)
	client.users(issued.access, "")
	s.OnRequest(nil)
	client.users(issued.access, "")
	s.Close() // waits for the requests
	mu.Lock()
	defer mu.Unlock()
	if diff := cmp.Diff(s.Log()[:3], got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("entries (-log +OnRequest):\n%s", diff)
	}
}

func TestTryHandle(t *testing.T) {
	s := New()
	defer s.Close()
	if err := s.TryHandle("GET /x", http.NotFoundHandler()); err != nil {
		t.Errorf("valid endpoint: %v", err)
	}
	if err := s.TryHandle("GET /x", http.NotFoundHandler()); err == nil {
		t.Error("endpoint that exists: no error")
	}
}

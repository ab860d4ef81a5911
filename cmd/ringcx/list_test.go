package main

import (
	"bytes"
	"errors"
	"iter"
	"strings"
	"testing"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/wire"
)

// elements returns a list that ends with err, unless err is nil.
func elements[T any](err error, list ...T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range list {
			if !yield(v, nil) {
				return
			}
		}
		if err != nil {
			var zero T
			yield(zero, err)
		}
	}
}

func TestJSONListHidesSecrets(t *testing.T) {
	secret := func(s wire.Secret) *wire.Secret { return &s }
	a := gen.Account{
		AccountID: "333333", AccountName: "<b> & co",
		CRMPwd: secret("hunter1"), FTPPwd: secret("hunter2"), SecurityKey: secret("hunter3"), PhoneRecordingPIN: secret("4444"),
	}
	var b bytes.Buffer
	if err := writeJSONList(&b, elements(nil, a)); err != nil {
		t.Fatal(err)
	}
	got := b.String()
	for _, hide := range []string{"hunter", "4444"} {
		if strings.Contains(got, hide) {
			t.Errorf("the output contains the secret %q:\n%s", hide, got)
		}
	}
	if strings.Count(got, `"***"`) != 4 || !strings.Contains(got, `"accountName": "<b> & co"`) {
		t.Errorf("got\n%s", got)
	}
}

func TestHideSecretsInNestedValues(t *testing.T) {
	pin := wire.Secret("0123")
	s := gen.Session{AccessToken: "token", AgentDetails: []gen.SessionAgent{{PhoneLoginPIN: &pin}}}
	text, err := elementJSON(&s)
	if err != nil || strings.Contains(string(text), "0123") || strings.Contains(string(text), `"token"`) {
		t.Errorf("elementJSON returned %s, %v; want no secret and no error", text, err)
	}
}

func TestJSONList(t *testing.T) {
	broken := errors.New("connection lost")
	tests := []struct {
		name string
		list iter.Seq2[int, error]
		want string
		err  error
	}{
		{"empty", elements[int](nil), "[]\n", nil},
		{"one", elements(nil, 1), "[\n  1\n]\n", nil},
		{"two", elements(nil, 1, 2), "[\n  1,\n  2\n]\n", nil},
		{"error after one", elements(broken, 1), "[\n  1", broken},
		{"error at once", elements[int](broken), "", broken},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var b bytes.Buffer
			if err := writeJSONList(&b, tt.list); !errors.Is(err, tt.err) {
				t.Errorf("error is %v, want %v", err, tt.err)
			}
			if b.String() != tt.want {
				t.Errorf("got %q, want %q", b.String(), tt.want)
			}
		})
	}
}

func TestUserTable(t *testing.T) {
	yes, name := true, "Zoë\x1b[31m\tQuinn\n"
	table := newUserTable()
	table.add(gen.User{
		UserID: 1, UserName: "boss", FullName: &name, Enabled: &yes,
		Roles: []gen.Role{{RoleType: wire.RoleUser}, {RoleType: "NEW_ROLE"}},
		Children: []gen.User{
			{UserID: 2, UserName: "child", Children: []gen.User{{UserID: 3, UserName: "grandchild"}}},
		},
	}, 0)
	want := `
USER ID  USER NAME       NAME             ENABLED  ROLES
1        boss            Zoë?[31m?Quinn?  yes      USER, NEW_ROLE
2          child         -                -        -
3            grandchild  -                -        -
`
	var b bytes.Buffer
	if err := table.write(&b, false, ""); err != nil {
		t.Fatal(err)
	}
	if "\n"+b.String() != want {
		t.Errorf("got\n%s\nwant%s", &b, want)
	}
}

func TestTableHeadersAreBold(t *testing.T) {
	table := newTable("A", "B")
	table.row("1", "")
	var b bytes.Buffer
	if err := table.write(&b, true, "> "); err != nil {
		t.Fatal(err)
	}
	if want := "> \x1b[1mA  B\x1b[0m\n> 1  -\n"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

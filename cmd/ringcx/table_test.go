package main

import (
	"bytes"
	"testing"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/wire"
)

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

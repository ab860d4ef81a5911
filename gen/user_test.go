package gen_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/gen"
)

// tree returns nested users: 1 (2 (3), 4), 5.
func tree() []gen.User {
	return []gen.User{
		{UserID: 1, Children: []gen.User{{UserID: 2, Children: []gen.User{{UserID: 3}}}, {UserID: 4}}},
		{UserID: 5},
	}
}

// TestWalkUsers checks the order of the users, also if the loop ends after any of them.
func TestWalkUsers(t *testing.T) {
	all := []int64{1, 2, 3, 4, 5}
	for n := range len(all) + 1 {
		var got []int64
		for u := range gen.WalkUsers(tree()) {
			if got = append(got, u.UserID); len(got) == n {
				break
			}
		}
		want := all[:n]
		if n == 0 {
			want = all
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("users until %d (-want +got):\n%s", n, diff)
		}
	}
	for u := range gen.WalkUsers(nil) {
		t.Errorf("no users: yields %v", u)
	}
}

// TestWalkUsersYieldsPointers changes a user during the iteration.
func TestWalkUsersYieldsPointers(t *testing.T) {
	users := tree()
	for u := range gen.WalkUsers(users) {
		u.UserName = fmt.Sprint("user", u.UserID)
	}
	if got := users[0].Children[0].Children[0].UserName; got != "user3" {
		t.Errorf("the name is %q, want user3", got)
	}
}

func ExampleWalkUsers() {
	users := []gen.User{{UserName: "lead", Children: []gen.User{{UserName: "agent"}}}, {UserName: "admin"}}
	for u := range gen.WalkUsers(users) {
		fmt.Println(u.UserName)
	}
	// Output:
	// lead
	// agent
	// admin
}

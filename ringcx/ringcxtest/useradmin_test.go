package ringcxtest_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
	"github.com/ringcx-go/ringcx-go/wire"
)

// newUsers returns a fake with the users 1 › 2 › (3 › 4, 5) and 6, and a client of it.
func newUsers(t *testing.T) (*ringcxtest.Server, *ringcx.Client) {
	t.Helper()
	fake := ringcxtest.NewServer(t)
	named := func(id int64, children ...gen.User) gen.User {
		return gen.User{UserID: id, UserName: fmt.Sprintf("user%d@example.com", id), Children: children}
	}
	fake.SetUsers(named(1, named(2, named(3, named(4)), named(5))), named(6))
	return fake, newClient(t, fake)
}

// outline returns all users, each with the path of ids above it.
func outline(t *testing.T, client *ringcx.Client) []string {
	t.Helper()
	users, err := client.Users.List(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return outlineOf(users, "")
}

func outlineOf(users []gen.User, above string) []string {
	var all []string
	for _, u := range users {
		path := strings.TrimPrefix(fmt.Sprintf("%s.%d", above, u.UserID), ".")
		all = append(append(all, path), outlineOf(u.Children, path)...)
	}
	return all
}

func TestCreateUser(t *testing.T) {
	_, client := newUsers(t)
	ctx := t.Context()
	request := gen.UserRequest{
		UserName: "kim.lee@example.com", FirstName: new("Kim"), LastName: new("Lee"), Roles: []wire.Role{{RoleType: wire.RoleUser}},
	}
	created, err := client.Users.Create(ctx, request, &gen.CreateUserParams{ParentUserID: new(int64(3))})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := wire.Value(created.ParentPath), "1.2.3"; got != want || wire.Value(created.FullName) != "Kim Lee" || !wire.Value(created.Enabled) {
		t.Errorf("created user: %+v, want the parent path %s, a full name and to be enabled", created, want)
	}
	found, err := client.Users.Get(ctx, created.UserID)
	if diff := cmp.Diff(created, found); diff != "" || err != nil {
		t.Errorf("user (-created +found):\n%s%v", diff, err)
	}
	want := []string{"1", "1.2", "1.2.3", "1.2.3.4", fmt.Sprintf("1.2.3.%d", created.UserID), "1.2.5", "6"}
	if diff := cmp.Diff(want, outline(t, client)); diff != "" {
		t.Errorf("users (-want +got):\n%s", diff)
	}
	taken, err := client.Users.CheckName(ctx, gen.CheckUserNameParams{UserName: request.UserName})
	if taken != true || err != nil {
		t.Errorf("the name is taken: %v, %v; want true", taken, err)
	}
}

// TestCreateUserConflict creates users with names that are in use, and below one that does not
// exist.
func TestCreateUserConflict(t *testing.T) {
	_, client := newUsers(t)
	ctx := t.Context()
	create := func(name string, parent *int64) error {
		_, err := client.Users.Create(ctx, gen.UserRequest{UserName: name}, &gen.CreateUserParams{ParentUserID: parent})
		return err
	}
	if err := create("user4@example.com", nil); !errors.Is(err, ringcx.ErrConflict) {
		t.Errorf("create a user: %v, want status 409", err)
	}
	if err := create("free@example.com", new(int64(99))); !errors.Is(err, ringcx.ErrNotFound) {
		t.Errorf("create a user below one that does not exist: %v, want status 404", err)
	}
	if _, err := client.Users.CreateRoot(ctx, gen.UserRequest{UserName: "user4@example.com"}, nil); !errors.Is(err, ringcx.ErrConflict) {
		t.Errorf("create a root user: %v, want status 409", err)
	}
	root, err := client.Users.CreateRoot(ctx, gen.UserRequest{UserName: "free@example.com"}, nil)
	if err != nil || !wire.Value(root.RootUser) || root.ParentPath != nil {
		t.Errorf("root user: %+v, %v", root, err)
	}
}

// isStatus reports whether err is an *Error with a status.
func isStatus(err error, status int) bool {
	got, _ := errorCode(err)
	return got == status
}

func TestMoveUsers(t *testing.T) {
	tests := []struct {
		name string
		do   func(*gen.UsersService, *testing.T) error
		want string
	}{
		{"delete with those below", func(s *gen.UsersService, t *testing.T) error {
			return s.Delete(t.Context(), 2, nil)
		}, "1 6"},
		{"delete one", func(s *gen.UsersService, t *testing.T) error {
			return s.Delete(t.Context(), 2, &gen.DeleteUserParams{CascadeDelete: new(false)})
		}, "1 1.3 1.3.4 1.5 6"},
		{"delete the first", func(s *gen.UsersService, t *testing.T) error {
			return s.Delete(t.Context(), 1, &gen.DeleteUserParams{CascadeDelete: new(false)})
		}, "6 2 2.3 2.3.4 2.5"},
		{"delete and reassign", func(s *gen.UsersService, t *testing.T) error {
			return s.Delete(t.Context(), 2, &gen.DeleteUserParams{ReassignUserID: new(int64(6))})
		}, "1 6 6.3 6.3.4 6.5"},
		{"delete and reassign to a user below", func(s *gen.UsersService, t *testing.T) error {
			return s.Delete(t.Context(), 2, &gen.DeleteUserParams{ReassignUserID: new(int64(4))})
		}, "1 1.3 1.3.4 1.3.4.5 6"},
		{"reassign", func(s *gen.UsersService, t *testing.T) error {
			return s.Reassign(t.Context(), gen.ReassignUsersParams{OldUserID: 2, ReassignUserID: 6})
		}, "1 1.2 6 6.3 6.3.4 6.5"},
		{"reassign to a user below", func(s *gen.UsersService, t *testing.T) error {
			return s.Reassign(t.Context(), gen.ReassignUsersParams{OldUserID: 2, ReassignUserID: 4})
		}, "1 1.2 1.2.3 1.2.3.4 1.2.3.4.5 6"},
		{"reassign to the same user", func(s *gen.UsersService, t *testing.T) error {
			return s.Reassign(t.Context(), gen.ReassignUsersParams{OldUserID: 2, ReassignUserID: 2})
		}, "1 1.2 1.2.3 1.2.3.4 1.2.5 6"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, client := newUsers(t)
			if err := tt.do(client.Users, t); err != nil {
				t.Fatal(err)
			}
			got := outline(t, client)
			if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("users (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUnknownUsers(t *testing.T) {
	_, client := newUsers(t)
	ctx := t.Context()
	for name, err := range map[string]error{
		"reassign to":   client.Users.Reassign(ctx, gen.ReassignUsersParams{OldUserID: 2, ReassignUserID: 99}),
		"reassign from": client.Users.Reassign(ctx, gen.ReassignUsersParams{OldUserID: 99, ReassignUserID: 2}),
		"delete":        client.Users.Delete(ctx, 99, nil),
		"delete and reassign to itself": client.Users.Delete(ctx, 2, &gen.DeleteUserParams{
			ReassignUserID: new(int64(2)),
		}),
	} {
		if !isStatus(err, http.StatusNotFound) {
			t.Errorf("%s: %v, want status 404", name, err)
		}
	}
	if got, want := len(outline(t, client)), 6; got != want {
		t.Errorf("%d users, want %d: a rejected request has no effect", got, want)
	}
}

// TestUpdateUser checks which fields an update keeps.
func TestUpdateUser(t *testing.T) {
	for _, kept := range []bool{false, true} {
		fake, client := newUsers(t)
		fake.SetBehavior(ringcxtest.Behavior{OmittedFieldsKept: kept})
		ctx := t.Context()
		if _, err := client.Users.Update(ctx, 2, gen.UserRequest{UserName: "old", PhoneNumber: new("5550001")}); err != nil {
			t.Fatal(err)
		}
		updated, err := client.Users.Update(ctx, 2, gen.UserRequest{UserName: "new", FirstName: new("Kim"), UserID: new(int64(77))})
		if err != nil || updated.UserName != "new" || updated.UserID != 2 || len(updated.Children) != 2 {
			t.Errorf("updated user: %+v, %v; want another name, and the id and the children that it had", updated, err)
		}
		if got := updated.PhoneNumber != nil; got != kept {
			t.Errorf("OmittedFieldsKept %t: the number was kept: %t", kept, got)
		}
	}
}

func TestSetUserActive(t *testing.T) {
	_, client := newUsers(t)
	for _, active := range []bool{false, true} {
		if ok, err := client.Users.SetActive(t.Context(), 4, gen.ActiveState{IsActive: active}); !ok || err != nil {
			t.Errorf("SetActive: %t, %v", ok, err)
		}
		u, err := client.Users.Get(t.Context(), 4)
		if err != nil || u.Enabled == nil || *u.Enabled != active {
			t.Errorf("user: %+v, %v; want enabled %t", u, err, active)
		}
	}
}

// TestRoles checks the roles of a user in both forms.
func TestRoles(t *testing.T) {
	for _, objects := range []bool{false, true} {
		fake, client := newUsers(t)
		fake.SetBehavior(ringcxtest.Behavior{RolesAsObjects: objects})
		ctx := t.Context()
		for _, role := range []gen.RoleType{wire.RoleUser, wire.RoleManageUsers} {
			if ok, err := client.UserRoles.Add(ctx, 4, role); !ok || err != nil {
				t.Errorf("add %s: %t, %v", role, ok, err)
			}
		}
		if err := client.UserRoles.Remove(ctx, 4, wire.RoleUser); err != nil {
			t.Error(err)
		}
		roles, err := client.UserRoles.List(ctx, 4)
		if want := []string{wire.RoleManageUsers}; err != nil || !slices.Equal(roles, want) {
			t.Errorf("roles: %v, %v; want %v", roles, err, want)
		}
		u, err := client.Users.Get(ctx, 4)
		if err != nil || len(u.Roles) != 1 || (u.Roles[0].Description != "") != objects {
			t.Errorf("RolesAsObjects %t: user: %+v, %v", objects, u, err)
		}
	}
}

func TestInvalidRoles(t *testing.T) {
	_, client := newUsers(t)
	ctx := t.Context()
	if _, err := client.UserRoles.Add(ctx, 4, wire.RoleUser); err != nil {
		t.Error(err)
	}
	if _, err := client.UserRoles.Add(ctx, 4, wire.RoleUser); !errors.Is(err, ringcx.ErrConflict) {
		t.Errorf("add a role twice: %v, want status 409", err)
	}
	if _, err := client.UserRoles.Add(ctx, 4, "PILOT"); !isStatus(err, http.StatusBadRequest) {
		t.Errorf("add an unknown role: %v, want status 400", err)
	}
	if err := client.UserRoles.Remove(ctx, 4, wire.RoleManageUsers); !errors.Is(err, wire.ErrFalse) {
		t.Errorf("remove a role that the user does not have: %v, want wire.ErrFalse", err)
	}
}

// TestUsersOfSetUsersJSON checks that users whose fields openapi.yaml does not allow can be changed.
func TestUsersOfSetUsersJSON(t *testing.T) {
	fake := ringcxtest.NewServer(t)
	if err := fake.SetUsersJSON([]byte(`[{"userId": 1, "userName": 5, "children": [{"userId": 2, "userName": "b"}]}]`)); err != nil {
		t.Fatal(err)
	}
	client := newClient(t, fake)
	if _, err := client.UserRoles.Add(t.Context(), 2, wire.RoleUser); err != nil {
		t.Error(err)
	}
	response, err := client.ListUsersWithResponse(t.Context(), nil)
	if response != nil || err == nil || !strings.Contains(err.Error(), "userName") {
		t.Errorf("list: %v, %v; want an error that names the field", response, err)
	}
}

func TestAssignAccounts(t *testing.T) {
	fake, client := newUsers(t)
	ctx := t.Context()
	fake.SetAccounts(gen.Account{AccountID: "7", AccountName: "Seven"})
	for id, want := range map[string]bool{"7": true, "8": false} {
		ok, err := client.Users.AssignAccount(ctx, 4, gen.AssignAccountToUserParams{AccountID: id})
		if ok != want || want == isStatus(err, http.StatusNotFound) {
			t.Errorf("assign account %s: %t, %v; want %t", id, ok, err, want)
		}
	}
	documents, err := client.Users.AssignAccounts(ctx, 4, []string{"7"})
	if err != nil || len(documents) != 1 || wire.Value(documents[0].RightsDocName) != "Seven" || wire.Value(documents[0].Owner.UserID) != 4 {
		t.Errorf("rights documents: %+v, %v", documents, err)
	}
	if _, err := client.Users.AssignAccounts(ctx, 4, []string{"7", "8"}); !isStatus(err, http.StatusBadRequest) {
		t.Errorf("assign an unknown account: %v, want status 400", err)
	}
}

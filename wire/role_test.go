package wire_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/wire"
)

func TestRoleReads(t *testing.T) {
	testReads(t, wire.Role{RoleType: "OLD", Description: "old"}, []read[wire.Role]{
		{"string", `"MANAGE_USERS"`, wire.Role{RoleType: wire.RoleManageUsers}},
		{"object", `{"roleType":"SUPER_USER","description":"All"}`, wire.Role{RoleType: wire.RoleSuperUser, Description: "All"}},
		{"object, no description", `{"roleType":"USER"}`, wire.Role{RoleType: wire.RoleUser}},
		{"object, nulls", `{"roleType":null,"description":null}`, wire.Role{}},
		{"object, unknown fields", `{"roleId":[1,{}],"roleType":"USER"}`, wire.Role{RoleType: wire.RoleUser}},
		{"unknown role", `"ASSIGN_SKILLS"`, wire.Role{RoleType: "ASSIGN_SKILLS"}},
		{"empty object", `{}`, wire.Role{}},
		{"empty string", `""`, wire.Role{}},
		{"null", `null`, wire.Role{}},
	})
}

func TestRoleRejects(t *testing.T) {
	testRejects(t, wire.Role{RoleType: "OLD"}, `7`, `true`, `[]`, `["USER"]`, `{"roleType":7}`,
		`{"roleType":"USER","description":[]}`, `{"roleType":{}}`)
}

func TestRoleWritesObject(t *testing.T) {
	got, err := json.Marshal([]wire.Role{{RoleType: "USER"}, {RoleType: "USER", Description: "Plain"}})
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"roleType":"USER"},{"roleType":"USER","description":"Plain"}]`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("Marshal (-want +got):\n%s", diff)
	}
}

func FuzzRole(f *testing.F) {
	fuzzReads[wire.Role](f, `"USER"`, `{"roleType":"USER","description":"Plain"}`, `{"ROLETYPE":"a","roleType":null}`,
		`{"roleType":"\ud800","x":{"y":[1]}}`, `{"roleType":7}`)
}

package ringcxtest

import (
	"net/http"
	"slices"

	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest/internal/engine"
	"github.com/ringcx-go/ringcx-go/wire"
)

// knownRoles are the types of roles that RingCX documents.
var knownRoles = []string{
	wire.RoleUser, wire.RoleSuperUser, wire.RoleManageUsers, wire.RoleManageRights, wire.RoleAssumeUsers,
	wire.RoleAccessSiblings, wire.RoleAccessAuditLog, wire.RoleReportAdministrativeUser, wire.RoleWFOAccess,
	wire.RoleNoAccess, wire.RoleGoodDataAdmin, wire.RoleGoodDataAnalyst, wire.RoleGoodDataEditor,
	wire.RoleGoodDataExplorer, wire.RoleGoodDataViewer, wire.RoleGoodDataEmbeddedDashboard,
	wire.RoleGoodDataEmbeddedExplorer,
}

// listUserRoles lists the types of the roles of a user.
func listUserRoles(c *call) {
	c.editUsers(func(t *userTree) *engine.Response {
		return engine.JSON(http.StatusOK, t.subject().roleTypes())
	})
}

// addUserRole gives a user a role.
//
// Source: RingCX developer guide, "Admin User and Permission APIs", for the statuses 400 and 409.
func addUserRole(c *call) {
	c.editUsers(func(t *userTree) *engine.Response {
		u, name := t.subject(), t.Path("roleType")
		types := u.roleTypes()
		switch {
		case !slices.Contains(knownRoles, name):
			return engine.Rejected("roleType", "is not the type of a role")
		case slices.Contains(types, name):
			return conflictResponse("roleType", "is a role of the user already")
		}
		t.setRoles(u, append(types, name))
		return done(true)
	})
}

// removeUserRole takes a role from a user. It responds with false if the user does not have it
// (inferred).
func removeUserRole(c *call) {
	c.editUsers(func(t *userTree) *engine.Response {
		u, name := t.subject(), t.Path("roleType")
		types := u.roleTypes()
		if !slices.Contains(types, name) {
			return done(false)
		}
		t.setRoles(u, slices.DeleteFunc(types, func(other string) bool { return other == name }))
		return done(true)
	})
}

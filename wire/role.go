package wire

import "encoding/json"

var _ json.Unmarshaler = (*Role)(nil)

// The role types in the documentation of RingCX. RingCX may send others; UnmarshalJSON
// reads them like these.
//
// Source: RingCX documentation, roles in the response of the users operation.
const (
	RoleUser                      = "USER"
	RoleSuperUser                 = "SUPER_USER"   // has all permissions, including to list the users
	RoleManageUsers               = "MANAGE_USERS" // may list the users
	RoleManageRights              = "MANAGE_RIGHTS"
	RoleAssumeUsers               = "ASSUME_USERS"
	RoleAccessSiblings            = "ACCESS_SIBLINGS"
	RoleAccessAuditLog            = "ACCESS_AUDIT_LOG"
	RoleReportAdministrativeUser  = "REPORT_ADMINISTRATIVE_USER"
	RoleWFOAccess                 = "WFO_ACCESS"
	RoleNoAccess                  = "NO_ACCESS"
	RoleGoodDataAdmin             = "ACCESS_GOODDATA_ADMIN"
	RoleGoodDataAnalyst           = "ACCESS_GOODDATA_ANALYST"
	RoleGoodDataEditor            = "ACCESS_GOODDATA_EDITOR"
	RoleGoodDataExplorer          = "ACCESS_GOODDATA_EXPLORER"
	RoleGoodDataViewer            = "ACCESS_GOODDATA_VIEWER"
	RoleGoodDataEmbeddedDashboard = "ACCESS_GOODDATA_EMBEDDED_DASHBOARD"
	RoleGoodDataEmbeddedExplorer  = "ACCESS_GOODDATA_EMBEDDED_EXPLORER"
)

// Role is a set of permissions of a user in RingCX.
//
// It reads an object {"roleType": …, "description": …}, whose other fields it ignores,
// or a string, which is the role type. A null is the zero Role. It writes the object.
//
// Source: RingCX documentation, which contains both forms.
type Role struct {
	// RoleType is the name of the role, such as [RoleManageUsers]. RingCX may
	// send names for which there is no constant.
	RoleType string `json:"roleType"`
	// Description describes the permissions of the role. It is empty if RingCX
	// sent only the role type.
	Description string `json:"description,omitempty"`
}

// UnmarshalJSON reads an object, a string or null. Anything else is a
// [*json.UnmarshalTypeError]. So is a field of the object that has another type.
func (r *Role) UnmarshalJSON(data []byte) error {
	switch kind(data) {
	case "null":
		*r = Role{}
		return nil
	case "object":
		return r.unmarshalObject(data)
	case "string":
		if s, ok := text(data); ok {
			*r = Role{RoleType: s}
			return nil
		}
	}
	return typeError[Role](data)
}

// unmarshalObject reads the object form.
func (r *Role) unmarshalObject(data []byte) error {
	type role Role // has no UnmarshalJSON, so there is no recursion
	var v role
	if err := json.Unmarshal(data, &v); err != nil {
		return err
	}
	*r = Role(v)
	return nil
}

package wire

import "encoding/json"

var _ json.Unmarshaler = (*Role)(nil)

// The role types that RingCX documents. The list is open: RingCX may send
// others, and they are read like these.
//
// Source: RingCX documentation, roles of the users answer.
const (
	RoleUser                      = "USER"
	RoleSuperUser                 = "SUPER_USER"   // may do everything, also list the users
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

// Role is what a user may do in RingCX.
//
// It reads the object {"roleType": …, "description": …}, whose other members
// are ignored, or a plain string, which is the role type. A null is the zero
// Role. It writes the object.
//
// Source: RingCX documentation, which shows both forms.
type Role struct {
	// RoleType is the name of the role, such as [RoleManageUsers]. Any other
	// name may occur.
	RoleType string `json:"roleType"`
	// Description says in words what the role allows. It is empty where RingCX
	// sent only the role type.
	Description string `json:"description,omitempty"`
}

// UnmarshalJSON reads an object, a string or null. Anything else is a
// [*json.UnmarshalTypeError], also for a member of the object.
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
	type role Role // without UnmarshalJSON, which would call itself
	var v role
	if err := json.Unmarshal(data, &v); err != nil {
		return err
	}
	*r = Role(v)
	return nil
}

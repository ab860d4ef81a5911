// Package permission reads what an operation needs: an x-permission of openapi.yaml.
package permission

import (
	"slices"
	"strings"
)

// Text returns what an operation needs, in words, for an x-permission of openapi.yaml, such as
// "READ Account and UPDATE Campaign" for "READ Account + UPDATE Campaign", and "the role
// MANAGE_USERS or SUPER_USER" for "ROLE MANAGE_USERS|SUPER_USER". It returns "" if every user has
// the permission.
func Text(permission string) string {
	var all []string
	for part := range strings.SplitSeq(permission, " + ") {
		right, object, _ := strings.Cut(part, " ")
		switch {
		case object == "": // AUTHENTICATED, ANONYMOUS or NONE
		case right == "ROLE":
			all = append(all, "the role "+strings.ReplaceAll(object, "|", " or "))
		default:
			all = append(all, right+" "+strings.Replace(object, "(", " (", 1))
		}
	}
	return strings.Join(all, " and ")
}

// Covered reports whether a user with the granted permissions, such as "READ Account" or
// "ROLE SUPER_USER", has the permission that an operation needs. Of several that are joined by a
// plus, all are needed; of several roles, one. The remark of a part such as
// "CREATE QueueGroup(target)" is ignored.
func Covered(permission string, granted []string) bool {
	for part := range strings.SplitSeq(permission, " + ") {
		part, _, _ = strings.Cut(part, "(")
		right, object, _ := strings.Cut(part, " ")
		isCovered := object == "" || slices.Contains(granted, part)
		if right == "ROLE" {
			isCovered = slices.ContainsFunc(strings.Split(object, "|"), func(role string) bool {
				return slices.Contains(granted, "ROLE "+role)
			})
		}
		if !isCovered {
			return false
		}
	}
	return true
}

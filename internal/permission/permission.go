// Package permission says in words what an operation needs.
package permission

import "strings"

// Text returns what an operation needs, in words, for an x-permission of openapi.yaml, such as
// "READ on Account and UPDATE on Campaign" for "READ Account + UPDATE Campaign", and "the
// role MANAGE_USERS or SUPER_USER" for "ROLE MANAGE_USERS|SUPER_USER". It returns "" if every
// user has the permission.
func Text(permission string) string {
	var all []string
	for part := range strings.SplitSeq(permission, " + ") {
		right, object, _ := strings.Cut(part, " ")
		switch {
		case object == "": // AUTHENTICATED, ANONYMOUS or NONE
		case right == "ROLE":
			all = append(all, "the role "+strings.ReplaceAll(object, "|", " or "))
		default:
			all = append(all, right+" on "+strings.Replace(object, "(", " (", 1))
		}
	}
	return strings.Join(all, " and ")
}

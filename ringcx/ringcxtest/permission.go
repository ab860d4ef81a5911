package ringcxtest

import (
	"net/http"
	"slices"
	"strings"
)

// permissions are the permissions of the user.
type permissions struct {
	limited bool // set by SetPermissions
	granted []string
}

// SetPermissions sets what the user may do, in the form of x-permission in openapi.yaml: a right
// and an object, such as "READ Campaign", or a role, such as "ROLE SUPER_USER". A call of an
// operation with an x-permission that they do not cover gets a response with status 403.
// Without arguments the user may call only operations without an x-permission, and those for
// every user. By default, and after SetPermissions("*"), the user may call everything.
//
// If an operation needs several permissions, all must be granted; of several roles, one.
// Whether a permission applies to one resource only is not considered.
func (s *Server) SetPermissions(granted ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.permissions = permissions{limited: !slices.Contains(granted, "*"), granted: slices.Clone(granted)}
}

// permitCall checks the permissions of the user, and responds with 403 if they do not cover the
// operation.
func permitCall(c *call) bool {
	c.server.mu.Lock()
	ok := c.server.permissions.cover(c.operation.Permission)
	c.server.mu.Unlock()
	if !ok {
		c.respondError(http.StatusForbidden, "access.denied.exception", "You do not have permission to access this resource")
	}
	return ok
}

// cover reports whether the permissions cover what an operation needs, for example
// "READ Account + UPDATE Campaign".
func (p permissions) cover(needed string) bool {
	if !p.limited || needed == "" {
		return true
	}
	for part := range strings.SplitSeq(needed, " + ") {
		if !p.coverOne(part) {
			return false
		}
	}
	return true
}

// coverOne reports whether the permissions cover one part of what an operation needs. The
// remark of a part such as "CREATE QueueGroup(target)" is ignored.
func (p permissions) coverOne(part string) bool {
	part, _, _ = strings.Cut(strings.TrimSpace(part), "(")
	switch right, object, _ := strings.Cut(part, " "); right {
	case "AUTHENTICATED", "ANONYMOUS", "NONE":
		return true
	case "ROLE":
		return slices.ContainsFunc(strings.Split(object, "|"), func(role string) bool {
			return slices.Contains(p.granted, "ROLE "+role)
		})
	}
	return slices.Contains(p.granted, part)
}

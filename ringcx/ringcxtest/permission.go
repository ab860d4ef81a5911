package ringcxtest

import (
	"bytes"
	"net/http"
	"slices"

	"github.com/ringcx-go/ringcx-go/internal/permission"
)

// permissions are the permissions of the user.
type permissions struct {
	limited bool // set by SetPermissions
	granted []string
}

// SetPermissions sets what the user may do, in the form of x-permission in openapi.yaml: a right
// and an object, such as "READ Campaign", or a role, such as "ROLE SUPER_USER". The comments of
// the services and the errors of package ringcx name permissions in the same form. A call of an
// operation with an x-permission that they do not cover gets a response with status 403.
// Without arguments the user may call only operations without an x-permission, and those for
// every user. By default, and after SetPermissions("*"), the user may call everything.
//
// If an operation needs several permissions, all must be granted; of several roles, one.
// Whether a permission applies to one resource only is not considered. With includePermissions,
// agent groups have the granted rights on AgentGroup, by default CREATE, READ, UPDATE and DELETE.
func (s *Server) SetPermissions(granted ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.permissions = permissions{limited: !slices.Contains(granted, "*"), granted: slices.Clone(granted)}
}

// rights are the rights on a resource, for a user who may do everything.
var rights = []string{"CREATE", "READ", "UPDATE", "DELETE"}

// on returns the rights on an object, such as AgentGroup.
func (p permissions) on(object string) []string {
	if !p.limited {
		return rights
	}
	return slices.DeleteFunc(slices.Clone(rights), func(right string) bool {
		return !permission.Covered(right+" "+object, p.granted)
	})
}

// withPermissions responds with agent groups. If the request has includePermissions=true, each has
// the rights of the user in the field permissions, unless the data has the field.
func withPermissions(c *call) {
	response := c.resources()
	if response == nil {
		return
	}
	if c.r.URL.Query().Get("includePermissions") == "true" {
		c.server.mu.Lock()
		granted := c.server.permissions.on("AgentGroup")
		c.server.mu.Unlock()
		isList := bytes.HasPrefix(response.Body, []byte("["))
		groups := objects(response.Body)
		if !isList {
			groups = objects(slices.Concat([]byte("["), response.Body, []byte("]")))
		}
		for _, group := range groups {
			if group["permissions"] == nil {
				group["permissions"] = granted
			}
		}
		response.Body = marshal(groups)
		if !isList {
			response.Body = marshal(groups[0])
		}
	}
	c.send(response)
}

// permitCall checks the permissions of the user, and responds with 403 if they do not cover the
// operation.
func permitCall(c *call) bool {
	c.server.mu.Lock()
	p := c.server.permissions
	c.server.mu.Unlock()
	ok := !p.limited || permission.Covered(c.operation.Permission, p.granted)
	if !ok {
		c.respondError(http.StatusForbidden, "access.denied.exception", "You do not have permission to access this resource")
	}
	return ok
}

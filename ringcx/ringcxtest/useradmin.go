package ringcxtest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest/internal/engine"
	"github.com/ringcx-go/ringcx-go/wire"
)

// done is the response to a request that had its effect.
func done(ok bool) *engine.Response { return engine.JSON(http.StatusOK, ok) }

// createUser creates a user below another one. Without parentUserId the new user is at the top of
// the list, as listUsers lists those below the user who makes the request.
func createUser(c *call) {
	c.editUsers(func(t *userTree) *engine.Response {
		var parent *userNode
		if id := c.r.URL.Query().Get("parentUserId"); id != "" {
			if parent = t.find("userId", id); parent == nil {
				return engine.NotFound("parentUserId")
			}
		}
		return t.create(parent)
	})
}

// createRootUser creates a user above whom there is no other.
func createRootUser(c *call) {
	c.editUsers(func(t *userTree) *engine.Response {
		t.Object()["rootUser"] = true
		return t.create(nil)
	})
}

// create adds the user of the request, and responds with it. What it sets besides the fields of
// the request is inferred.
//
// Source: RingCX developer guide, "Admin User and Permission APIs", for status 409.
func (t *userTree) create(parent *userNode) *engine.Response {
	if t.find("userName", text(t.Object()["userName"])) != nil {
		return conflictResponse("userName", "is in use")
	}
	u := &userNode{fields: t.Only("UserRequest", t.Object())}
	u.fields["userId"] = t.newID()
	u.fields["creationDate"] = timeText(t.now)
	if u.fields["enabled"] == nil {
		u.fields["enabled"] = true
	}
	t.complete(u)
	t.move(u, parent)
	return engine.JSON(http.StatusOK, u.object())
}

// complete sets the fields of a user that RingCX derives from others.
func (t *userTree) complete(u *userNode) {
	first, last := text(u.fields["firstName"]), text(u.fields["lastName"])
	if name := strings.TrimSpace(first + " " + last); name != "" {
		u.fields["fullName"] = name
	}
	if u.fields["roles"] != nil {
		t.setRoles(u, u.roleTypes())
	}
}

// userFields are the fields of a user that updateUser does not change (inferred), besides those
// below it.
var userFields = []string{"userId", "creationDate", "parentPath"}

// updateUser replaces the fields of a user.
func updateUser(c *call) {
	c.editUsers(func(t *userTree) *engine.Response {
		u := t.subject()
		u.fields = replaced(u.fields, t.Object(), t.behavior.OmittedFieldsKept, userFields)
		t.complete(u)
		u.change()
		return engine.JSON(http.StatusOK, u.object())
	})
}

// replaced returns the fields of a resource after an update: those of the request and, of the old
// ones, those in fixed, and if keep is true those that the request lacks.
func replaced(old, request map[string]any, keep bool, fixed []string) map[string]any {
	changed := make(map[string]any, len(request))
	for name, v := range request {
		if !slices.Contains(fixed, name) {
			changed[name] = v
		}
	}
	for name, v := range old {
		_, given := changed[name]
		if slices.Contains(fixed, name) || keep && !given {
			changed[name] = v
		}
	}
	return changed
}

// deleteUser deletes a user. The users below go to the user of reassignUserId, or are deleted,
// or if cascadeDelete is false take the place of the deleted one (inferred).
func deleteUser(c *call) {
	c.editUsers(func(t *userTree) *engine.Response {
		u := t.subject()
		if id := c.r.URL.Query().Get("reassignUserId"); id != "" {
			to := t.find("userId", id)
			if to == nil || to == u {
				return engine.NotFound("reassignUserId")
			}
			t.moveChildren(u, to)
		}
		for _, child := range slices.Clone(u.children) {
			if c.isFalse("cascadeDelete") || c.r.URL.Query().Has("reassignUserId") {
				t.move(child, u.parent)
			}
		}
		t.remove(u)
		return &engine.Response{Status: http.StatusOK}
	})
}

// reassignUsers moves the users below one user to another one.
func reassignUsers(c *call) {
	c.editUsers(func(t *userTree) *engine.Response {
		q := c.r.URL.Query()
		from, to := t.find("userId", q.Get("oldUserId")), t.find("userId", q.Get("reassignUserId"))
		switch {
		case from == nil:
			return engine.NotFound("oldUserId")
		case to == nil:
			return engine.NotFound("reassignUserId")
		}
		t.moveChildren(from, to)
		return &engine.Response{Status: http.StatusCreated}
	})
}

// setUserActive sets whether a user may sign in.
func setUserActive(c *call) {
	c.editUsers(func(t *userTree) *engine.Response {
		u := t.subject()
		u.fields["enabled"] = t.Object()["isActive"]
		u.change()
		return done(true)
	})
}

// checkUserName reports whether a user name is in use. That the response is a boolean, and which,
// is inferred.
func checkUserName(c *call) {
	c.editUsers(func(t *userTree) *engine.Response {
		return done(t.find("userName", c.r.URL.Query().Get("userName")) != nil)
	})
}

// assignAccount gives the user in the path access to an account. Nothing that openapi.yaml has
// shows it.
func assignAccount(c *call) {
	c.editUsers(func(t *userTree) *engine.Response {
		if t.rightsDocument(wire.ID(c.r.URL.Query().Get("accountId"))) == nil {
			return engine.NotFound("accountId")
		}
		return done(true)
	})
}

// assignAccounts gives the user in the path access to accounts, and responds with the rights
// documents. That an account that does not exist is rejected is inferred.
func assignAccounts(c *call) {
	c.editUsers(func(t *userTree) *engine.Response {
		var ids []wire.ID
		_ = json.Unmarshal(c.body, &ids) // the contract checks it
		documents := make([]any, 0, len(ids))
		for _, id := range ids {
			document := t.rightsDocument(id)
			if document == nil {
				return engine.Rejected("accountId", "is not the id of an account")
			}
			documents = append(documents, document)
		}
		return engine.JSON(http.StatusOK, documents)
	})
}

// rightsDocument returns the rights document of the user in the path for an account, or nil if
// there is no such account. Its fields are inferred.
func (t *userTree) rightsDocument(accountID wire.ID) map[string]any {
	u := t.subject()
	for _, account := range t.List(accountsPath) {
		if text(account["accountId"]) == string(accountID) {
			return map[string]any{
				"accountId": string(accountID), "rightsDocName": account["accountName"], "isMaster": false,
				"creationDate": timeText(t.now),
				"owner":        map[string]any{"userId": u.fields["userId"], "userName": u.fields["userName"]},
			}
		}
	}
	return nil
}

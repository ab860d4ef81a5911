package ringcxtest

import (
	"encoding/json"
	"fmt"

	"github.com/ringcx-go/ringcx-go/gen"
)

// The paths of the collections with methods of their own.
const (
	accountsPath = "/voice/api/v1/admin/accounts"
	usersPath    = "/voice/api/v1/admin/users"
)

// Set replaces the resources at a path, for all operations that work on them:
//
//	fake.Set("/voice/api/v1/admin/accounts/7/dialGroups", []gen.DialGroup{{…}, {…}})
//
// If the path is that of a collection, data is a slice, which replaces the collection and
// everything below its resources. If it is the path of one resource, data is that resource;
// it replaces the one with this id or is added. Accounts and other resources in the path that
// do not exist are created from the examples of openapi.yaml. A collection that was not set
// begins with the examples, too, unless it is below a resource that Set or a request has made:
// then it is empty. Each of several resources begins with the same examples below it: both agent
// groups have the agent 111111, who in RingCX belongs to one group.
//
// Data is marshaled as JSON. A Server of [NewServer] compares it with openapi.yaml when it is
// sent. Use [Server.SetJSON] for data that openapi.yaml does not allow. The test fails at once
// if the path is not that of resources, or if data is not a slice or an object.
func (s *Server) Set(path string, data any) {
	if s.tb != nil {
		s.tb.Helper()
	}
	raw, err := json.Marshal(data)
	if err == nil {
		err = s.resources().Set(path, raw, false)
	}
	if err != nil {
		s.fail("Set(%q): %v", path, err)
	}
}

// SetJSON is like [Server.Set] for JSON: an array of objects, or an object. It is served
// unchanged, including fields and values that openapi.yaml does not allow: a Server of
// [NewServer] reports no violation for it. So it may come from a file or from the types of
// another generated client. If the path or the JSON is not valid, SetJSON returns an error and
// changes nothing.
func (s *Server) SetJSON(path string, data []byte) error {
	if err := s.resources().Set(path, data, true); err != nil {
		return fmt.Errorf("ringcxtest: SetJSON(%q): %w", path, err)
	}
	return nil
}

// Get reads the resources at a path of [Server.Set] into what v points to: a slice if the path is
// that of a collection, or a struct or map for one resource. So a test can check what a program
// has created:
//
//	var leads []gen.LeadSearchResult
//	fake.Get("/voice/api/v1/admin/accounts/7/campaignLeads", &leads)
//
// It sends no request, and is not subject to delays such as Behavior.LeadDelay. The test fails at
// once if there are no such resources, or if they cannot be decoded into v.
func (s *Server) Get(path string, v any) {
	if s.tb != nil {
		s.tb.Helper()
	}
	data, err := s.resources().Get(path)
	if err == nil {
		err = json.Unmarshal(data, v)
	}
	if err != nil {
		s.fail("Get(%q): %v", path, err)
	}
}

// SetAccounts replaces the accounts that s lists and knows, with everything below them. By
// default they are the examples of openapi.yaml.
func (s *Server) SetAccounts(accounts ...gen.Account) {
	s.resources().SetAll(accountsPath, each(marshalEach(accounts)), false)
}

// SetAccountsJSON replaces the accounts that s lists with the elements of data, which must be
// a JSON array of objects. They are served unchanged, including fields that gen.Account does
// not have and values that openapi.yaml does not allow: a Server of [NewServer] reports no
// violation for them. So they may come from a file or from the types of another generated
// client. If data is not valid, SetAccountsJSON returns an error and changes nothing.
func (s *Server) SetAccountsJSON(data []byte) error {
	return s.resources().Set(accountsPath, data, true)
}

// SetUsers replaces the users that s lists. Users are nested through Children. By default
// they are the examples of openapi.yaml.
//
// As in RingCX, the parameter flatten=true lists all users in one array without Children,
// and activeOnly=true omits users whose Enabled is false. The children of an omitted user
// take its place.
func (s *Server) SetUsers(users ...gen.User) {
	s.resources().SetAll(usersPath, each(marshalEach(users)), false)
}

// SetUsersJSON replaces the users that s lists with the elements of data, which must be a
// JSON array of objects. Users are nested through the field children. They are served
// unchanged, including fields that gen.User does not have and values that openapi.yaml does
// not allow, such as a date in another format: a Server of [NewServer] reports no violation
// for them. flatten and activeOnly work as for [Server.SetUsers]. If data is not valid,
// SetUsersJSON returns an error and changes nothing.
func (s *Server) SetUsersJSON(data []byte) error {
	return s.resources().Set(usersPath, data, true)
}

// GenerateUsers replaces the users that s lists with n generated ones. They are generated
// while a response is written, so n may be large, until another operation than listUsers works on
// them. The same n gives the same users.
//
// The users form groups of ten, one of them the parent of the other nine. Every seventh
// user is not enabled. Roles, ids and times alternate between the forms that RingCX sends.
// The test fails at once if n is negative.
func (s *Server) GenerateUsers(n int) {
	if n < 0 {
		s.fail("GenerateUsers(%d): the number must not be negative", n)
	}
	s.resources().SetAll(usersPath, generateUsers(n), false)
}

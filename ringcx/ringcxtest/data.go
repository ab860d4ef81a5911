package ringcxtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	"github.com/ringcx-go/ringcx-go/gen"
)

// SetAccounts replaces the accounts that s lists. By default they are the examples of
// openapi.yaml.
func (s *Server) SetAccounts(accounts ...gen.Account) {
	s.setAccounts(each(marshalEach(accounts)), false)
}

// SetAccountsJSON replaces the accounts that s lists with the elements of data, which must be
// a JSON array of objects. They are served unchanged, including fields that gen.Account does
// not have and values that openapi.yaml does not allow: a Server of [NewServer] reports no
// violation for them. So they may come from a file or from the types of another generated
// client. If data is not valid, SetAccountsJSON returns an error and changes nothing.
func (s *Server) SetAccountsJSON(data []byte) error {
	raw, err := parseObjects(data)
	if err == nil {
		s.setAccounts(each(raw), true)
	}
	return err
}

// setAccounts sets the accounts. If isForeign is true, they need not match openapi.yaml.
func (s *Server) setAccounts(accounts iter.Seq[json.RawMessage], isForeign bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accounts, s.foreign[Accounts] = accounts, isForeign
}

// SetUsers replaces the users that s lists. Users are nested through Children. By default
// they are the examples of openapi.yaml.
//
// As in RingCX, the parameter flatten=true lists all users in one array without Children,
// and activeOnly=true omits users whose Enabled is false. The children of an omitted user
// take its place.
func (s *Server) SetUsers(users ...gen.User) {
	s.setUsers(each(marshalEach(users)), false)
}

// SetUsersJSON replaces the users that s lists with the elements of data, which must be a
// JSON array of objects. Users are nested through the field children. They are served
// unchanged, including fields that gen.User does not have and values that openapi.yaml does
// not allow, such as a date in another format: a Server of [NewServer] reports no violation
// for them. flatten and activeOnly work as for [Server.SetUsers]. If data is not valid,
// SetUsersJSON returns an error and changes nothing.
func (s *Server) SetUsersJSON(data []byte) error {
	raw, err := parseObjects(data)
	if err == nil {
		s.setUsers(each(raw), true)
	}
	return err
}

// GenerateUsers replaces the users that s lists with n generated ones. They are generated
// while a response is written, so n may be large. The same n gives the same users.
//
// The users form groups of ten, one of them the parent of the other nine. Every seventh
// user is not enabled. Roles, ids and times alternate between the forms that RingCX sends.
// The test fails at once if n is negative.
func (s *Server) GenerateUsers(n int) {
	if n < 0 {
		s.fail("GenerateUsers(%d): the number must not be negative", n)
	}
	s.setUsers(generateUsers(n), false)
}

// setUsers sets the users. If isForeign is true, they need not match openapi.yaml.
func (s *Server) setUsers(users iter.Seq[json.RawMessage], isForeign bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users, s.foreign[Users] = users, isForeign
}

// parseObjects returns the elements of a JSON array of objects.
func parseObjects(data []byte) ([]json.RawMessage, error) {
	var value json.RawMessage
	if err := json.Unmarshal(data, &value); err != nil {
		return nil, fmt.Errorf("not valid JSON: %w", err)
	}
	var elements []json.RawMessage
	if err := json.Unmarshal(data, &elements); err != nil || elements == nil {
		return nil, errors.New("not a JSON array")
	}
	for i, e := range elements {
		if e[0] != '{' {
			return nil, fmt.Errorf("element %d of the JSON array is not an object", i)
		}
	}
	return elements, nil
}

package ringcxtest

import (
	"encoding/json"
	"fmt"
	"iter"
	"slices"

	"github.com/ringcx-go/ringcx-go/gen"
)

// firstUserID is the id of the first generated user.
const firstUserID = 1001

// branch is how many generated users are in one tree: one above the others.
const branch = 10

// SetAccounts sets the accounts that are listed. By default they are the
// examples of openapi.yaml.
func (s *Server) SetAccounts(accounts ...gen.Account) {
	raw := rawList(accounts)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accounts = raw
}

// SetUsers sets the users that are listed, nested through Children. By default
// they are the examples of openapi.yaml. As in RingCX, flatten=true lists all of
// them in one list without Children, and activeOnly=true leaves out those whose
// Enabled is false; the children of a user who is left out take its place.
func (s *Server) SetUsers(users ...gen.User) {
	s.setUsers(each(rawList(users)))
}

// GenerateUsers sets n users, who are made while they are read, so that n may be
// large. Ten of them are one tree; every seventh is not enabled; roles, ids and
// times take turns in the forms that RingCX sends. The same n gives the same
// users.
func (s *Server) GenerateUsers(n int) {
	if n < 0 {
		s.fail("GenerateUsers(%d): the number must not be negative", n)
	}
	s.setUsers(func(yield func(json.RawMessage) bool) {
		for first := 0; first < n; first += branch {
			if !yield(generateTree(first, min(branch, n-first))) {
				return
			}
		}
	})
}

func (s *Server) setUsers(users iter.Seq[json.RawMessage]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users = users
}

// generateTree makes n users from number first on, the first above the others.
func generateTree(first, n int) json.RawMessage {
	var children []byte
	for i := first + 1; i < first+n; i++ {
		if children != nil {
			children = append(children, ',')
		}
		children = append(append(children, generateUser(i, first)...), '}')
	}
	root := generateUser(first, -1)
	return fmt.Appendf(root, `,"children":[%s]}`, children)
}

// generateUser makes user number i beneath user number parent, but for its
// closing brace.
func generateUser(i, parent int) []byte {
	id := firstUserID + i
	user := fmt.Appendf(nil, `{"userId":%d,"userName":"user%d@example.com","firstName":"User","lastName":"No. %d","enabled":%t`,
		id, id, id, i%7 != 6)
	if parent >= 0 {
		user = fmt.Appendf(user, `,"parentPath":"%d"`, firstUserID+parent)
	}
	switch i % 3 {
	case 0:
		user = fmt.Appendf(user, `,"roles":["USER"],"rcUserId":%d,"creationDate":"2020-05-15T20:38:13.686+0000"`, 1e6+id)
	case 1:
		user = fmt.Appendf(user, `,"roles":[{"roleType":"USER","description":"User"}],"rcUserId":"%d","creationDate":{"millis":1589575093686}`, 1_000_000+id)
	default:
		user = append(user, `,"roles":null,"rcUserId":null,"rcAccountId":"null"`...)
	}
	return user
}

// arrange flattens and filters nested users.
func arrange(users iter.Seq[json.RawMessage], flatten, activeOnly bool) iter.Seq[json.RawMessage] {
	if !flatten && !activeOnly {
		return users
	}
	return arrangement{flatten, activeOnly}.ofAll(users)
}

// arrangement says how nested users are listed.
type arrangement struct{ flatten, activeOnly bool }

// of returns what is listed of a user and the users beneath.
func (a arrangement) of(data json.RawMessage) iter.Seq[json.RawMessage] {
	var user map[string]json.RawMessage
	var children []json.RawMessage
	_ = json.Unmarshal(data, &user) // the data is our own
	_ = json.Unmarshal(user["children"], &children)
	beneath := a.ofAll(each(children))
	switch {
	case a.activeOnly && string(user["enabled"]) == "false":
		return beneath
	case a.flatten:
		delete(user, "children")
		return func(yield func(json.RawMessage) bool) {
			if yield(marshal(user)) {
				beneath(yield)
			}
		}
	case children != nil:
		user["children"] = marshal(collect(beneath))
	}
	return each([]json.RawMessage{marshal(user)})
}

// ofAll returns what is listed of some users.
func (a arrangement) ofAll(users iter.Seq[json.RawMessage]) iter.Seq[json.RawMessage] {
	return func(yield func(json.RawMessage) bool) {
		for data := range users {
			for u := range a.of(data) {
				if !yield(u) {
					return
				}
			}
		}
	}
}

// collect returns the elements as a slice that is not nil.
func collect(elements iter.Seq[json.RawMessage]) []json.RawMessage {
	return append([]json.RawMessage{}, slices.Collect(elements)...)
}

// each returns the elements of a list one by one.
func each(list []json.RawMessage) iter.Seq[json.RawMessage] { return slices.Values(list) }

func rawList[T any](list []T) []json.RawMessage {
	raw := make([]json.RawMessage, 0, len(list))
	for _, v := range list {
		raw = append(raw, marshal(v))
	}
	return raw
}

func marshal(v any) json.RawMessage {
	data, err := json.Marshal(v)
	if err != nil {
		panic("ringcxtest: " + err.Error())
	}
	return data
}

package ringcxtest

import (
	"encoding/json"
	"fmt"
	"iter"
	"slices"
)

const (
	// firstUserID is the id of the first generated user.
	firstUserID = 1001

	// groupSize is the number of generated users in a group: one parent and its children.
	groupSize = 10
)

// generateUsers returns n users, nested in groups.
func generateUsers(n int) iter.Seq[json.RawMessage] {
	return func(yield func(json.RawMessage) bool) {
		for first := 0; first < n; first += groupSize {
			if !yield(generateGroup(first, min(groupSize, n-first))) {
				return
			}
		}
	}
}

// generateGroup returns n users, beginning with number first, which is the parent of the
// others.
func generateGroup(first, n int) json.RawMessage {
	var children []byte
	for i := first + 1; i < first+n; i++ {
		if children != nil {
			children = append(children, ',')
		}
		children = append(append(children, generateUser(i, first)...), '}')
	}
	parent := generateUser(first, -1)
	return fmt.Appendf(parent, `,"children":[%s]}`, children)
}

// generateUser returns user number i without its closing brace. The parent is the number of
// its parent, or -1.
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
	return arrangement{flatten, activeOnly}.users(users)
}

// arrangement is how nested users are listed.
type arrangement struct{ flatten, activeOnly bool }

// users returns the listed form of some users.
func (a arrangement) users(users iter.Seq[json.RawMessage]) iter.Seq[json.RawMessage] {
	return func(yield func(json.RawMessage) bool) {
		for data := range users {
			for u := range a.user(data) {
				if !yield(u) {
					return
				}
			}
		}
	}
}

// user returns the listed form of a user and its children.
func (a arrangement) user(data json.RawMessage) iter.Seq[json.RawMessage] {
	var user map[string]json.RawMessage
	var children []json.RawMessage
	_ = json.Unmarshal(data, &user) // a value of SetUsersJSON with another type is listed as null
	_ = json.Unmarshal(user["children"], &children)
	listed := a.users(each(children))
	switch {
	case a.activeOnly && string(user["enabled"]) == "false":
		return listed
	case a.flatten:
		delete(user, "children")
		return func(yield func(json.RawMessage) bool) {
			if yield(marshal(user)) {
				listed(yield)
			}
		}
	case children != nil:
		user["children"] = marshal(collect(listed))
	}
	return each([]json.RawMessage{marshal(user)})
}

// collect returns the elements as a slice that is not nil.
func collect(elements iter.Seq[json.RawMessage]) []json.RawMessage {
	return append([]json.RawMessage{}, slices.Collect(elements)...)
}

func each(list []json.RawMessage) iter.Seq[json.RawMessage] { return slices.Values(list) }

func marshalEach[T any](list []T) []json.RawMessage {
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

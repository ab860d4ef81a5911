package gen

import "iter"

// WalkUsers returns an iterator over users and all users below them, which
// [UsersService.List] nests in the field Children. Each user comes before those below,
// and the order of lists is kept. The pointers lead into users and are never nil: do not
// change a Children during the iteration.
//
//	users, err := client.Users.List(ctx, nil)
//	…
//	for user := range gen.WalkUsers(users) {
//		fmt.Println(user.UserName)
//	}
func WalkUsers(users []User) iter.Seq[*User] {
	return func(yield func(*User) bool) { walkUsers(users, yield) }
}

// walkUsers returns false after yield returned false.
func walkUsers(users []User, yield func(*User) bool) bool {
	for i := range users {
		if u := &users[i]; !yield(u) || !walkUsers(u.Children, yield) {
			return false
		}
	}
	return true
}

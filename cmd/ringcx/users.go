package main

import (
	"cmp"
	"context"
	"iter"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
)

const usersHelp = `users lists the users below your own user. RingCX nests each user below the user
who manages them, and the table shows this by indentation. With --flatten, RingCX
returns one flat list instead. You need the role MANAGE_USERS or SUPER_USER.

With -o json it prints a JSON array with all fields of each user as RingCX sent them,
also those that this program does not know. Without --flatten, nested users are in the
field "children" of the user above them, so that the length of the array is the number
of users at the top and not the number of all users. To count all users, use
'ringcx users --flatten --jq length'. -o yaml prints the same. -o csv prints one row for
each user, also for nested ones, with the names of the roles, and with the columns in
alphabetical order. Passwords, PINs and keys are replaced by "***", unless
--show-secrets is given. On a narrow terminal, the columns of the table are truncated.`

// usersExample counts by role, too. RingCX sends a role as a string or as an object, and
// may send null for no roles.
const usersExample = `  ringcx users --active-only
  ringcx users --flatten --jq length
  ringcx users --flatten --jq '[.[].roles[]? | .roleType? // .] | group_by(.)[] | "\(length) \(.[0])"'
  ringcx users -o csv > users.csv`

func newUsers(out *outputFlags) *cobra.Command {
	var params gen.ListUsersParams
	cmd := &cobra.Command{
		Use:     "users",
		Short:   "List the users",
		Long:    usersHelp,
		Example: usersExample,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := out.listPrinter(cmd)
			if err != nil {
				return err
			}
			return withClient(cmd, func(ctx context.Context, client *ringcx.Client) error {
				resp, err := client.ListUsers(ctx, &params)
				return printList(p, p.users, resp, err)
			})
		},
	}
	params.ActiveOnly = cmd.Flags().Bool("active-only", false, "list only users who may sign in")
	params.Flatten = cmd.Flags().Bool("flatten", false, "list all users in one flat list instead of nesting them")
	return cmd
}

// users prints users as a table.
func (p *outputPrinter) users(list iter.Seq2[gen.User, error]) error {
	t := newUserTable()
	for u, err := range list {
		if err != nil {
			return err
		}
		t.add(u, 0)
	}
	return t.write(p.w, newStyle(p.w), "")
}

// userTable lists users. Nested users are indented below the user who manages them.
type userTable struct{ *table }

func newUserTable() userTable {
	return userTable{newTable("USER ID", "USER NAME", "NAME", "ENABLED", "ROLES")}
}

func (t userTable) add(u gen.User, depth int) {
	t.row(strconv.FormatInt(u.UserID, 10), strings.Repeat("  ", depth)+u.UserName, fullName(u), yesNo(u.Enabled), roles(u))
	for _, child := range u.Children {
		t.add(child, depth+1)
	}
}

func fullName(u gen.User) string {
	return cmp.Or(deref(u.FullName), strings.TrimSpace(deref(u.FirstName)+" "+deref(u.LastName)))
}

func roles(u gen.User) string {
	var names []string
	for _, r := range u.Roles {
		names = append(names, r.RoleType)
	}
	return strings.Join(names, ", ")
}

func yesNo(b *bool) string {
	switch {
	case b == nil:
		return ""
	case *b:
		return "yes"
	}
	return "no"
}

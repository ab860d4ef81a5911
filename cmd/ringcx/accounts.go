package main

import (
	"cmp"
	"context"
	"iter"

	"github.com/spf13/cobra"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
)

const accountsHelp = `accounts lists the sub-accounts that you may use. The paths of most other
operations contain an account id from this list.

With -o json it prints a JSON array with all known fields of each account.
Passwords, PINs and keys are replaced by "***". To see the response exactly as
RingCX sent it, use 'ringcx api GET /voice/api/v1/admin/accounts'.`

func newAccounts(form *format) *cobra.Command {
	return &cobra.Command{
		Use:     "accounts",
		Short:   "List the accounts that you may use",
		Long:    accountsHelp,
		Example: "  ringcx accounts\n  ringcx accounts -o json | jq -r '.[].accountId'",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withClient(cmd, func(ctx context.Context, client *ringcx.Client) error {
				return printAccounts(cmd, *form, ringcx.Stream[gen.Account](client.ListAccounts(ctx)))
			})
		},
	}
}

func printAccounts(cmd *cobra.Command, form format, list iter.Seq2[gen.Account, error]) error {
	w := cmd.OutOrStdout()
	if form == formatJSON {
		return writeJSONList(w, list)
	}
	t := newAccountTable()
	for a, err := range list {
		if err != nil {
			return err
		}
		t.add(a)
	}
	return t.write(w, newStyle(w), "")
}

// accountTable lists accounts. It has no column for secrets.
type accountTable struct{ *table }

func newAccountTable() accountTable {
	return accountTable{newTable("ACCOUNT ID", "NAME", "MAIN ACCOUNT ID", "MAIN ACCOUNT")}
}

func (t accountTable) add(a gen.Account) {
	main := deref(a.MainAccount)
	t.row(string(a.AccountID), a.AccountName,
		string(cmp.Or(deref(a.MainAccountID), deref(main.MainAccountID))),
		cmp.Or(deref(a.MainAccountName), deref(main.MainAccountName)))
}

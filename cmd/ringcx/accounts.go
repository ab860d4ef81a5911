package main

import (
	"cmp"
	"context"
	"iter"

	"github.com/spf13/cobra"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
)

const accountsHelp = `accounts lists the sub-accounts that you may use, with the id that the paths
of other operations ask for.

With -o json it prints a JSON array of everything that this program knows about
each account, passwords and keys replaced by "***". For the answer exactly as
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

// accountTable shows accounts without their secrets.
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

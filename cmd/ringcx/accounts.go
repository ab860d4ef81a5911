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

With -o json it prints a JSON array with all fields of each account as RingCX sent
them, also those that this program does not know. Passwords, PINs and keys are
replaced by "***", unless --show-secrets is given. -o yaml and -o csv print the same
fields. On a narrow terminal, the columns of the table are truncated.`

func newAccounts(out *outputFlags) *cobra.Command {
	return &cobra.Command{
		Use:     "accounts",
		Short:   "List the accounts that you may use",
		Long:    accountsHelp,
		Example: "  ringcx accounts\n  ringcx accounts --jq '.[].accountId'\n  ringcx accounts -o csv > accounts.csv",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := out.listPrinter(cmd)
			if err != nil {
				return err
			}
			return withClient(cmd, func(ctx context.Context, client *ringcx.Client) error {
				resp, err := client.ListAccounts(ctx)
				return printList(p, p.accounts, resp, err)
			})
		},
	}
}

// accounts prints accounts as a table.
func (p *outputPrinter) accounts(list iter.Seq2[gen.Account, error]) error {
	t := newAccountTable()
	for a, err := range list {
		if err != nil {
			return err
		}
		t.add(a)
	}
	return t.write(p.w, newStyle(p.w), "")
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

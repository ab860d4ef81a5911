package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

const tokenHelp = `token prints a RingCX access token, and nothing else. The token is usually valid
for at least one more minute. It allows everything that your user may do, so keep
it out of files and logs. Run the command again for each call: it uses the stored
session, and signs in only if there is none.`

const tokenExample = `  curl -H "Authorization: Bearer $(ringcx token)" \
    https://engage.ringcentral.com/voice/api/v1/admin/accounts`

func newToken() *cobra.Command {
	return &cobra.Command{
		Use:     "token",
		Short:   "Print a valid RingCX access token",
		Long:    tokenHelp,
		Example: tokenExample,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withSession(cmd, func(ctx context.Context, client *ringcx.Client, kept cache) error {
				token, err := client.Tokens.TokenContext(ctx)
				if err != nil {
					return err
				}
				if kept.store == nil {
					fmt.Fprintf(cmd.ErrOrStderr(), "ringcx: each 'ringcx token' signs in and leaves a session open, because %s; choose a directory with --%s\n",
						kept.reason, cacheDirFlag)
				}
				_, err = fmt.Fprintln(cmd.OutOrStdout(), token.AccessToken)
				return err
			})
		},
	}
}

const logoutHelp = `logout ends the session that the other commands share. It ends the session at
RingCX and at RingCentral, and deletes the tokens from the session file. The next
command signs in again.`

func newLogout() *cobra.Command {
	return &cobra.Command{
		Use:   "logout",
		Short: "End the session that the commands share",
		Long:  logoutHelp,
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withSession(cmd, func(ctx context.Context, client *ringcx.Client, kept cache) error {
				if kept.store == nil {
					return usagef("the commands keep no session that could end, because %s", kept.reason)
				}
				return client.Tokens.Logout(ctx)
			})
		},
	}
}

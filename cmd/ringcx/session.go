package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

const tokenHelp = `token prints a RingCX access token, and nothing else. The token is good for a
minute at least and for everything that you may do: keep it out of files and
logs. Ask again for each call: the session is kept, so that costs no sign-in.`

const tokenExample = `  curl -H "Authorization: Bearer $(ringcx token)" \
    https://engage.ringcentral.com/voice/api/v1/admin/accounts`

func newToken() *cobra.Command {
	return &cobra.Command{
		Use:     "token",
		Short:   "Print a fresh RingCX access token",
		Long:    tokenHelp,
		Example: tokenExample,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withClient(cmd, func(ctx context.Context, client *ringcx.Client) error {
				token, err := client.Tokens.TokenContext(ctx)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintln(cmd.OutOrStdout(), token.AccessToken)
				return err
			})
		},
	}
}

const logoutHelp = `logout ends the session that the other commands share: at RingCX, at
RingCentral, and in the file where it is kept. The next command signs in anew.`

func newLogout() *cobra.Command {
	return &cobra.Command{
		Use:   "logout",
		Short: "End the session that the commands share",
		Long:  logoutHelp,
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withClient(cmd, func(ctx context.Context, client *ringcx.Client) error {
				return client.Tokens.Logout(ctx)
			})
		},
	}
}

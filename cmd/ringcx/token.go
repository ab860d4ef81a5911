package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

const tokenHelp = `token signs in and prints a RingCX access token, and nothing else. The token is
good for five minutes and for everything that you may do: keep it out of files
and logs. The session stays open, because a logout would end the token.

Each run signs in anew. RingCentral allows five sign-ins a minute per
application and ends the oldest of about five sessions of a user, so a script
should ask once and use the token for all its calls.`

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
			cfg, err := configFromEnv()
			if err != nil {
				return err
			}
			client, err := newClient(cfg)
			if err != nil {
				return err
			}
			token, err := client.Tokens.TokenContext(cmd.Context())
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), token.AccessToken)
			return err
		},
	}
}

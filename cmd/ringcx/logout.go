package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

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

package main

import (
	"context"
	"fmt"
	"sync/atomic"

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
command signs in again.

Each combination of servers, client id and user has a session of its own. Only the
session that belongs to the variables or the profile ends. What ended is written to
standard error.`

func newLogout() *cobra.Command {
	return &cobra.Command{
		Use:   "logout",
		Short: "End the session that the commands share",
		Long:  logoutHelp,
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return logout(cmd)
		},
	}
}

// logout ends the session that the commands share, and reports what it ended.
func logout(cmd *cobra.Command) error {
	var ended atomic.Bool
	onEvent := func(e ringcx.Event) {
		if e.Stage == ringcx.StageLogout && e.Err == nil {
			ended.Store(true)
		}
	}
	return withEvents(cmd, onEvent, func(ctx context.Context, client *ringcx.Client, kept cache) error {
		if kept.store == nil {
			return usagef("the commands keep no session that could end, because %s", kept.reason)
		}
		if err := client.Tokens.Logout(ctx); err != nil {
			return err
		}
		text := "there was no session at " + client.BaseURL() + "; sessions at other servers or of other users do not end"
		if ended.Load() {
			text = "ended the session at " + client.BaseURL()
		}
		_, err := fmt.Fprintln(cmd.ErrOrStderr(), "ringcx: "+printable(text))
		return err
	})
}

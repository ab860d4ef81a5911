package main

import (
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

const rootHelp = `ringcx talks to RingCX, RingCentral's contact centre, from a terminal.

Two commands need no account:
  ringcx demo     shows a sign-in, an expiry and a refresh, and explains them
  ringcx mock     is a RingCentral and a RingCX for your tests, on this machine

The others sign in with a JWT credential from these variables:
  RC_CLIENT_ID, RC_CLIENT_SECRET   of your app in the RingCentral developer console
  RC_JWT                           the credential, made there under Credentials
  RINGCX_BASE_URL                  optional; default https://engage.ringcentral.com
  RINGCENTRAL_BASE_URL             optional; default https://platform.ringcentral.com

They share one session, kept in a file of the user's cache folder, so that ten
commands cost one sign-in; logout ends it. doctor signs in by itself, and logs
out when it is done.

Exit status: 0 done; 1 refused or failed; 2 wrong usage: the command line or
the variables above cannot work, and nothing was sent. Colours appear only on
a terminal, and not where NO_COLOR is set.

This program is not made or endorsed by RingCentral.`

// The groups of commands in the help.
const (
	groupOffline = "offline"
	groupOnline  = "online"
)

// newRoot makes the command tree. Commands take their input, output and
// context from the cobra.Command.
func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "ringcx",
		Short:         "Talk to RingCX from a terminal",
		Long:          rootHelp,
		Example:       "  ringcx demo\n  ringcx doctor\n  ringcx users --active-only -o json",
		Args:          knownCommand,
		RunE:          showHelp,
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	form := formatTable
	root.PersistentFlags().VarP(&form, "output", "o", "how accounts and users are printed: table or json")
	_ = root.RegisterFlagCompletionFunc("output", completeFormat) // fails only for an unknown flag
	root.AddGroup(
		&cobra.Group{ID: groupOffline, Title: "Commands without an account:"},
		&cobra.Group{ID: groupOnline, Title: "Commands with your credentials:"})
	addTo(root, groupOffline, newDemo(), newMock())
	addTo(root, groupOnline, newDoctor(), newAccounts(&form), newUsers(&form), newToken(), newAPI(), newLogout())
	strict(root)
	return root
}

func addTo(root *cobra.Command, group string, commands ...*cobra.Command) {
	for _, c := range commands {
		c.GroupID = group
	}
	root.AddCommand(commands...)
}

// strict has cobra's own commands refuse what they do not know, too.
func strict(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		switch c.Name() {
		case "help":
			c.Args = knownTopic
		case "completion":
			c.Args, c.RunE = knownCommand, showHelp
		}
	}
}

// version is that of the module, where the program was built from a released
// one.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "devel"
	}
	return info.Main.Version
}

// noArgs refuses arguments.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return usagef("%s takes no arguments, but there is %q", cmd.Name(), args[0])
}

// knownCommand refuses the name of a command that does not exist.
func knownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	cmd.SuggestionsMinimumDistance = 2
	if names := cmd.SuggestionsFor(args[0]); len(names) > 0 {
		return usagef("unknown command %q; did you mean %q?", args[0], strings.Join(names, `" or "`))
	}
	return usagef("unknown command %q", args[0])
}

// knownTopic refuses help for a command that does not exist.
func knownTopic(help *cobra.Command, args []string) error {
	_, rest, err := help.Root().Find(args)
	if err != nil || len(rest) > 0 {
		return usagef("there is no help for %q", strings.Join(args, " "))
	}
	return nil
}

func showHelp(cmd *cobra.Command, _ []string) error { return cmd.Help() }

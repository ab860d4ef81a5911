package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

const rootHelp = `ringcx calls RingCX, RingCentral's contact center, from a terminal.

Two commands need no account:
  ringcx demo     shows a sign-in, a refresh and the hard cases, and explains them
  ringcx mock     serves a fake RingCentral and a fake RingCX, for tests

The others sign in with a JWT credential. They read these variables:
  RC_CLIENT_ID           the client id of your app in the RingCentral developer console
  RC_CLIENT_SECRET       the client secret of that app
  RC_JWT                 the JWT credential, created in the console under Credentials
  RINGCX_BASE_URL        optional; default https://engage.ringcentral.com
  RINGCENTRAL_BASE_URL   optional; default https://platform.ringcentral.com

Instead of the variables you can use a profile: see "ringcx help profiles".

--output, --jq, --template and --show-secrets are flags of the commands that print data:
accounts, users and api. --profile and --debug are flags of the commands with your
credentials.

The commands with your credentials share one session, so that ten commands need one sign-in. The
session is stored in a file in your cache directory, or in --cache-dir, until "ringcx
logout" ends it. If there is no cache directory, or with --no-cache, each command signs
in and logs out. With --seal-key-file FILE the session file is encrypted (AES-256-GCM). FILE
has one key per line: 32 random bytes in base64, as 'openssl rand -base64 32' prints them. The
first key encrypts, and the other ones decrypt what an earlier key encrypted. Only doctor always starts a session of its own, and ends it when it is
done. Requests that are sent again, and anything that takes longer than a second, are
reported on standard error.

Exit status: 0 if the command succeeded; 1 if it failed; 2 if the command line or
the variables are invalid, in which case nothing was sent; 130 after Ctrl-C, which
stops any command. Colors are used only on a terminal, and only if NO_COLOR is not
set.

This program is not made or endorsed by RingCentral.`

// The groups of commands in the help.
const (
	groupOffline = "offline"
	groupOnline  = "online"
)

// newRoot returns the command tree. Commands take their input, output and context
// from the cobra.Command.
func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "ringcx",
		Short:         "Call RingCX from a terminal",
		Long:          rootHelp,
		Example:       "  ringcx demo\n  ringcx doctor\n  ringcx users --active-only -o json",
		Args:          knownCommand,
		RunE:          showHelp,
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	var out outputFlags
	out.register(root)
	registerOnlineFlags(root)
	root.AddGroup(
		&cobra.Group{ID: groupOffline, Title: "Commands without an account:"},
		&cobra.Group{ID: groupOnline, Title: "Commands with your credentials:"})
	addTo(root, groupOffline, newDemo(), newMock(), newVersion())
	addTo(root, groupOnline, newDoctor(), newAccounts(&out), newUsers(&out), newToken(), newAPI(&out), newLogout())
	root.AddCommand(&cobra.Command{Use: "profiles", Short: "How to use several accounts", Long: profileHelp}) // a help topic
	root.AddCommand(&cobra.Command{Use: "templates", Short: "How to write a template for --template", Long: templateHelp})
	for _, c := range root.Commands() {
		if c.GroupID == groupOnline {
			addCacheFlags(c)
		}
	}
	checkArgs(root)
	for _, c := range root.Commands() {
		limitFlags(c)
		completeFlags(c)
	}
	return root
}

// registerOnlineFlags registers the flags of the commands that need an account.
func registerOnlineFlags(root *cobra.Command) {
	flags := root.PersistentFlags()
	flags.String(profileFlag, "", "use the settings of the profile `name`; see 'ringcx help profiles'")
	flags.Bool(debugFlag, false, "print requests and responses to standard error, without secrets")
	complete(root, profileFlag, completeProfile)
}

// withOutput are the commands that have the output flags.
var withOutput = []string{"accounts", "users", "api"}

// limitFlags makes a command reject the flags of the root command that do not apply to
// it, and not list them in its help. It also turns off the completion of files as
// arguments.
func limitFlags(cmd *cobra.Command) {
	var without []string
	if !slices.Contains(withOutput, cmd.Name()) {
		without = append(without, outputFlagNames...)
	}
	if cmd.GroupID != groupOnline {
		without = append(without, profileFlag, debugFlag)
	}
	help := cmd.HelpFunc()
	cmd.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		for _, name := range without {
			cmd.InheritedFlags().Lookup(name).Hidden = true
		}
		help(cmd, args)
	})
	next := cmd.Args
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if err := checkEmpty(cmd); err != nil {
			return err
		}
		for _, name := range without {
			if cmd.Flags().Changed(name) {
				return usagef("%s has no flag --%s", cmd.Name(), name)
			}
		}
		if next == nil {
			return nil
		}
		return next(cmd, args)
	}
	if cmd.ValidArgsFunction == nil && len(cmd.ValidArgs) == 0 && !cmd.HasSubCommands() {
		cmd.ValidArgsFunction = noFiles
	}
}

// checkEmpty rejects flags with an empty value, which usually comes from a variable of the
// shell that is not set.
func checkEmpty(cmd *cobra.Command) error {
	for _, name := range []string{"jq", "template", profileFlag, cacheDirFlag, "input"} {
		if flag := cmd.Flags().Lookup(name); flag != nil && flag.Changed && flag.Value.String() == "" {
			return usagef("--%s: the value is empty; if it is a variable of the shell, it is not set", name)
		}
	}
	return nil
}

func addTo(root *cobra.Command, group string, commands ...*cobra.Command) {
	for _, c := range commands {
		c.GroupID = group
	}
	root.AddCommand(commands...)
}

// checkArgs makes cobra's own commands reject unknown arguments, which they ignore
// by default.
func checkArgs(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		switch c.Name() {
		case "help":
			c.Args = knownTopic
		case "completion":
			c.Args, c.RunE = knownShell, showHelp
		}
	}
}

// noArgs rejects all arguments.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return usagef("%s takes no arguments, but got %q", cmd.Name(), args[0])
}

// knownCommand rejects the name of a command that does not exist.
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

// knownTopic rejects help for a command that does not exist.
func knownTopic(help *cobra.Command, args []string) error {
	_, rest, err := help.Root().Find(args)
	if err != nil || len(rest) > 0 {
		return usagef("no help for %q: there is no such command", strings.Join(args, " "))
	}
	return nil
}

func showHelp(cmd *cobra.Command, _ []string) error { return cmd.Help() }

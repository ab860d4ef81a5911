package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ringcx-go/ringcx-go/gen"
)

// shells are the shells that cobra has completion for.
var shells = []string{"bash", "zsh", "fish", "powershell"}

// knownShell rejects an unknown shell.
func knownShell(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return usagef("there is no completion for the shell %q: it must be one of %s", args[0], strings.Join(shells, ", "))
}

// callOperations returns the operations of openapi.yaml, without those that the program
// itself uses to get tokens.
func callOperations() []gen.Operation {
	return slices.DeleteFunc(gen.Operations(), func(o gen.Operation) bool { return strings.HasPrefix(o.Path, "/api/auth/") })
}

// completeRequest completes the method and the path of api.
func completeRequest(_ *cobra.Command, args []string, toComplete string) ([]string, cobra.ShellCompDirective) {
	var found []string
	switch len(args) {
	case 0:
		found = methods
		if toComplete != "" && toComplete == strings.ToLower(toComplete) {
			found = lowerCase(methods)
		}
	case 1:
		found = paths(args[0])
	}
	return found, cobra.ShellCompDirectiveNoFileComp
}

func lowerCase(names []string) []string {
	var lower []string
	for _, n := range names {
		lower = append(lower, strings.ToLower(n))
	}
	return lower
}

// paths returns the paths of openapi.yaml for a method, each with the operation as its
// description. Parameters are in braces, and the user replaces them.
func paths(method string) []string {
	var found []string
	for _, o := range callOperations() {
		if strings.EqualFold(o.Method, method) {
			found = append(found, cobra.CompletionWithDesc(o.Path, o.ID))
		}
	}
	return found
}

// completeHeader completes the names of request headers.
func completeHeader(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return []string{"Accept:", "Accept-Language:", "Content-Type:", "If-Match:", "If-None-Match:"},
		cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// noFiles is the completion of flags and arguments that are not files and have no known
// values.
func noFiles(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveNoFileComp
}

// completeFlags sets the completion of the flags of a command that have none: durations
// for a duration, files for a flag whose value is a file or a directory, and nothing for
// others.
func completeFlags(cmd *cobra.Command) {
	cmd.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
		value, _ := pflag.UnquoteUsage(f)
		value = strings.ToLower(value)
		_, isSet := cmd.GetFlagCompletionFunc(f.Name)
		isFile := strings.HasPrefix(value, "file") || strings.HasPrefix(value, "dir")
		switch {
		case isSet || isFile || f.Value.Type() == "bool":
		case value == "duration":
			complete(cmd, f.Name, cobra.FixedCompletions([]string{"30s", "1m", "5m"}, cobra.ShellCompDirectiveNoFileComp))
		default:
			complete(cmd, f.Name, noFiles)
		}
	})
}

// complete sets the completion of a flag. It panics if the command has no such flag.
func complete(cmd *cobra.Command, flag string, values cobra.CompletionFunc) {
	if err := cmd.RegisterFlagCompletionFunc(flag, values); err != nil {
		panic(fmt.Sprintf("completion of --%s: %v", flag, err))
	}
}

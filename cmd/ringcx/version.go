package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

const versionHelp = `version prints the version of this program, the version of Go that it was built
with, and the system. A program that was not built from a released version has the
version "devel" and, if it is known, the revision of the source.`

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of this program",
		Long:  versionHelp,
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			info, ok := debug.ReadBuildInfo()
			if !ok {
				info = &debug.BuildInfo{GoVersion: runtime.Version()}
			}
			_, err := fmt.Fprintln(cmd.OutOrStdout(), describeBuild(info))
			return err
		},
	}
}

// describeBuild returns the line that version prints.
func describeBuild(info *debug.BuildInfo) string {
	text := "ringcx " + moduleVersion(info)
	settings := make(map[string]string)
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	if revision := settings["vcs.revision"]; revision != "" && moduleVersion(info) == develVersion {
		text += " revision " + revision
		if settings["vcs.modified"] == "true" {
			text += " (modified)"
		}
	}
	return fmt.Sprintf("%s %s %s/%s", text, info.GoVersion, runtime.GOOS, runtime.GOARCH)
}

// version returns the version of the module, or "devel" if the program was not
// built from a released version.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return develVersion
	}
	return moduleVersion(info)
}

// develVersion is the version of a program that was not built from a released version.
const develVersion = "devel"

func moduleVersion(info *debug.BuildInfo) string {
	switch v := info.Main.Version; v {
	case "", "(devel)":
		return develVersion
	default:
		return v
	}
}

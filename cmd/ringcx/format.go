package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// format is how a list is printed: the value of --output.
type format string

const (
	formatTable format = "table"
	formatJSON  format = "json"
)

var _ pflag.Value = (*format)(nil)

// String returns the name of the format.
func (f *format) String() string { return string(*f) }

// Type names the value in the help.
func (f *format) Type() string { return "format" }

// Set reads a format.
func (f *format) Set(text string) error {
	switch v := format(strings.ToLower(text)); v {
	case formatTable, formatJSON:
		*f = v
		return nil
	}
	return fmt.Errorf("it must be %s or %s", formatTable, formatJSON)
}

func completeFormat(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return []string{string(formatTable), string(formatJSON)}, cobra.ShellCompDirectiveNoFileComp
}

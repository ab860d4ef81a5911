package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

const apiHelp = `api sends one request to RingCX, signed, and prints the body of the answer as it
came. PATH is what follows the host; a whole URL works too, if its host is that
of RINGCX_BASE_URL. Other hosts are refused: the token is not for them.

A body is JSON. It comes from a file (--input FILE), from standard input
(--input -) or from fields. A --field reads true, false, null and numbers as
such and anything else as text; a --raw-field is always text. With GET and HEAD
the fields are the query.

The body of a refused call is printed too; the status, the code and the message
go to standard error, and the exit status is 1. A call that RingCX refuses for
now, with 429 or 503, is sent again after the time that RingCX asks for, if that
is a minute or less. A redirect to another host is not followed.`

const apiExample = `  ringcx api GET /voice/api/v1/admin/accounts
  ringcx api GET /voice/api/v1/admin/users --field flatten=true
  ringcx api POST /voice/api/v1/admin/accounts/333333/agentGroups --field groupName=Sales
  ringcx api PUT /voice/api/v1/admin/accounts/333333/agentGroups/7 --input group.json`

func newAPI() *cobra.Command {
	var r apiRequest
	var include bool
	cmd := &cobra.Command{
		Use:     "api METHOD PATH",
		Short:   "Send any request to RingCX",
		Long:    apiHelp,
		Example: apiExample,
		Args:    methodAndPath,
		RunE: func(cmd *cobra.Command, args []string) error {
			r.method, r.path = args[0], args[1]
			return r.run(cmd, include)
		},
	}
	flags := cmd.Flags()
	flags.StringArrayVarP(&r.fields, "field", "F", nil, "`name=value` of the body or the query, with its type; may be repeated")
	flags.StringArrayVarP(&r.rawFields, "raw-field", "f", nil, "`name=value`, always text; may be repeated")
	flags.StringVar(&r.input, "input", "", "`file` with the body; - is standard input")
	flags.BoolVarP(&include, "include", "i", false, "print the status line and the headers before the body")
	return cmd
}

// run checks all that can be checked before anything is sent.
func (r apiRequest) run(cmd *cobra.Command, include bool) error {
	cfg, err := configFromEnv()
	if err != nil {
		return err
	}
	if _, err := newClient(cfg); err != nil {
		return err
	}
	req, err := r.build(cmd.Context(), cfg.BaseURL, cmd.InOrStdin())
	if err != nil {
		return err
	}
	return withClient(cmd, func(_ context.Context, client *ringcx.Client) error {
		resp, err := send(client.Tokens, req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		return printAnswer(cmd.OutOrStdout(), resp, include)
	})
}

func methodAndPath(_ *cobra.Command, args []string) error {
	if len(args) != 2 {
		return usagef("api needs a method and a path, such as GET /voice/api/v1/admin/accounts")
	}
	return nil
}

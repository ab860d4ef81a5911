package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/internal/origin"
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

const (
	maxRedirects = 10
	maxRefusal   = 64 << 10 // of a refusal, read for its message
)

// send sends req, signed, and follows redirects within its origin.
func send(tokens *ringcx.TokenSource, req *http.Request) (*http.Response, error) {
	client := http.Client{
		Transport: tokens.Transport(nil),
		CheckRedirect: func(next *http.Request, before []*http.Request) error {
			switch {
			case !origin.Same(req.URL, next.URL):
				return fmt.Errorf("it redirects to another host, %s, which is not followed", next.URL.Host)
			case len(before) > maxRedirects:
				return fmt.Errorf("it redirects more than %d times", maxRedirects)
			}
			return nil
		},
	}
	resp, err := client.Do(req)
	if u, ok := errors.AsType[*url.Error](err); ok {
		if strings.HasPrefix(u.Err.Error(), "ringcx: ") {
			return nil, u.Err
		}
		return nil, fmt.Errorf("%s %s: %w", req.Method, req.URL.EscapedPath(), u.Err)
	}
	return resp, err
}

// printAnswer writes the answer as it came. A refusal is an error too.
func printAnswer(w io.Writer, resp *http.Response, include bool) error {
	if include {
		if err := printHead(w, resp); err != nil {
			return err
		}
	}
	if resp.StatusCode < 300 {
		_, err := io.Copy(w, resp.Body)
		return err
	}
	var start bytes.Buffer
	if _, err := io.Copy(w, io.TeeReader(io.LimitReader(resp.Body, maxRefusal), &start)); err != nil {
		return err
	}
	if _, err := io.Copy(w, resp.Body); err != nil {
		return err
	}
	return refusal(resp, start.Bytes())
}

// printHead writes the status line and the headers, sorted.
func printHead(w io.Writer, resp *http.Response) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s\n", resp.Proto, resp.Status)
	if err := resp.Header.Write(&b); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w, strings.ReplaceAll(b.String(), "\r\n", "\n"))
	return err
}

// refusal is what to say of a refused call.
func refusal(resp *http.Response, body []byte) error {
	e := &ringcx.Error{
		Stage: ringcx.StageCall, StatusCode: resp.StatusCode,
		Method: resp.Request.Method, Path: resp.Request.URL.EscapedPath(),
	}
	var fromJSON gen.APIError
	switch {
	case json.Unmarshal(body, &fromJSON) == nil:
		e.Code = short(deref(fromJSON.ErrorCode))
		e.Message = short(cmp.Or(deref(fromJSON.GeneralMessage), deref(fromJSON.DeveloperMessage), deref(fromJSON.Details)))
	case strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain"):
		e.Message = short(string(body))
	}
	e.Message = cmp.Or(e.Message, http.StatusText(resp.StatusCode))
	return e
}

// maxMessage is how many characters of a message are shown.
const maxMessage = 200

// short is the first line of text, without what could steer a terminal.
func short(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	if runes := []rune(visible(line)); len(runes) > maxMessage {
		return string(runes[:maxMessage]) + "…"
	}
	return visible(line)
}

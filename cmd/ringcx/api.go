package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/internal/origin"
	"github.com/ringcx-go/ringcx-go/internal/permission"
	"github.com/ringcx-go/ringcx-go/internal/redact"
	"github.com/ringcx-go/ringcx-go/ringcx"
)

const apiHelp = `api sends one request with your access token to RingCX and prints the body of
the response. PATH is the path of the URL, such as
/voice/api/v1/admin/accounts. It may also be a complete URL with the scheme, host
and port of RINGCX_BASE_URL. Other servers are rejected, because they must not
receive the token.

The body of the request is JSON. It comes from a file (--input FILE), from standard
input (--input -) or from fields. The values true, false, null and numbers of a
--field keep their type; other values are strings. The value of a --raw-field is
always a string. With GET and HEAD, the fields are added to the query.

With -o json or yaml, a JSON body is printed in that format, and with -o csv, an array
of objects is printed with one row for each object. --jq and --template print a part
of a JSON body. All of these replace passwords, PINs, keys and tokens by "***", unless
--show-secrets is given; without them, the body contains its secrets, so that it can
be sent back.

-H adds a header to the request. Headers with credentials, such as Authorization, are
rejected: the program adds the token itself.

If the response has status 300 or higher, api prints its body too, writes the
status, the error code and the message to standard error, and exits with status 1.
The exit status is also 1 if a body with the Content-Type of JSON is not complete, and
if the body is an HTML page, unless -H 'Accept: text/html' asks for one.

After status 429, or 503 with a Retry-After header, the request is sent again
after the time in the header (429 without the header: after a few seconds), unless
that is more than a minute. A POST is not sent again after 503, unless it is a
search, or has a header Idempotency-Key. GET and HEAD are also sent again after other
statuses of 500 or more. A request is sent again at most three times. Redirects to
another server are not followed.

On a terminal, JSON is indented and colored, and characters that control a terminal
are escaped. Long output is shown with the pager in RINGCX_PAGER or PAGER; an empty
RINGCX_PAGER turns the pager off. If the output is a file or a pipe, the body is
written unchanged.`

const apiExample = `  ringcx api GET /voice/api/v1/admin/accounts
  ringcx api GET /voice/api/v1/admin/users --field flatten=true
  ringcx api GET /voice/api/v1/admin/users -F flatten=true --jq '.[].userName'
  ringcx api POST /voice/api/v1/admin/accounts/333333/agentGroups --field groupName=Sales
  ringcx api PUT /voice/api/v1/admin/accounts/333333/agentGroups/7 --input group.json`

func newAPI(out *outputFlags) *cobra.Command {
	r := apiRequest{out: out}
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
	flags.StringArrayVarP(&r.fields, "field", "F", nil, "`name=value` of the body or the query; may be repeated")
	flags.StringArrayVarP(&r.rawFields, "raw-field", "f", nil, "`name=value` with a string value; may be repeated")
	flags.StringVar(&r.input, "input", "", "read the body from `file`, or from standard input if it is -")
	flags.StringArrayVarP(&r.headers, "header", "H", nil, "`Name: value` of a request header; may be repeated")
	flags.BoolVarP(&include, "include", "i", false, "print the status line and the headers before the body")
	cmd.ValidArgsFunction = completeRequest
	cmd.SetFlagErrorFunc(flagError)
	complete(cmd, "header", completeHeader)
	return cmd
}

func methodAndPath(_ *cobra.Command, args []string) error {
	if len(args) != 2 {
		return usagef("api needs a method and a path, such as GET /voice/api/v1/admin/accounts")
	}
	return nil
}

// run checks the environment and the command line before it sends anything.
func (r apiRequest) run(cmd *cobra.Command, include bool) error {
	p, err := r.out.apiPrinter(cmd, include)
	if err != nil {
		return err
	}
	cfg, err := configFromEnv(cmd)
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
	return withClient(cmd, func(ctx context.Context, client *ringcx.Client) error {
		resp, err := send(client.Tokens, req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		out := cmd.OutOrStdout()
		return withPager(ctx, out, cmd.ErrOrStderr(), func(w io.Writer) error {
			if p != nil && resp.StatusCode < 300 {
				p.w = w
				return p.response(resp)
			}
			return newResponsePrinter(out, include).print(w, resp)
		})
	})
}

const maxRedirects = 10

// checkRedirect is the CheckRedirect of all requests with a bearer token. Redirects are
// followed within the origin of the first request only.
func checkRedirect(next *http.Request, before []*http.Request) error {
	switch {
	case !origin.Same(before[0].URL, next.URL):
		return &redirectError{next.URL.Host}
	case len(before) > maxRedirects:
		return fmt.Errorf("more than %d redirects", maxRedirects)
	}
	return nil
}

// redirectError is the error of a redirect to another server.
type redirectError struct{ host string }

// Error implements error.
func (e *redirectError) Error() string {
	return "redirect to another server, " + e.host + ", is not followed"
}

// send sends req with the bearer token.
func send(tokens *ringcx.TokenSource, req *http.Request) (*http.Response, error) {
	client := http.Client{Transport: tokens.Transport(nil), CheckRedirect: checkRedirect}
	resp, err := client.Do(req)
	if u, ok := errors.AsType[*url.Error](err); ok {
		if strings.HasPrefix(u.Err.Error(), "ringcx: ") {
			return nil, u.Err
		}
		return nil, fmt.Errorf("%s %s: %w", req.Method, pathText(req.URL), u.Err)
	}
	return resp, err
}

// maxErrorBody is how much of the body of an error response is searched for a
// message, in bytes.
const maxErrorBody = 64 << 10

// responsePrinter prints responses.
type responsePrinter struct {
	include bool // print the status line and the headers too
	pretty  bool // for a terminal: indent JSON, escape control characters, end with a newline
	style   style
}

// newResponsePrinter returns a printer for responses that are written to out.
func newResponsePrinter(out io.Writer, include bool) responsePrinter {
	return responsePrinter{include: include, pretty: isTerminal(out), style: newStyle(out)}
}

// print writes the response to w. If the status is 300 or higher, it also returns an
// error.
func (p responsePrinter) print(w io.Writer, resp *http.Response) error {
	if p.include {
		if err := p.printHead(w, resp); err != nil {
			return err
		}
	}
	if resp.StatusCode < 300 {
		return p.printChecked(w, resp)
	}
	var start prefix
	if err := p.printBody(w, resp.Header, io.TeeReader(resp.Body, &start)); err != nil {
		return err
	}
	return responseError(resp, start.Bytes())
}

// printChecked writes the body of resp. It returns an error if the body is not what its
// Content-Type says.
func (p responsePrinter) printChecked(w io.Writer, resp *http.Response) error {
	check := newBodyCheck(resp)
	err := p.printBody(w, resp.Header, io.TeeReader(resp.Body, check))
	checked := check.finish()
	switch {
	case err != nil:
		return err
	case checked != nil:
		return fmt.Errorf("%s %s: %w", resp.Request.Method, pathText(resp.Request.URL), checked)
	}
	return nil
}

// printBody writes a body: unchanged, unless it is for a terminal.
func (p responsePrinter) printBody(w io.Writer, header http.Header, body io.Reader) error {
	if !p.pretty {
		_, err := io.Copy(w, body)
		return err
	}
	buffered := bufio.NewReader(body)
	start, _ := buffered.Peek(peekSize) // a read returns the error again
	if isJSONType(header.Get("Content-Type")) && beginsJSON(start) {
		return printJSON(w, buffered, p.style)
	}
	return printText(w, buffered)
}

// printHead writes the status line and the sorted headers.
func (p responsePrinter) printHead(w io.Writer, resp *http.Response) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s\n", resp.Proto, resp.Status)
	if err := resp.Header.Write(&b); err != nil {
		return err
	}
	text := strings.ReplaceAll(b.String(), "\r\n", "\n")
	if p.pretty {
		text = printable(text)
	}
	_, err := fmt.Fprintln(w, text)
	return err
}

// peekSize is how much of a body is searched for its first character, in bytes.
const peekSize = 64

// isJSONType reports whether a Content-Type is that of JSON.
func isJSONType(contentType string) bool {
	name, _, err := mime.ParseMediaType(contentType)
	return err == nil && (name == "application/json" || strings.HasSuffix(name, "+json"))
}

// prefix keeps the first maxErrorBody bytes that are written to it.
type prefix struct{ bytes.Buffer }

// Write implements io.Writer. It never returns an error.
func (p *prefix) Write(data []byte) (int, error) {
	p.Buffer.Write(data[:min(len(data), maxErrorBody-p.Len())])
	return len(data), nil
}

// responseError returns the error of a response with status 300 or higher. body is
// the start of its body.
func responseError(resp *http.Response, body []byte) error {
	e := &ringcx.Error{
		Stage: ringcx.StageCall, StatusCode: resp.StatusCode,
		Method: resp.Request.Method, Path: pathText(resp.Request.URL),
	}
	body = []byte(redact.New(redact.RequestSecrets(resp.Request)...).Text(string(body)))
	var fromJSON gen.APIError
	switch {
	case json.Unmarshal(body, &fromJSON) == nil:
		e.Code = oneLine(deref(fromJSON.ErrorCode))
		e.Message = oneLine(cmp.Or(deref(fromJSON.GeneralMessage), deref(fromJSON.DeveloperMessage), deref(fromJSON.Details)))
	case strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain"):
		e.Message = oneLine(string(body))
	}
	e.Message = cmp.Or(e.Message, http.StatusText(resp.StatusCode))
	if needs := neededBy(resp.Request); needs != "" && resp.StatusCode == http.StatusForbidden {
		e.Message += " (documented as: needs " + needs + ")"
	}
	return e
}

// neededBy returns what permission the operation of req needs, in words, or "".
func neededBy(req *http.Request) string {
	op, _ := gen.FindOperation(req.Method, req.URL.EscapedPath())
	return permission.Text(op.Permission)
}

// maxMessage is the length of the longest message that is shown, in characters.
const maxMessage = 200

// oneLine returns the first line of text, truncated and without unprintable
// characters.
func oneLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	line = replaceUnprintable(line)
	if runes := []rune(line); len(runes) > maxMessage {
		return string(runes[:maxMessage]) + "…"
	}
	return line
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

const mockHelp = `mock serves a fake RingCentral and a fake RingCX over HTTP, for the tests of
programs in any language. When it is ready, it prints the variables that a program
needs to use them, and a line on standard error. It runs until it gets an interrupt
(Ctrl-C, SIGINT) or SIGTERM, and then exits with status 0. Its client id, client
secret and JWT are fixed. Real services do not accept them or its tokens.

The rules are those of RingCX: an access token is valid for five minutes (see
--lifetime) and a refresh token can be used once. With --limits, it also rejects
requests above the limits of the services: in one minute five sign-ins, five
exchanges and refreshes together, and 120 calls.

The data are the examples of openapi.yaml, or your own. The files are JSON, such as
responses of RingCX or the data of another client, and are served unchanged:
  --users N            N generated users
  --users-from FILE    an array of users, which may be nested in "children"
  --accounts FILE      an array of accounts
  --data FILE          other resources and routes: an object whose names are paths of
                       resources, which all operations of openapi.yaml work on, or
                       routes, whose values are the bodies of their responses, for example
                       {"/voice/api/v1/admin/users/7": {"userId": 7},
                       "GET /voice/api/v1/admin/accounts/{id}/campaigns": [{"campaignId": 1}]}

--log prints each request on standard error, with secrets masked. Without it, only
requests with a warning are printed, for example if a token is in the query: RingCX
accepts it there, but servers log queries.

Tests control the mock with these endpoints:

  POST /_control/expire    make all access tokens expire now
  POST /_control/revoke    end all sessions, as an administrator can
  POST /_control/fault     apply a fault to the next n requests to an endpoint
  POST /_control/clear     remove all faults that are still to occur
  GET  /_control/counts    return the number of requests so far, as JSON

They are for programs: they respond with 403 to web pages of another origin and,
without --public, to requests with a Host other than localhost or 127.0.0.1.

Send a fault as a form or as JSON, with the fields fault, endpoint and n (default
1). The endpoint is login or revoke (RingCentral), or an operation of RingCX by its
name in openapi.yaml, such as exchangeToken, refreshToken, listAccounts or
listUsers. The documentation of package ringcxtest describes each fault.
The faults are:
  refuse, rate-limit, "rate-limit 30s", penalty, "status 502 <html>", html,
  expired, truncate, drop-answer, unreachable, "slow 2s", no-refresh-token,
  same-refresh-token, "lifetime 30s", echo-secret, revoked-outside,
  "skew-date 10m", "redirect 307 https://example.com"
The fault "pass" lets n requests pass before the next fault.`

const mockExample = `  ringcx mock > mock.env &          # then: . ./mock.env
  ringcx mock --addr 127.0.0.1:8080 --lifetime 10s --users 5000 --log
  kill $!                           # stops the mock in the background
  curl -d endpoint=refreshToken -d fault=drop-answer "$RINGCX_BASE_URL/_control/fault"
  curl -d endpoint=listUsers -d 'fault=rate-limit 2s' -d n=3 "$RINGCX_BASE_URL/_control/fault"`

// shutdownTimeout is how long responses in progress may take after the first signal.
// It is shorter than stopTimeout, so that an interrupted mock exits with status
// 0.
const shutdownTimeout = 500 * time.Millisecond

type mockOptions struct {
	addr                string
	lifetime            time.Duration
	data                mockData
	limits, public, log bool
}

func newMock() *cobra.Command {
	var o mockOptions
	cmd := &cobra.Command{
		Use:     "mock",
		Short:   "Serve a fake RingCentral and RingCX for tests",
		Long:    mockHelp,
		Example: mockExample,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.data.generate = cmd.Flags().Changed("users")
			return o.run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.addr, "addr", "127.0.0.1:0", "`host:port` to listen on; port 0 chooses a free port")
	flags.DurationVar(&o.lifetime, "lifetime", 5*time.Minute, "how long RingCX access tokens are valid, in whole seconds")
	flags.Var(&o.data.users, "users", "serve `N` generated users")
	flags.StringVar(&o.data.usersFile, "users-from", "", "serve the users in `FILE`, a JSON array")
	flags.StringVar(&o.data.accountsFile, "accounts", "", "serve the accounts in `FILE`, a JSON array")
	flags.StringVar(&o.data.routesFile, "data", "", "serve other resources and routes: `FILE` is a JSON object")
	flags.BoolVar(&o.log, "log", false, "print each request on standard error")
	flags.BoolVar(&o.limits, "limits", false, "reject more requests per minute than the services allow")
	flags.BoolVar(&o.public, "public", false, "allow an address that other machines can reach; they can then control the mock")
	return cmd
}

func (o mockOptions) run(ctx context.Context, out, errs io.Writer) error {
	if o.lifetime < time.Second || o.lifetime%time.Second != 0 {
		return usagef("--lifetime %v: it must be one or more whole seconds, such as 30s", o.lifetime)
	}
	fake := ringcxtest.New()
	defer fake.Close()
	fake.SetLifetime(o.lifetime)
	fake.LimitRates(o.limits)
	fake.OnRequest(requestLog(errs, o.log))
	if err := o.data.load(fake); err != nil {
		return err
	}
	listener, err := o.listen(ctx)
	if err != nil {
		return err
	}
	printEnvironment(out, "http://"+reachable(listener.Addr()))
	fmt.Fprintf(errs, "Ready: serving on http://%s until Ctrl-C or SIGTERM (process %d).\n", listener.Addr(), os.Getpid())
	return serve(ctx, listener, newControl(fake, o.public))
}

// listen rejects an address that other machines can reach, unless o.public is set.
func (o mockOptions) listen(ctx context.Context) (net.Listener, error) {
	addr, err := net.ResolveTCPAddr("tcp", o.addr)
	if err != nil {
		return nil, usagef("--addr %s: write it as host:port, such as 127.0.0.1:8080: %w", o.addr, err)
	}
	if !addr.IP.IsLoopback() && !o.public {
		return nil, usagef("--addr %s: other machines can reach it; use 127.0.0.1, or add --public", o.addr)
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", addr.String())
	if err != nil {
		return nil, fmt.Errorf("%w; choose another port, or a free one with --addr 127.0.0.1:0", err)
	}
	return listener, nil
}

// reachable returns the address to which a client on this machine connects. That is
// 127.0.0.1 if the listener accepts connections on all addresses.
func reachable(a net.Addr) string {
	addr, err := netip.ParseAddrPort(a.String())
	if err != nil || !addr.Addr().IsUnspecified() {
		return a.String()
	}
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), addr.Port()).String()
}

// printEnvironment prints, for a shell, the variables that a program needs to use the
// mock. It writes them at once, so that a file with them is complete if it is not empty.
func printEnvironment(w io.Writer, url string) {
	var text strings.Builder
	for _, v := range [][2]string{
		{"RINGCX_BASE_URL", url},
		{"RINGCENTRAL_BASE_URL", url},
		{"RC_CLIENT_ID", ringcxtest.ClientID},
		{"RC_CLIENT_SECRET", ringcxtest.ClientSecret},
		{"RC_JWT", ringcxtest.JWT},
	} {
		fmt.Fprintf(&text, "export %s=%s\n", v[0], v[1])
	}
	_, _ = io.WriteString(w, text.String())
}

// serve serves requests until ctx is done, and then waits up to shutdownTimeout for
// responses in progress.
func serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	stopped := make(chan error, 1)
	go func() { stopped <- server.Serve(listener) }()
	select {
	case err := <-stopped:
		return err
	case <-ctx.Done():
	}
	timeout, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	if err := server.Shutdown(timeout); !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return server.Close()
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/spf13/cobra"

	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

const mockHelp = `mock serves a RingCentral and a RingCX over HTTP, for the tests of programs in
any language. It prints the lines that point a program at it, then serves until
an interrupt (Ctrl-C, SIGINT) or SIGTERM, and ends with status 0. Its tokens are
good for nothing else, and its one client id, secret and JWT are fixed.

It keeps to RingCX's rules: an access token lives five minutes (--lifetime), a
refresh token is good for one use. With --limits it also refuses more than five
sign-ins and five token requests a minute. The tests steer it:

  POST /_control/expire    end the access tokens, as time does
  POST /_control/revoke    end all sessions, as an administrator does
  POST /_control/fault     misbehave: fault, endpoint, and n times (default 1)
  POST /_control/clear     forget the faults that are still to come
  GET  /_control/counts    what arrived so far, as JSON

These are for programs: web pages of another origin get 403, and so do requests
with another Host than localhost or 127.0.0.1, unless the mock is --public.

A fault is sent as a form or as JSON. Its endpoint is login or revoke, which are
RingCentral's, or an operation of RingCX as openapi.yaml names it, such as
exchangeToken, refreshToken, listAccounts or listUsers. The faults are:
  refuse, rate-limit, "rate-limit 30s", penalty, "status 502 <html>", html,
  truncate, drop-answer, unreachable, "slow 2s", no-refresh-token,
  same-refresh-token, "lifetime 30s", echo-secret, revoked-outside,
  "skew-date 10m", "redirect 307 https://example.com"`

const mockExample = `  ringcx mock > mock.env &          # then: . ./mock.env
  ringcx mock --addr 127.0.0.1:8080 --lifetime 10s
  curl -d endpoint=refreshToken -d fault=drop-answer "$RINGCX_BASE_URL/_control/fault"
  curl -d endpoint=listUsers -d 'fault=rate-limit 2s' -d n=3 "$RINGCX_BASE_URL/_control/fault"`

// endGrace is how long answers under way may take after the interrupt. It is
// less than repeats, so that a mock ends well whatever signals come.
const endGrace = 500 * time.Millisecond

type mockOptions struct {
	addr           string
	lifetime       time.Duration
	limits, public bool
}

func newMock() *cobra.Command {
	var o mockOptions
	cmd := &cobra.Command{
		Use:     "mock",
		Short:   "Serve a RingCentral and a RingCX for tests",
		Long:    mockHelp,
		Example: mockExample,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.addr, "addr", "127.0.0.1:0", "`host:port` to listen on; port 0 is a free one")
	flags.DurationVar(&o.lifetime, "lifetime", 5*time.Minute, "how long RingCX access tokens live, in whole seconds")
	flags.BoolVar(&o.limits, "limits", false, "refuse more requests a minute than the services allow")
	flags.BoolVar(&o.public, "public", false, "allow an address that other machines reach; whoever reaches it can steer it")
	return cmd
}

func (o mockOptions) run(ctx context.Context, out, notes io.Writer) error {
	if o.lifetime < time.Second || o.lifetime%time.Second != 0 {
		return usagef("--lifetime %v: it must be one or more whole seconds, such as 30s", o.lifetime)
	}
	listener, err := o.listen(ctx)
	if err != nil {
		return err
	}
	fake := ringcxtest.New()
	defer fake.Close()
	fake.SetLifetime(o.lifetime)
	fake.LimitRates(o.limits)
	printEnvironment(out, "http://"+reachable(listener.Addr()))
	fmt.Fprintf(notes, "Serving on http://%s until Ctrl-C.\n", listener.Addr())
	return serve(ctx, listener, newControl(fake, o.public))
}

// listen refuses an address that other machines reach, unless it is wanted.
func (o mockOptions) listen(ctx context.Context) (net.Listener, error) {
	addr, err := net.ResolveTCPAddr("tcp", o.addr)
	if err != nil {
		return nil, usagef("--addr %s: write it as host:port, such as 127.0.0.1:8080: %w", o.addr, err)
	}
	if !addr.IP.IsLoopback() && !o.public {
		return nil, usagef("--addr %s: other machines may reach it; use 127.0.0.1, or add --public", o.addr)
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", addr.String())
	if err != nil {
		return nil, fmt.Errorf("%w; choose another port, or let mock choose one: --addr 127.0.0.1:0", err)
	}
	return listener, nil
}

// reachable is the address as a client writes it: that of this machine, where
// the listener has all.
func reachable(a net.Addr) string {
	addr, err := netip.ParseAddrPort(a.String())
	if err != nil || !addr.Addr().IsUnspecified() {
		return a.String()
	}
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), addr.Port()).String()
}

// printEnvironment prints what points a program at the mock, for a shell.
func printEnvironment(w io.Writer, url string) {
	for _, v := range [][2]string{
		{"RINGCX_BASE_URL", url},
		{"RINGCENTRAL_BASE_URL", url},
		{"RC_CLIENT_ID", ringcxtest.ClientID},
		{"RC_CLIENT_SECRET", ringcxtest.ClientSecret},
		{"RC_JWT", ringcxtest.JWT},
	} {
		fmt.Fprintf(w, "export %s=%s\n", v[0], v[1])
	}
}

// serve serves until ctx ends, and for endGrace longer where answers are under
// way.
func serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), endGrace)
	defer cancel()
	if err := server.Shutdown(grace); !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return server.Close()
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/internal/mask"
	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

const demoHelp = `demo runs a real client against a fake RingCentral and a fake RingCX, and prints
and explains each request and response: the sign-in to RingCentral, the exchange of
the RingCentral token for RingCX tokens, a list of accounts, a list of users, a
refresh after the token expired, many calls that share one refresh, and the logout.

It needs no account and no network. It shows the last six characters of each token.`

func newDemo() *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "Show how a sign-in works, without an account or a network",
		Long:  demoHelp,
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			d, err := newDemonstration(cmd.OutOrStdout())
			if err != nil {
				return err
			}
			defer d.fake.Close()
			return d.run(cmd.Context())
		},
	}
}

// demonstration runs a client against a fake and prints the recorded requests and
// responses.
type demonstration struct {
	printer
	fake     *ringcxtest.Server
	recorder *recorder
	client   *ringcx.Client
}

func newDemonstration(out io.Writer) (*demonstration, error) {
	d := &demonstration{printer: printer{out, newStyle(out)}, fake: ringcxtest.New()}
	cfg := d.fake.Config()
	d.recorder = &recorder{base: cfg.HTTPClient.Transport}
	cfg.HTTPClient = &http.Client{Transport: d.recorder}
	cfg.UserAgent = userAgent()
	var err error
	d.client, err = ringcx.New(cfg)
	return d, err
}

// demoStep is one step of the demo. Its text explains what run does.
type demoStep struct {
	title, text string
	run         func(context.Context) error
}

func (d *demonstration) steps() []demoStep {
	return []demoStep{
		{"Sign in to RingCentral", `A program signs in to RingCentral first. The client sends a JWT credential, which
			you create in the developer console, and gets a RingCentral token.`, d.signIn},
		{"Exchange the token at RingCX", `The client sends the RingCentral token to RingCX and gets two tokens. The RingCX
			token authorizes calls and is valid for five minutes. The refresh token can
			be used once, to get the next two tokens.`, d.exchange},
		{"List the accounts", `Each call sends the RingCX token. The paths of most other calls contain an
			account id from this list.`, d.accounts},
		{"List the users", `The list is nested: each user contains the users whom they manage.`, d.users},
		{"The RingCX token expires", `Five minutes after the exchange, the RingCX token is no longer valid. The demo
			does not wait: it makes the token expire now. RingCX rejects the next call with
			status 401. The client refreshes the tokens and sends the call again. In
			normal use the client refreshes 75 seconds before the token expires, and calls
			rarely get a 401.`, d.expiry},
		{"Many calls share one refresh", fmt.Sprintf(`The token expires again, and the program makes %d calls at the same time. The
			refresh token can be used once, so all calls must share one refresh. Only that
			refresh is shown.`, concurrentCalls), d.manyCalls},
		{"Log out", `RingCentral allows about five sessions per user and then ends the oldest one, so a
			program should end its session. The client ends it at RingCX and at RingCentral.`, d.logOut},
	}
}

func (d *demonstration) run(ctx context.Context) error {
	d.print("This demo runs a real client against a fake RingCentral and a fake RingCX in memory.")
	d.print("→ is a request, ← is its response. Tokens are shown by their last six characters.")
	for i, step := range d.steps() {
		d.heading(fmt.Sprintf("%d. %s", i+1, step.title))
		for line := range strings.Lines(step.text) {
			d.print("   " + strings.TrimSpace(line))
		}
		d.print("")
		if err := step.run(ctx); err != nil {
			return err
		}
	}
	d.printSummary()
	return nil
}

// signIn requests a token. The client signs in and exchanges the token at once; this
// step prints the first request and the next step prints the second.
func (d *demonstration) signIn(ctx context.Context) error {
	_, err := d.client.Tokens.TokenContext(ctx)
	d.traffic(d.recorder.take(1))
	return err
}

func (d *demonstration) exchange(context.Context) error {
	d.traffic(d.recorder.take(-1))
	return nil
}

func (d *demonstration) accounts(ctx context.Context) error {
	accounts, err := ringcx.Get(d.client.ListAccountsWithResponse(ctx))
	d.traffic(d.recorder.take(-1))
	if err != nil {
		return err
	}
	t := newAccountTable()
	for _, a := range accounts {
		t.add(a)
	}
	return d.table(t.table)
}

func (d *demonstration) users(ctx context.Context) error {
	users, err := ringcx.Get(d.client.ListUsersWithResponse(ctx, nil))
	d.traffic(d.recorder.take(-1))
	if err != nil {
		return err
	}
	t := newUserTable()
	for _, u := range users {
		t.add(u, 0)
	}
	return d.table(t.table)
}

func (d *demonstration) expiry(ctx context.Context) error {
	d.fake.ExpireTokens()
	start := time.Now()
	users, err := ringcx.Get(d.client.ListUsersWithResponse(ctx, nil))
	took := time.Since(start)
	seen := d.recorder.take(-1)
	d.traffic(seen)
	if err != nil {
		return err
	}
	d.print("")
	d.print(fmt.Sprintf("   The program made one call and got a list of %d after %s, without an error.", len(users), milliseconds(took)))
	d.printRotation(refreshes(seen))
	return nil
}

// concurrentCalls is the number of calls that share one refresh.
const concurrentCalls = 50

func (d *demonstration) manyCalls(ctx context.Context) error {
	d.fake.ExpireTokens()
	start := time.Now()
	var wg sync.WaitGroup
	errs := make([]error, concurrentCalls)
	for i := range concurrentCalls {
		wg.Go(func() { _, errs[i] = ringcx.Get[[]gen.Account](d.client.ListAccountsWithResponse(ctx)) })
	}
	wg.Wait()
	took := time.Since(start)
	seen := refreshes(d.recorder.take(-1))
	d.traffic(seen)
	if err := errors.Join(errs...); err != nil {
		return err
	}
	d.print("")
	d.print(fmt.Sprintf("   %d calls at once: all succeeded within %s, with %d refresh.", concurrentCalls, milliseconds(took), len(seen)))
	d.printRotation(seen)
	return nil
}

func (d *demonstration) logOut(ctx context.Context) error {
	err := d.client.Tokens.Logout(ctx)
	d.traffic(d.recorder.take(-1))
	return err
}

// printRotation prints the refresh token that each refresh used and the one that
// replaces it.
func (d *demonstration) printRotation(refreshes []roundTrip) {
	for _, x := range refreshes {
		d.print(fmt.Sprintf("   Refresh token: old %s, used now; new %s, kept for the next refresh.",
			mask.Secret(x.sent[0].value), mask.Secret(x.received[len(x.received)-1].value)))
	}
}

func (d *demonstration) printSummary() {
	c := d.fake.Counts()
	d.heading("Requests that the services counted")
	d.print(fmt.Sprintf("   sign-ins %d, exchanges %d, refreshes %d, refresh tokens that were sent twice %d",
		c.Logins, c.Exchanges, c.Refreshes, c.RefreshReused))
	d.heading("Next steps")
	d.print("   ringcx mock      serves the fake services over HTTP, for your own program")
	d.print("   ringcx doctor    runs these steps against the real services, with your credentials")
}

// printer writes the output of the demo.
type printer struct {
	out   io.Writer
	style style
}

// traffic prints each request and its response on two lines.
func (p *printer) traffic(seen []roundTrip) {
	for _, x := range seen {
		p.columns("→ "+x.method+" "+x.path, join(x.sent))
		response := fmt.Sprintf("← %d in %s", x.status, milliseconds(x.took))
		p.columns(response, join(x.received)+x.note)
	}
}

func (p *printer) columns(left, right string) {
	p.print(strings.TrimRight(fmt.Sprintf("   %-42s %s", left, right), " "))
}

func (p *printer) table(t *table) error {
	p.print("")
	return t.write(p.out, p.style, "   ")
}

func (p *printer) heading(text string) {
	p.print("")
	p.print(p.style.bold(text))
}

func (p *printer) print(text string) { fmt.Fprintln(p.out, text) }

func join(secrets []secret) string {
	var texts []string
	for _, s := range secrets {
		texts = append(texts, s.String())
	}
	return strings.Join(texts, ", ")
}

package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
)

const doctorHelp = `doctor runs a sign-in step by step: it checks the variables, signs in to
RingCentral, exchanges the RingCentral token at RingCX, and lists the accounts. For
each step it prints "ok" and how long the step took, or "FAILED", the error, the
usual causes and what to do about them. After a failure it skips the remaining steps.
If all steps succeed, it prints the account ids to use in paths.

The exit status is 1 if a step failed, also if a variable is missing.`

// logoutTimeout limits how long doctor waits for the logout.
const logoutTimeout = 3 * time.Second

func newDoctor() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Find out why a sign-in fails, and what to do",
		Long:  doctorHelp,
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			out := cmd.OutOrStdout()
			d := &doctor{out: out, style: newStyle(out)}
			return d.run(cmd.Context())
		},
	}
}

// doctor runs the steps and prints the result of each.
type doctor struct {
	out    io.Writer
	style  style
	failed string // the step that failed; the steps after it are skipped

	mu     sync.Mutex
	events map[ringcx.Stage]ringcx.Event // the last event of each stage
}

func (d *doctor) run(ctx context.Context) error {
	client, err := d.prepare()
	d.step("variables", "the credentials are set", 0, err)
	if err == nil {
		defer logOut(ctx, client)
	}
	d.signIn(ctx, client)
	accounts := d.accounts(ctx, client)
	if d.failed != "" {
		return fmt.Errorf("the step %q failed", d.failed)
	}
	return d.printAccounts(accounts)
}

func (d *doctor) prepare() (*ringcx.Client, error) {
	cfg, err := ringcx.ConfigFromEnv()
	if err != nil {
		return nil, err
	}
	cfg.UserAgent = userAgent()
	cfg.OnEvent = func(e ringcx.Event) {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.events == nil {
			d.events = make(map[ringcx.Stage]ringcx.Event)
		}
		d.events[e.Stage] = e
	}
	return ringcx.New(cfg)
}

// signIn requests a token and prints the results of the sign-in and of the
// exchange, which it takes from the events of the client.
func (d *doctor) signIn(ctx context.Context, client *ringcx.Client) {
	var err error
	if d.failed == "" {
		_, err = client.Tokens.TokenContext(ctx)
	}
	d.mu.Lock()
	login, exchange := d.events[ringcx.StageLogin], d.events[ringcx.StageExchange]
	d.mu.Unlock()
	if err != nil && login.Err == nil && exchange.Err == nil {
		login.Err = err // an interrupt: it has no event
	}
	d.step("sign-in", "RingCentral returned a token", login.Took, login.Err)
	d.step("exchange", "RingCX returned a token", exchange.Took, exchange.Err)
}

func (d *doctor) accounts(ctx context.Context, client *ringcx.Client) []gen.Account {
	var accounts []gen.Account
	var err error
	start := time.Now()
	if d.failed == "" {
		accounts, err = ringcx.Get(client.ListAccountsWithResponse(ctx))
	}
	d.step("accounts", fmt.Sprintf("RingCX returned a list of %d", len(accounts)), time.Since(start), err)
	return accounts
}

// step prints the result of a step.
func (d *doctor) step(name, success string, took time.Duration, err error) {
	switch {
	case d.failed != "":
		d.line(d.style.faint("skipped"), name, "")
	case err == nil && took > 0:
		d.line(d.style.green("ok     "), name, success+" in "+milliseconds(took))
	case err == nil:
		d.line(d.style.green("ok     "), name, success)
	default:
		d.failure(name, err)
	}
}

// failure prints the error of a step and the advice for it.
func (d *doctor) failure(name string, err error) {
	d.failed = name
	status := d.style.red("FAILED ")
	for text := range strings.SplitSeq(describe(err), "\n") {
		d.line(status, name, text)
		status, name = noStatus, ""
	}
	for _, a := range advice(err) {
		d.line(noStatus, "", "- "+a)
	}
}

const noStatus = "       " // as wide as the other statuses

func (d *doctor) line(status, name, text string) {
	fmt.Fprintln(d.out, strings.TrimRight(fmt.Sprintf("%s %-10s %s", status, name, text), " "))
}

func (d *doctor) printAccounts(accounts []gen.Account) error {
	if len(accounts) == 0 {
		_, err := fmt.Fprintln(d.out, "\nYour user may use no account: ask an administrator of your RingCX account.")
		return err
	}
	fmt.Fprintln(d.out, "\nUse these account ids in paths, not the ids of the main account:")
	t := newAccountTable()
	for _, a := range accounts {
		t.add(a)
	}
	return t.write(d.out, d.style, "")
}

// logOut ends the session of the client, also after an interrupt. RingCentral keeps
// about five sessions of a user and ends the oldest one, so a session that stays open
// could end that of another program. An error is ignored, because it does not change
// the result of the diagnosis.
func logOut(ctx context.Context, client *ringcx.Client) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), logoutTimeout)
	defer cancel()
	_ = client.Tokens.Logout(ctx)
}

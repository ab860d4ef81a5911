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

const doctorHelp = `doctor walks through a sign-in step by step: the variables, the sign-in to
RingCentral, the exchange at RingCX, and the list of accounts. For each step it
says ok and how long it took, or what was refused, with the usual causes and
cures. It ends with the account ids to use in paths.

The exit status is 1 if any step failed, also if a variable is missing.`

func newDoctor() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Find out why a sign-in fails, and how to cure it",
		Long:  doctorHelp,
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			out := cmd.OutOrStdout()
			d := &doctor{out: out, style: newStyle(out)}
			return d.examine(cmd.Context())
		},
	}
}

// doctor prints what came of each step.
type doctor struct {
	out    io.Writer
	style  style
	failed string // the step that failed; those after it are skipped

	mu     sync.Mutex
	events map[ringcx.Stage]ringcx.Event // what the client told
}

func (d *doctor) examine(ctx context.Context) error {
	client, err := d.prepare()
	d.step("variables", "the credentials are there", 0, err)
	if err == nil {
		defer logOut(ctx, client)
	}
	d.signIn(ctx, client)
	accounts := d.accounts(ctx, client)
	if d.failed != "" {
		return fmt.Errorf("the step %q failed", d.failed)
	}
	return d.ids(accounts)
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

// signIn asks for a token. The client's events tell the two steps apart.
func (d *doctor) signIn(ctx context.Context, client *ringcx.Client) {
	var err error
	if d.failed == "" {
		_, err = client.Tokens.TokenContext(ctx)
	}
	d.mu.Lock()
	login, exchange := d.events[ringcx.StageLogin], d.events[ringcx.StageExchange]
	d.mu.Unlock()
	if err != nil && login.Err == nil && exchange.Err == nil {
		login.Err = err // an interrupt
	}
	d.step("sign-in", "RingCentral gives a token", login.Took, login.Err)
	d.step("exchange", "RingCX gives a token for it", exchange.Took, exchange.Err)
}

func (d *doctor) accounts(ctx context.Context, client *ringcx.Client) []gen.Account {
	var accounts []gen.Account
	var err error
	start := time.Now()
	if d.failed == "" {
		accounts, err = ringcx.Get(client.ListAccountsWithResponse(ctx))
	}
	d.step("accounts", fmt.Sprintf("RingCX lists %d", len(accounts)), time.Since(start), err)
	return accounts
}

// step prints what came of a step.
func (d *doctor) step(name, good string, took time.Duration, err error) {
	switch {
	case d.failed != "":
		d.line(d.style.faint("skipped"), name, "")
	case err == nil && took > 0:
		d.line(d.style.green("ok     "), name, good+" in "+milliseconds(took))
	case err == nil:
		d.line(d.style.green("ok     "), name, good)
	default:
		d.diagnose(name, err)
	}
}

// diagnose prints what failed, and the cures.
func (d *doctor) diagnose(name string, err error) {
	d.failed = name
	mark := d.style.red("FAILED ")
	for text := range strings.SplitSeq(complaint(err), "\n") {
		d.line(mark, name, text)
		mark, name = blankMark, ""
	}
	for _, c := range cures(err) {
		d.line(blankMark, "", "- "+c)
	}
}

const blankMark = "       " // as long as the others

func (d *doctor) line(mark, name, text string) {
	fmt.Fprintln(d.out, strings.TrimRight(fmt.Sprintf("%s %-10s %s", mark, name, text), " "))
}

func (d *doctor) ids(accounts []gen.Account) error {
	if len(accounts) == 0 {
		_, err := fmt.Fprintln(d.out, "\nYou may use no account: ask an administrator of your RingCX account.")
		return err
	}
	fmt.Fprintln(d.out, "\nUse these account ids in paths, and not those of the main account:")
	t := newAccountTable()
	for _, a := range accounts {
		t.add(a)
	}
	return t.write(d.out, d.style, "")
}

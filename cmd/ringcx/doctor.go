package main

import (
	"cmp"
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

const doctorHelp = `doctor runs a sign-in step by step: it checks the variables and the directory of the
session file, signs in to RingCentral, exchanges the RingCentral token at RingCX, and
lists the accounts. For each step it prints "ok" and how long the step took, or
"FAILED", the error, the usual causes and what to do about them. After a failure it
skips the remaining steps, except after a failure of the directory.
It also prints the servers, the client id and the profile that it uses. If all steps
succeed, it prints the account ids to use in paths.

With --families it then sends one request that reads for each service of the API, and
prints which of them your user may use in the first account: "ok", "no" with what
RingCX responded and which permission is documented, or "skipped" if the account has
none of the resources that the path needs, or if the service has no request that only
reads. One of the requests lists the interactions of three hours, which counts for the
rate limit of reports.

The exit status is 1 if a step failed, also if a variable is missing.`

// logoutTimeout limits how long doctor waits for the logout.
const logoutTimeout = 3 * time.Second

func newDoctor() *cobra.Command {
	var families bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Find out why a sign-in fails, and what to do",
		Long:  doctorHelp,
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			out := cmd.OutOrStdout()
			d := &doctor{out: out, style: newStyle(out), notices: newNotices(cmd)}
			defer d.notices.stop()
			return d.run(cmd, families)
		},
	}
	cmd.Flags().BoolVar(&families, "families", false, "also check which services your user may use")
	return cmd
}

// doctor runs the steps and prints the result of each.
type doctor struct {
	out    io.Writer
	style  style
	failed []string // the steps that failed
	skip   bool     // skip the remaining steps

	notices *notices

	cfg     ringcx.Config // valid if prepare returned no error
	profile profile

	mu     sync.Mutex
	events map[ringcx.Stage]ringcx.Event // the last event of each stage
}

func (d *doctor) run(cmd *cobra.Command, families bool) error {
	ctx := cmd.Context()
	client, err := d.prepare(cmd)
	d.step("variables", "the credentials are set", 0, err)
	if err == nil {
		d.settings()
	}
	d.cache(cmd)
	if err == nil {
		defer logOut(ctx, client)
	}
	d.signIn(ctx, client)
	accounts := d.accounts(ctx, client)
	switch len(d.failed) {
	case 0:
	case 1:
		return fmt.Errorf("the step %q failed", d.failed[0])
	default:
		return fmt.Errorf("the steps %q failed", d.failed)
	}
	if err := d.printAccounts(accounts); err != nil || !families {
		return err
	}
	return d.families(ctx, client, accounts)
}

func (d *doctor) prepare(cmd *cobra.Command) (*ringcx.Client, error) {
	cfg, err := loadConfig(cmd)
	if err != nil {
		return nil, err
	}
	d.cfg = cfg
	d.profile, _ = selectedProfile(cmd) // loadConfig returns its error
	cfg.OnEvent = func(e ringcx.Event) {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.events == nil {
			d.events = make(map[ringcx.Stage]ringcx.Event)
		}
		d.events[e.Stage] = e
	}
	d.notices.watch(&cfg)
	return newClient(cfg)
}

// settings prints the servers, the client id and the profile that are used.
func (d *doctor) settings() {
	login, ok := d.cfg.RingCentral.(*ringcx.JWTLogin)
	if !ok {
		return
	}
	for _, setting := range [][2]string{
		{"RingCX", cmp.Or(d.cfg.BaseURL, ringcx.DefaultBaseURL)},
		{"RingCentral", cmp.Or(login.BaseURL, ringCentralURL)},
		{"client id", login.ClientID},
		{"profile", cmp.Or(d.profile.name, "none")},
	} {
		d.line(noStatus, "", printable(fmt.Sprintf("%-12s %s", setting[0]+":", setting[1])))
	}
}

// ringCentralURL is the default of RINGCENTRAL_BASE_URL.
const ringCentralURL = "https://platform.ringcentral.com"

// cache checks the directory in which the other commands keep their session. The steps
// after it do not use it.
func (d *doctor) cache(cmd *cobra.Command) {
	if d.skip {
		d.step("cache", "", 0, nil)
		return
	}
	c, err := openCache(cmd)
	switch {
	case err == nil && c.off:
		d.line(d.style.yellow("note   "), "cache", "not checked, because "+c.reason)
		return
	case err == nil && c.store == nil:
		d.line(d.style.yellow("note   "), "cache", "each command signs in and logs out, because "+printable(c.reason))
		d.line(noStatus, "", "- to sign in once, choose a directory with --"+cacheDirFlag+", or set XDG_CACHE_HOME or HOME")
		return
	case err == nil:
		err = c.check(cmd.Context())
	}
	d.step("cache", "the session can be stored", 0, err)
	d.skip = false
}

// signIn requests a token and prints the results of the sign-in and of the
// exchange, which it takes from the events of the client.
func (d *doctor) signIn(ctx context.Context, client *ringcx.Client) {
	var err error
	if !d.skip {
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
	if !d.skip {
		accounts, err = client.Accounts.List(ctx)
	}
	d.step("accounts", fmt.Sprintf("RingCX returned a list of %d", len(accounts)), time.Since(start), err)
	return accounts
}

// step prints the result of a step.
func (d *doctor) step(name, success string, took time.Duration, err error) {
	switch {
	case d.skip:
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
	d.failed, d.skip = append(d.failed, name), true
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

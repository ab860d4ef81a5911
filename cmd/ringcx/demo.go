package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ringcx-go/ringcx-go/internal/mask"
	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

const demoHelp = `demo runs a real client against a fake RingCentral and a fake RingCX, and prints and
explains each request and response: the first call with its sign-in, a list of users, a
refresh after the token expired, many calls that share one refresh, a lost response, a
limit of RingCX, two processes that share a session, one of which is killed, and the
logout. It shows the code of each step.

It needs no account and no network. It starts two processes, which use a temporary
directory and a port of this machine. It shows the last six characters of each token.`

func newDemo() *cobra.Command {
	var store string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show how a sign-in works, without an account or a network",
		Long:  demoHelp,
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if store != "" {
				return runDemoProcess(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout(), store)
			}
			d := newDemonstration(cmd.OutOrStdout())
			defer d.fake.Close()
			return d.run(cmd.Context())
		},
	}
	cmd.Flags().StringVar(&store, demoStoreFlag, "", "run as a process of the demo with a Store in the directory `dir`")
	_ = cmd.Flags().MarkHidden(demoStoreFlag) // fails only for an unknown flag
	return cmd
}

// demonstration runs a client against a fake and prints the requests and responses.
type demonstration struct {
	printer
	fake     *ringcxtest.Server
	recorder *recorder
	config   ringcx.Config
	client   *ringcx.Client // from the first step on
}

func newDemonstration(out io.Writer) *demonstration {
	d := &demonstration{printer: printer{out: out, style: newStyle(out)}, fake: ringcxtest.New()}
	d.config = d.fake.Config()
	d.recorder = d.watch(&d.config)
	return d
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
		for _, line := range snippet(step.code) {
			d.print(strings.TrimRight("      "+d.style.cyan(line), " "))
		}
		d.print("")
		if err := step.run(ctx); err != nil {
			return err
		}
	}
	d.printSummary()
	return nil
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
	d.heading("Requests that the services in memory counted")
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
	name  string               // of the process, before each request and response
	shown func(roundTrip) bool // which requests to print; nil: all
}

// watch makes a client with cfg use a recorder, and prints its requests and responses,
// and the pauses before a request is sent again, as they happen.
func (p *printer) watch(cfg *ringcx.Config) *recorder {
	r := &recorder{base: http.DefaultTransport, started: p.request, ended: p.response}
	if cfg.HTTPClient != nil {
		r.base = cfg.HTTPClient.Transport
	}
	cfg.HTTPClient = &http.Client{Transport: r}
	cfg.UserAgent = userAgent()
	cfg.OnCall = func(c ringcx.Call) {
		if c.Retry && c.Wait > 0 {
			p.print("   " + p.name + "… the client waits " + seconds(c.Wait))
		}
	}
	return r
}

func (p *printer) request(x roundTrip) {
	if p.shown == nil || p.shown(x) {
		p.columns("→ "+x.method+" "+x.path, join(x.sent))
	}
}

func (p *printer) response(x roundTrip) {
	switch {
	case p.shown != nil && !p.shown(x):
	case x.status == 0:
		p.columns("← no response after "+milliseconds(x.took), x.note)
	default:
		p.columns(fmt.Sprintf("← %d in %s", x.status, milliseconds(x.took)), join(x.received)+x.note)
	}
}

// success prints the result of a step.
func (p *printer) success(format string, args ...any) {
	p.print("")
	p.print("   " + fmt.Sprintf(format, args...))
}

func (p *printer) columns(left, right string) {
	p.print(strings.TrimRight(fmt.Sprintf("   %-42s %s", p.name+left, right), " "))
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

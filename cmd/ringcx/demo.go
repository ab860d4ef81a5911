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

const demoHelp = `demo runs a real client against a RingCentral and a RingCX that live in the memory
of this program, and tells what passes between them: a sign-in, the exchange of
a RingCentral token for RingCX tokens, the accounts, the users, an expiry that
the client survives, many calls at once, and the logout.

It needs no account and no network. Tokens are shown by their last six
characters.`

func newDemo() *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "Show how a sign-in works, without an account or a network",
		Long:  demoHelp,
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			d, err := newStory(cmd.OutOrStdout())
			if err != nil {
				return err
			}
			defer d.fake.Close()
			return d.tell(cmd.Context())
		},
	}
}

// story is the demo. What it prints of the traffic is what its watch saw.
type story struct {
	out    io.Writer
	style  style
	fake   *ringcxtest.Server
	watch  *watch
	client *ringcx.Client
}

func newStory(out io.Writer) (*story, error) {
	s := &story{out: out, style: newStyle(out), fake: ringcxtest.New()}
	cfg := s.fake.Config()
	s.watch = &watch{base: cfg.HTTPClient.Transport}
	cfg.HTTPClient = &http.Client{Transport: s.watch}
	cfg.UserAgent = userAgent()
	var err error
	s.client, err = ringcx.New(cfg)
	return s, err
}

// chapter is a step of the story: a title, why it matters, and what is done.
type chapter struct {
	title, why string
	do         func(context.Context) error
}

func (s *story) tell(ctx context.Context) error {
	s.print("A real client, against a RingCentral and a RingCX in the memory of this program.")
	s.print("→ is a request, ← its answer. Tokens are shown by their last six characters.")
	for i, c := range s.chapters() {
		s.print("")
		s.print(s.style.bold(fmt.Sprintf("%d. %s", i+1, c.title)))
		for line := range strings.Lines(c.why) {
			s.print("   " + strings.TrimSpace(line))
		}
		s.print("")
		if err := c.do(ctx); err != nil {
			return err
		}
	}
	s.closing()
	return nil
}

func (s *story) print(text string) { fmt.Fprintln(s.out, text) }

// traffic prints exchanges: a request and its answer on two lines.
func (s *story) traffic(seen []exchange) {
	for _, x := range seen {
		s.half("→ "+x.method+" "+x.path, list(x.sent))
		answer := fmt.Sprintf("← %d in %s", x.status, milliseconds(x.took))
		s.half(answer, list(x.got)+x.note)
	}
}

func (s *story) half(what, with string) {
	s.print(strings.TrimRight(fmt.Sprintf("   %-42s %s", what, with), " "))
}

func list(secrets []secret) string {
	var texts []string
	for _, s := range secrets {
		texts = append(texts, s.String())
	}
	return strings.Join(texts, ", ")
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.2f ms", float64(d.Microseconds())/1000)
}

func (s *story) closing() {
	c := s.fake.Counts()
	s.print("")
	s.print(s.style.bold("The services counted"))
	s.print(fmt.Sprintf("   sign-ins %d, exchanges %d, refreshes %d, refresh tokens that were sent twice %d",
		c.Logins, c.Exchanges, c.Refreshes, c.RefreshReused))
	s.print("")
	s.print(s.style.bold("What next"))
	s.print("   ringcx mock      the same services for your own program, over HTTP")
	s.print("   ringcx doctor    the same steps against the real services, with your credentials")
}

// burst is how many calls meet one expiry.
const burst = 50

func (s *story) chapters() []chapter {
	return []chapter{
		{"Sign in to RingCentral", `RingCX has no passwords of its own: a program begins with RingCentral, which
			takes a JWT credential from the developer console and gives a token for it.`, s.signIn},
		{"Exchange that token at RingCX", `RingCX gives two tokens for it: one for calls, good for five minutes, and one
			for the next pair, good for one use.`, s.exchange},
		{"List the accounts", `The account id is what the paths of most other operations ask for.`, s.accounts},
		{"List the users", `Users are nested beneath the user who manages them.`, s.users},
		{"Five minutes pass", `The RingCX token dies. (The demo does not wait: it has the services end it.)
			The call below is refused, the client refreshes and sends it again. A client in
			use refreshes 75 seconds early, so that its calls hardly ever meet this.`, s.expiry},
		{"Many calls meet an expiry", `A refresh token is good for one use, so the calls must share one refresh.`, s.manyCalls},
		{"Log out", `RingCentral keeps about five sessions of a user: what is over should be ended.`, s.logOut},
	}
}

// signIn starts the client. The sign-in brings the exchange with it, which the
// next chapter tells.
func (s *story) signIn(ctx context.Context) error {
	_, err := s.client.Tokens.TokenContext(ctx)
	s.traffic(s.watch.take(1))
	return err
}

func (s *story) exchange(context.Context) error {
	s.traffic(s.watch.take(-1))
	return nil
}

func (s *story) accounts(ctx context.Context) error {
	accounts, err := ringcx.Get(s.client.ListAccountsWithResponse(ctx))
	s.traffic(s.watch.take(-1))
	if err != nil {
		return err
	}
	t := newAccountTable()
	for _, a := range accounts {
		t.add(a)
	}
	return s.table(t.table)
}

func (s *story) users(ctx context.Context) error {
	users, err := ringcx.Get(s.client.ListUsersWithResponse(ctx, nil))
	s.traffic(s.watch.take(-1))
	if err != nil {
		return err
	}
	t := newUserTable()
	for _, u := range users {
		t.add(u, 0)
	}
	return s.table(t.table)
}

func (s *story) table(t *table) error {
	s.print("")
	return t.write(s.out, s.style, "   ")
}

func (s *story) expiry(ctx context.Context) error {
	s.fake.ExpireTokens()
	start := time.Now()
	users, err := ringcx.Get(s.client.ListUsersWithResponse(ctx, nil))
	took := time.Since(start)
	seen := s.watch.take(-1)
	s.traffic(seen)
	if err != nil {
		return err
	}
	s.print("")
	s.print(fmt.Sprintf("   The program called once and got its list of %d after %s. It saw no error.", len(users), milliseconds(took)))
	s.rotation(seen)
	return nil
}

// rotation prints which refresh token took the place of which.
func (s *story) rotation(seen []exchange) {
	for _, x := range refreshes(seen) {
		s.print(fmt.Sprintf("   Refresh token: old %s, now spent; new %s, kept for the next time.",
			mask.Secret(x.sent[0].value), mask.Secret(x.got[len(x.got)-1].value)))
	}
}

// refreshes returns the exchanges that trade a refresh token for a new one.
func refreshes(seen []exchange) []exchange {
	var found []exchange
	for _, x := range seen {
		if x.path == refreshPath && len(x.sent) == 1 && len(x.got) == 2 {
			found = append(found, x)
		}
	}
	return found
}

const refreshPath = "/api/auth/token/refresh"

func (s *story) manyCalls(ctx context.Context) error {
	s.fake.ExpireTokens()
	start := time.Now()
	var wg sync.WaitGroup
	errs := make([]error, burst)
	for i := range burst {
		wg.Go(func() { _, errs[i] = ringcx.Get[[]gen.Account](s.client.ListAccountsWithResponse(ctx)) })
	}
	wg.Wait()
	took := time.Since(start)
	seen := refreshes(s.watch.take(-1))
	s.traffic(seen)
	if err := errors.Join(errs...); err != nil {
		return err
	}
	s.print("")
	s.print(fmt.Sprintf("   %d calls at once, all answered after %s, with %d refresh.", burst, milliseconds(took), len(seen)))
	s.rotation(seen)
	return nil
}

func (s *story) logOut(ctx context.Context) error {
	err := s.client.Tokens.Logout(ctx)
	s.traffic(s.watch.take(-1))
	return err
}

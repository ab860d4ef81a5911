package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

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

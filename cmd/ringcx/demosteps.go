package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/filestore"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// demoSource is the source of the steps. The demo shows the parts between a comment
// "code: NAME" and a comment "end", so that it shows the code that it runs.
//
//go:embed demosteps.go
var demoSource string

// demoStep is one step of the demo.
type demoStep struct {
	title, text string
	code        string // the name of the part of demoSource that the demo shows
	run         func(context.Context) error
}

func (d *demonstration) steps() []demoStep {
	return []demoStep{
		{"The first call signs in", `The client signs in to RingCentral with a JWT credential, which you create in the
			developer console. It sends the RingCentral token to RingCX and gets two tokens.
			The RingCX token authorizes calls and is valid for five minutes. The refresh
			token can be used once, to get the next two tokens.`, "first", d.first},
		{"List the users", `The client still has a valid token. The list is nested: each user contains the
			users whom they manage.`, "users", d.users},
		{"The RingCX token expires", `Five minutes after the exchange, the RingCX token is no longer valid. The demo
			does not wait: it makes the token expire now. RingCX rejects the next call with
			status 401. The client refreshes the tokens and sends the call again. In
			normal use the client refreshes 75 seconds before the token expires, and calls
			rarely get a 401.`, "expiry", d.expiry},
		{"Many calls share one refresh", fmt.Sprintf(`The token expires again, and the program makes %d calls at the same time. The
			refresh token can be used once, so all calls must share one refresh. Only that
			refresh is shown.`, concurrentCalls), "many", d.manyCalls},
		{"RingCX limits the calls", `RingCX rejects a call with status 429 and says when to send it again. The client
			waits, at most for a minute, and sends the call again.`, "limited", d.rateLimit},
		{"Log out", `RingCentral allows about five sessions per user and then ends the oldest one, so a
			program should end its session. The client ends it at RingCX and at RingCentral.`, "logout", d.logOut},
		{"The response to a refresh is lost", `Another client has signed in; this is not shown. Its token expires, and the
			connection breaks during the refresh. RingCX may have processed the request, so
			the refresh token may be used up. The client never sends it again: it exchanges
			the RingCentral token, which is still valid.`, "lost", d.lostResponse},
		{"Two processes share one session, and one is killed", `A and B are processes with the same Store. A signs in, and B uses the tokens of A.
			Then the token expires, and A is killed during its refresh. B notices it, does
			not send the refresh token that A may have used up, and exchanges the
			RingCentral token. No sign-in is needed.`, "process", d.twoProcesses},
	}
}

// snippet returns the lines of demoSource with a name, without their indentation.
func snippet(name string) []string {
	_, code, _ := strings.Cut(demoSource, "// code: "+name+"\n")
	code, _, _ = strings.Cut(code, "// end\n")
	code = strings.TrimRight(code, "\t\n")
	indent := code[:len(code)-len(strings.TrimLeft(code, "\t"))]
	lines := strings.Split(code, "\n")
	for i, line := range lines {
		lines[i] = strings.ReplaceAll(strings.TrimPrefix(line, indent), "\t", "    ")
	}
	return lines
}

func (d *demonstration) first(ctx context.Context) error {
	cfg := d.config
	// code: first
	client, err := ringcx.New(cfg) // with a client id, a client secret and a JWT credential
	if err != nil {
		return err
	}
	accounts, err := client.Accounts.List(ctx)
	// end
	d.client = client
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
	client, t := d.client, newUserTable()
	// code: users
	for user, err := range client.Users.All(ctx, nil) {
		if err != nil {
			return err
		}
		t.add(user, 0)
	}
	// end
	return d.table(t.table)
}

func (d *demonstration) expiry(ctx context.Context) error {
	client := d.client
	d.fake.ExpireTokens()
	d.recorder.take()
	start := time.Now()
	// code: expiry
	users, err := client.Users.List(ctx, nil)
	// end
	if err != nil {
		return err
	}
	d.success("The program made one call and got a list of %d after %s, without an error.", len(users), milliseconds(time.Since(start)))
	d.printRotation(refreshes(d.recorder.take()))
	return nil
}

// concurrentCalls is the number of calls that share one refresh.
const concurrentCalls = 50

func (d *demonstration) manyCalls(ctx context.Context) error {
	client := d.client
	d.fake.ExpireTokens()
	d.shown = func(x roundTrip) bool { return x.path == refreshPath }
	defer func() { d.shown = nil }()
	start := time.Now()
	// code: many
	var wg sync.WaitGroup
	errs := make([]error, concurrentCalls)
	for i := range errs {
		wg.Go(func() { _, errs[i] = client.Accounts.List(ctx) })
	}
	wg.Wait()
	// end
	took := time.Since(start)
	if err := errors.Join(errs...); err != nil {
		return err
	}
	seen := refreshes(d.recorder.take())
	d.success("%d calls at once: all succeeded within %s, with %d refresh.", concurrentCalls, milliseconds(took), len(seen))
	d.printRotation(seen)
	return nil
}

func (d *demonstration) lostResponse(ctx context.Context) error {
	client, err := d.otherClient(ctx)
	if err != nil {
		return err
	}
	d.fake.ExpireTokens()
	d.fake.Fault(ringcxtest.Refresh, ringcxtest.DropAnswer, 1)
	// code: lost
	accounts, err := client.Accounts.List(ctx)
	// end
	if err != nil {
		return err
	}
	d.success("The program got a list of %d, without an error and without a new sign-in.", len(accounts))
	d.shown = func(roundTrip) bool { return false }
	defer func() { d.shown = nil }()
	return client.Tokens.Logout(ctx)
}

// otherClient returns a client that has signed in. A client sends at most four exchanges
// and refreshes a minute, and d.client has sent three.
func (d *demonstration) otherClient(ctx context.Context) (*ringcx.Client, error) {
	d.shown = func(roundTrip) bool { return false }
	defer func() { d.shown = nil }()
	client, err := ringcx.New(d.config)
	if err != nil {
		return nil, err
	}
	_, err = client.Tokens.TokenContext(ctx)
	return client, err
}

func (d *demonstration) rateLimit(ctx context.Context) error {
	client := d.client
	d.fake.Fault(ringcxtest.Users, ringcxtest.RateLimit(time.Second), 1)
	// code: limited
	users, err := client.Users.List(ctx, nil)
	// end
	if err != nil {
		return err
	}
	d.success("The program got a list of %d, a second later.", len(users))
	return nil
}

// newDemoProcess returns the client of one of the processes.
func newDemoProcess(cfg ringcx.Config, dir string) (*ringcx.Client, error) {
	// code: process
	store, err := filestore.New(dir) // the same directory in both processes
	if err != nil {
		return nil, err
	}
	cfg.Store = store
	client, err := ringcx.New(cfg)
	// end
	return client, err
}

func (d *demonstration) logOut(ctx context.Context) error {
	client := d.client
	// code: logout
	err := client.Tokens.Logout(ctx)
	// end
	return err
}

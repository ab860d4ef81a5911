package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/internal/mask"
	"github.com/ringcx-go/ringcx-go/ringcx"
)

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

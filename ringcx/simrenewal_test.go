package ringcx_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// storeLost is a trouble in which a process loses the Store while its refresh is
// on the way: it cannot write the pair that it receives for a minute. Sometimes
// others renew meanwhile, and sometimes they get no further than a sign-in.
func storeLost(s *simulation, x *excuse, r *rand.Rand) {
	for _, h := range s.hosts {
		h.next(step{at: string(ringcx.StageRefresh), do: "cut", pause: time.Duration(r.Int64N(int64(80 * time.Second))), why: x})
	}
	if r.IntN(2) == 0 {
		s.fake.Fault(ringcxtest.Exchange, ringcxtest.Status(401, "no"), 1)
		s.fake.Fault(ringcxtest.Exchange, ringcxtest.Status(500, "down"), 2)
	}
	time.Sleep(6 * time.Minute) // until one of them has renewed
	s.nothingNext()
}

// recordLost is a trouble in which the record is deleted while a request of a
// renewal is on the way, or put back after a refresh of unknown outcome.
func recordLost(s *simulation, x *excuse, r *rand.Rand) {
	stages := []ringcx.Stage{ringcx.StageLogin, ringcx.StageExchange, ringcx.StageRefresh}
	stage := stages[r.IntN(len(stages))]
	what := step{at: string(stage), do: "delete", why: x}
	if stage == ringcx.StageRefresh && r.IntN(2) == 0 {
		what.do, what.after = "restore", true
		s.fake.Fault(ringcxtest.Refresh, ringcxtest.Status(500, "down"), 1)
	}
	for _, h := range s.hosts {
		h.next(what)
	}
	if stage != ringcx.StageRefresh {
		s.causes.Add(1)
		s.fake.RevokeSession()
	}
	time.Sleep(4 * time.Minute)
	s.nothingNext()
}

func (s *simulation) nothingNext() {
	for _, h := range s.hosts {
		h.next(step{})
	}
}

// lostRecord deletes the record while a request of this process is on the way, or
// puts back the one from before its claim.
func (l *simLink) lostRecord(restore bool) {
	s := l.host.sim
	s.causes.Add(1)
	s.watch.replaced()
	s.store.damage(func(now *simRecord) []byte {
		if !restore {
			return nil
		}
		s.restored.Add(1)
		return now.old(1)
	})
}

// lostStore keeps the process from the Store for a while, beginning now.
func (l *simLink) lostStore(d time.Duration) {
	if len(l.host.sim.hosts) > 1 {
		l.host.sim.causes.Add(1) // of another one that renews meanwhile
	}
	l.host.isCut[store].Store(true)
	time.AfterFunc(d, func() { l.host.isCut[store].Store(false) })
}

// logoutsThatWait is a trouble with Logouts that cannot begin: another process
// renews, or the process itself, or the Store is out of reach, or Close comes.
func logoutsThatWait(s *simulation, x *excuse, r *rand.Rand) {
	h, late := s.any(r), s.any(r)
	at := []string{"send", "swap"}[r.IntN(2)]
	for _, h := range s.hosts {
		h.next(step{at: at, after: true, do: "pause", pause: 45 * time.Second, why: x})
	}
	s.fake.ExpireTokens()
	var wg sync.WaitGroup
	wg.Go(func() { late.step(r) })
	time.Sleep(time.Second)
	wg.Go(func() { h.logoutWithin(2 * time.Second) })
	wg.Go(func() { late.logoutWithin(2 * time.Second) })
	wg.Go(h.logoutAndClose)
	wg.Wait()
	s.nothingNext()
	h.isCut[store].Store(true)
	h.logoutWithin(2 * time.Second)
	h.isCut[store].Store(false)
}

// logoutWithin begins a Logout that may fail.
func (h *simHost) logoutWithin(d time.Duration) {
	h.sim.causes.Add(1)
	ctx, cancel := context.WithTimeout(h.sim.Context(), d)
	defer cancel()
	client, _ := h.process()
	h.leaves(true)
	_ = client.Tokens.Logout(ctx)
	h.leaves(false)
}

// logoutAndClose runs another program on the machine, whose Logout meets Close.
func (h *simHost) logoutAndClose() {
	h.sim.causes.Add(1)
	client, _ := h.begin()
	var wg sync.WaitGroup
	wg.Go(func() { _ = client.Tokens.Logout(h.sim.Context()) })
	time.Sleep(time.Second)
	client.Tokens.Close()
	wg.Wait()
	if err := client.Tokens.Logout(h.sim.Context()); err == nil {
		h.sim.Errorf("at %v process %d: Logout after Close reported nothing", h.sim.at(), h.id)
	}
}

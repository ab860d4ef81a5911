package ringcx_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// fleetTroubles are troubles followed by the kinds that need a Store.
var fleetTroubles = append(troubles[:len(troubles):len(troubles)],
	disrupt("killed", disruption{do: "kill"}),
	disrupt("paused", disruption{do: "pause", pause: 45 * time.Second}),
	disrupt("paused for long", disruption{do: "pause", pause: 5 * time.Minute}),
	disrupt("paused for hours", disruption{do: "pause", pause: 3 * time.Hour}),
	disruptStoreCall("ambiguous write", disruption{at: "swap", do: "ambiguous"}),
	disruptStoreCall("lost write", disruption{at: "swap", do: "lost"}),
	disruptStoreCall("late write", disruption{at: "swap", do: "late", pause: 8 * time.Second}),
	disruptStoreCall("very late write", disruption{at: "swap", do: "late", pause: 40 * time.Second}),
	disruptStoreCall("stale read", disruption{at: "load", do: "stale"}),
	partition("Store down", store, all, time.Minute),
	partition("Store down for long", store, all, 20*time.Minute),
	partition("Store down, tokens expired", store, all, time.Minute),
	partition("partition from the Store", store, half, time.Minute),
	partition("long partition from the Store", store, half, 20*time.Minute),
	partition("partition from the services", services, half, time.Minute),
	storeHangs("Store hangs", one),
	storeHangs("Store hangs for all", all),
	damageRecord("record deleted", func(*simRecord, *rand.Rand) []byte { return nil }),
	damageRecord("record corrupted", func(now *simRecord, _ *rand.Rand) []byte { return bytes.Repeat([]byte("x"), len(now.data)/2) }),
	damageRecord("record downgraded", func(now *simRecord, r *rand.Rand) []byte { return now.previous(1 + r.IntN(recordHistory)) }),
	trouble{"rolling restart", bounds["rolling restart"], func(s *simulation, _ *occurrence, r *rand.Rand) {
		for _, p := range s.processes {
			p.kill()
			time.Sleep(time.Duration(r.Int64N(int64(5 * time.Second))))
		}
	}},
	trouble{"cold start", bounds["cold start"], func(s *simulation, _ *occurrence, _ *rand.Rand) { s.killAll() }},
	trouble{"cold start without the Store", bounds["cold start without the Store"], func(s *simulation, _ *occurrence, r *rand.Rand) {
		s.killAll()
		s.cutFor(r, store, s.processes, time.Minute)
	}},
	trouble{"commands", bounds["commands"], func(s *simulation, _ *occurrence, r *rand.Rand) {
		for range 20 {
			_ = s.any(r).command()
			time.Sleep(time.Duration(r.ExpFloat64() * float64(time.Minute)))
		}
	}},
	trouble{"all suspended", bounds["all suspended"], func(s *simulation, _ *occurrence, _ *rand.Rand) {
		for _, p := range s.processes {
			p.suspended.Store(true)
		}
		time.Sleep(2 * time.Hour)
		for _, p := range s.processes {
			p.suspended.Store(false)
		}
	}},
	trouble{"cloned", bounds["cloned"], cloned},
	trouble{"Store lost during a renewal", bounds["Store lost during a renewal"], storeLost},
	trouble{"record lost during a renewal", bounds["record lost during a renewal"], recordLost},
	trouble{"waiting logouts", bounds["waiting logouts"], logoutsThatWait},
	brokenNetwork("requests lost for one", one, requestsLost),
	brokenNetwork("responses lost for one", one, responsesLost),
	brokenNetwork("requests lost for a third", third, requestsLost),
	brokenNetwork("requests lost for half", half, requestsLost),
	brokenNetwork("403 for one", one, proxy(403, http.Header{}, "forbidden")),
	brokenNetwork("429 for one", one, limited),
	brokenNetwork("HTML for one", one, proxy(200, http.Header{}, "<html>please sign in</html>")),
	brokenNetwork("connection reset for one", one, connectionReset),
)

// disrupt returns a trouble that disrupts up to three processes at their next Load, swap
// or token request.
func disrupt(name string, d disruption) trouble {
	return trouble{name, bounds[name], func(s *simulation, x *occurrence, r *rand.Rand) {
		d := d
		d.occurrence, d.at = x, []string{"load", "swap", "send"}[r.IntN(3)]
		for range 3 { // so that one of them is likely to renew
			d.after = r.IntN(2) == 0
			s.any(r).plan(d)
		}
		if r.IntN(2) == 0 {
			s.fake.ExpireTokens()
		}
	}}
}

// disruptStoreCall returns a trouble at the next Store call of a third of the processes.
func disruptStoreCall(name string, d disruption) trouble {
	return trouble{name, bounds[name], func(s *simulation, x *occurrence, r *rand.Rand) {
		d := d
		d.occurrence = x
		for _, p := range s.some(r, third(s.processes)) {
			p.plan(d)
		}
	}}
}

// damageRecord returns a trouble that replaces the record without a swap.
func damageRecord(name string, change func(now *simRecord, r *rand.Rand) []byte) trouble {
	return trouble{name, bounds[name], func(s *simulation, _ *occurrence, r *rand.Rand) {
		s.causes.Add(1)
		if name == "record downgraded" {
			s.restored.Add(1)
		}
		s.watch.replaced()
		s.store.damageRecord(func(now *simRecord) []byte { return change(now, r) })
	}}
}

// The connections of a process that can be cut.
const (
	store = iota
	services
)

// mostTurns is how many processes can request tokens of their own without exceeding a
// limit of RingCX. If there are more, RingCX also rejects requests of the other processes
// with 429.
const mostTurns = 20

// partition returns a trouble that cuts some processes off from the Store or the
// services.
func partition(name string, line int, part func([]*simProcess) int, most time.Duration) trouble {
	return trouble{name, bounds[name], func(s *simulation, x *occurrence, r *rand.Rand) {
		processes := s.processes[:part(s.processes)]
		if len(processes) < len(s.processes) {
			if line == services || len(processes) <= mostTurns {
				x.affects(processes...)
			}
			s.causes.Add(1) // one of the processes may be renewing
		}
		if name == "Store down, tokens expired" {
			s.fake.ExpireTokens()
		}
		s.cutFor(r, line, processes, most)
	}}
}

// cutFor cuts a connection of the processes for a random time, which most limits.
func (s *simulation) cutFor(r *rand.Rand, line int, processes []*simProcess, most time.Duration) {
	for _, p := range processes {
		p.isCut[line].Store(true)
	}
	time.Sleep(min(time.Duration(r.ExpFloat64()*float64(most)), most))
	for _, p := range processes {
		p.isCut[line].Store(false)
	}
}

// storeHangs returns a trouble in which Store calls of some processes ignore their
// contexts and hang for up to 3 minutes.
func storeHangs(name string, part func([]*simProcess) int) trouble {
	return trouble{name, bounds[name], func(s *simulation, x *occurrence, r *rand.Rand) {
		processes := s.some(r, part(s.processes))
		x.affects(processes...)
		d := time.Duration(r.Int64N(int64(3 * time.Minute)))
		for _, p := range processes {
			s.causes.Add(1) // the process may be renewing
			p.hangs.Store(time.Now().Add(d).UnixNano())
		}
		time.Sleep(d)
	}}
}

// cloned copies a process including its memory, and lets both run.
func cloned(s *simulation, x *occurrence, r *rand.Rand) {
	p := s.any(r)
	if p.killed() {
		return
	}
	c := p.clone(p.id + 1000)
	x.affects(p, c)
	defer c.close()
	for step := range 20 {
		if step == 10 {
			s.fake.ExpireTokens() // both processes notice it at the same time
		}
		c.makeCalls(s.draw(c.id, step))
		time.Sleep(s.interval())
	}
}

func (s *simulation) any(r *rand.Rand) *simProcess { return s.processes[r.IntN(len(s.processes))] }

// some returns n different processes.
func (s *simulation) some(r *rand.Rand, n int) (processes []*simProcess) {
	for _, i := range r.Perm(len(s.processes))[:n] {
		processes = append(processes, s.processes[i])
	}
	return processes
}

func (s *simulation) killAll() {
	for _, p := range s.processes {
		p.kill()
	}
}

// storeLost is a trouble in which a process loses the Store during its refresh: for up to
// 80 s it cannot write the tokens that it receives. In half of the cases, exchanges of
// other processes fail meanwhile.
func storeLost(s *simulation, x *occurrence, r *rand.Rand) {
	for _, p := range s.processes {
		p.plan(disruption{at: string(ringcx.StageRefresh), do: "cut", pause: time.Duration(r.Int64N(int64(80 * time.Second))), occurrence: x})
	}
	if r.IntN(2) == 0 {
		s.fake.Fault(ringcxtest.Exchange, ringcxtest.Status(401, "no"), 1)
		s.fake.Fault(ringcxtest.Exchange, ringcxtest.Status(500, "down"), 2)
	}
	time.Sleep(6 * time.Minute) // until one of the processes has renewed
	s.clearPlans()
}

// recordLost is a trouble in which the record is deleted during a request of a renewal,
// or an old record is restored after a refresh with an unknown outcome.
func recordLost(s *simulation, x *occurrence, r *rand.Rand) {
	stages := []ringcx.Stage{ringcx.StageLogin, ringcx.StageExchange, ringcx.StageRefresh}
	stage := stages[r.IntN(len(stages))]
	d := disruption{at: string(stage), do: "delete", occurrence: x}
	if stage == ringcx.StageRefresh && r.IntN(2) == 0 {
		d.do, d.after = "restore", true
		s.fake.Fault(ringcxtest.Refresh, ringcxtest.Status(500, "down"), 1)
	}
	for _, p := range s.processes {
		p.plan(d)
	}
	if stage != ringcx.StageRefresh {
		s.causes.Add(1)
		s.fake.RevokeSession()
	}
	time.Sleep(4 * time.Minute)
	s.clearPlans()
}

// clearPlans cancels the planned disruptions of all processes.
func (s *simulation) clearPlans() {
	for _, p := range s.processes {
		p.plan(disruption{})
	}
}

// lostRecord deletes the record, or restores the previous one.
func (l *simLink) lostRecord(restore bool) {
	s := l.process.sim
	s.causes.Add(1)
	s.watch.replaced()
	s.store.damageRecord(func(now *simRecord) []byte {
		if !restore {
			return nil
		}
		s.restored.Add(1)
		return now.previous(1)
	})
}

// lostStore cuts the process off from the Store for d.
func (l *simLink) lostStore(d time.Duration) {
	if len(l.process.sim.processes) > 1 {
		l.process.sim.causes.Add(1) // another process may renew meanwhile
	}
	l.process.isCut[store].Store(true)
	time.AfterFunc(d, func() { l.process.isCut[store].Store(false) })
}

// logoutsThatWait is a trouble with Logouts that must wait: for a renewal of another
// process or of the process itself, for the Store, or until Close.
func logoutsThatWait(s *simulation, x *occurrence, r *rand.Rand) {
	p, late := s.any(r), s.any(r)
	at := []string{"send", "swap"}[r.IntN(2)]
	for _, p := range s.processes {
		p.plan(disruption{at: at, after: true, do: "pause", pause: 45 * time.Second, occurrence: x})
	}
	s.fake.ExpireTokens()
	var wg sync.WaitGroup
	wg.Go(func() { late.makeCalls(r) })
	time.Sleep(time.Second)
	wg.Go(func() { p.logoutWithin(2 * time.Second) })
	wg.Go(func() { late.logoutWithin(2 * time.Second) })
	wg.Go(p.logoutAndClose)
	wg.Wait()
	s.clearPlans()
	p.isCut[store].Store(true)
	p.logoutWithin(2 * time.Second)
	p.isCut[store].Store(false)
}

// logoutWithin calls Logout with a timeout of d. It may fail.
func (p *simProcess) logoutWithin(d time.Duration) {
	p.sim.causes.Add(1)
	ctx, cancel := context.WithTimeout(p.sim.Context(), d)
	defer cancel()
	client, _ := p.current()
	p.setLoggingOut(true)
	_ = client.Tokens.Logout(ctx)
	p.setLoggingOut(false)
}

// logoutAndClose starts another process on the same machine and calls Close during its
// Logout.
func (p *simProcess) logoutAndClose() {
	p.sim.causes.Add(1)
	client, _ := p.launch()
	var wg sync.WaitGroup
	wg.Go(func() { _ = client.Tokens.Logout(p.sim.Context()) })
	time.Sleep(time.Second)
	client.Tokens.Close()
	wg.Wait()
	if err := client.Tokens.Logout(p.sim.Context()); err == nil {
		p.sim.Errorf("at %v process %d: Logout after Close returned no error", p.sim.at(), p.id)
	}
}

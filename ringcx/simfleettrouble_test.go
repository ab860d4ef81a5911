package ringcx_test

import (
	"bytes"
	"math/rand/v2"
	"net/http"
	"time"
)

// fleetTroubles are those of one process, and those that take a Store.
var fleetTroubles = append(troubles[:len(troubles):len(troubles)],
	process("killed", step{do: "kill"}),
	process("paused", step{do: "pause", pause: 45 * time.Second}),
	process("paused for long", step{do: "pause", pause: 5 * time.Minute}),
	process("paused for hours", step{do: "pause", pause: 3 * time.Hour}),
	writes("ambiguous write", step{at: "swap", do: "ambiguous"}),
	writes("lost write", step{at: "swap", do: "lost"}),
	writes("late write", step{at: "swap", do: "late", pause: 8 * time.Second}),
	writes("very late write", step{at: "swap", do: "late", pause: 40 * time.Second}),
	writes("stale read", step{at: "load", do: "stale"}),
	cut("Store down", store, all, time.Minute),
	cut("Store down for long", store, all, 20*time.Minute),
	cut("Store down, tokens expired", store, all, time.Minute),
	cut("partition from the Store", store, half, time.Minute),
	cut("long partition from the Store", store, half, 20*time.Minute),
	cut("partition from the services", services, half, time.Minute),
	hang("Store hangs", one),
	hang("Store hangs for all", all),
	damage("record deleted", func(*simRecord, *rand.Rand) []byte { return nil }),
	damage("record corrupted", func(now *simRecord, _ *rand.Rand) []byte { return bytes.Repeat([]byte("x"), len(now.data)/2) }),
	damage("record downgraded", func(now *simRecord, r *rand.Rand) []byte { return now.old(1 + r.IntN(memory)) }),
	trouble{"rolling restart", bounds["rolling restart"], func(s *simulation, _ *excuse, r *rand.Rand) {
		for _, h := range s.hosts {
			h.kill()
			time.Sleep(time.Duration(r.Int64N(int64(5 * time.Second))))
		}
	}},
	trouble{"cold start", bounds["cold start"], func(s *simulation, _ *excuse, _ *rand.Rand) { s.killAll() }},
	trouble{"cold start without the Store", bounds["cold start without the Store"], func(s *simulation, _ *excuse, r *rand.Rand) {
		s.killAll()
		s.cutFor(r, store, s.hosts, time.Minute)
	}},
	trouble{"commands", bounds["commands"], func(s *simulation, _ *excuse, r *rand.Rand) {
		for range 20 {
			_ = s.any(r).command()
			time.Sleep(time.Duration(r.ExpFloat64() * float64(time.Minute)))
		}
	}},
	trouble{"all suspended", bounds["all suspended"], func(s *simulation, _ *excuse, _ *rand.Rand) {
		for _, h := range s.hosts {
			h.suspended.Store(true)
		}
		time.Sleep(2 * time.Hour)
		for _, h := range s.hosts {
			h.suspended.Store(false)
		}
	}},
	trouble{"cloned", bounds["cloned"], cloned},
	trouble{"Store lost in a renewal", bounds["Store lost in a renewal"], storeLost},
	trouble{"record lost in a renewal", bounds["record lost in a renewal"], recordLost},
	trouble{"logouts that wait", bounds["logouts that wait"], logoutsThatWait},
	sick("services silent to one", one, silent),
	sick("services deaf to one", one, deaf),
	sick("services silent to a third", third, silent),
	sick("services silent to half", half, silent),
	sick("403 for one", one, proxy(403, http.Header{}, "forbidden")),
	sick("429 for one", one, limited),
	sick("HTML for one", one, proxy(200, http.Header{}, "<html>please sign in</html>")),
	sick("reset for one", one, reset),
)

// process is a trouble at one of the steps of one process.
func process(name string, what step) trouble {
	return trouble{name, bounds[name], func(s *simulation, x *excuse, r *rand.Rand) {
		what := what
		what.why, what.at = x, []string{"load", "swap", "send"}[r.IntN(3)]
		for range 3 { // one of them will renew
			what.after = r.IntN(2) == 0
			s.any(r).next(what)
		}
		if r.IntN(2) == 0 {
			s.fake.ExpireTokens()
		}
	}}
}

// writes is a trouble at the next call of the Store of a few processes.
func writes(name string, what step) trouble {
	return trouble{name, bounds[name], func(s *simulation, x *excuse, r *rand.Rand) {
		what := what
		what.why = x
		for _, h := range s.some(r, third(s.hosts)) {
			h.next(what)
		}
	}}
}

// damage is a trouble that replaces the record.
func damage(name string, change func(now *simRecord, r *rand.Rand) []byte) trouble {
	return trouble{name, bounds[name], func(s *simulation, _ *excuse, r *rand.Rand) {
		s.causes.Add(1)
		if name == "record downgraded" {
			s.restored.Add(1)
		}
		s.watch.replaced()
		s.store.damage(func(now *simRecord) []byte { return change(now, r) })
	}}
}

// The lines of a machine that can be cut.
const (
	store = iota
	services
)

// mostTurns is how many processes can request tokens of their own without a limit being
// exceeded. More of them cost the others a 429.
const mostTurns = 20

// cut is a trouble that keeps a part of the fleet from the Store or from the
// services.
func cut(name string, line int, part func([]*simHost) int, most time.Duration) trouble {
	return trouble{name, bounds[name], func(s *simulation, x *excuse, r *rand.Rand) {
		hosts := s.hosts[:part(s.hosts)]
		if len(hosts) < len(s.hosts) {
			if line == services || len(hosts) <= mostTurns {
				x.affects(hosts...)
			}
			s.causes.Add(1) // one of them may be renewing
		}
		if name == "Store down, tokens expired" {
			s.fake.ExpireTokens()
		}
		s.cutFor(r, line, hosts, most)
	}}
}

func (s *simulation) cutFor(r *rand.Rand, line int, hosts []*simHost, most time.Duration) {
	for _, h := range hosts {
		h.isCut[line].Store(true)
	}
	time.Sleep(min(time.Duration(r.ExpFloat64()*float64(most)), most))
	for _, h := range hosts {
		h.isCut[line].Store(false)
	}
}

// hang is a trouble in which calls of the Store do not return for minutes, though
// their contexts end.
func hang(name string, part func([]*simHost) int) trouble {
	return trouble{name, bounds[name], func(s *simulation, x *excuse, r *rand.Rand) {
		hosts := s.some(r, part(s.hosts))
		x.affects(hosts...)
		d := time.Duration(r.Int64N(int64(3 * time.Minute)))
		for _, h := range hosts {
			s.causes.Add(1) // it may be renewing
			h.hangs.Store(time.Now().Add(d).UnixNano())
		}
		time.Sleep(d)
	}}
}

// cloned copies a process, with all that it has in memory. Both run for a while.
func cloned(s *simulation, x *excuse, r *rand.Rand) {
	h := s.any(r)
	if h.killed() {
		return
	}
	c := h.clone(h.id + 1000)
	x.affects(h, c)
	defer c.close()
	for step := range 20 {
		if step == 10 {
			s.fake.ExpireTokens() // both find out at once
		}
		c.step(s.draw(c.id, step))
		time.Sleep(s.interval())
	}
}

func (s *simulation) any(r *rand.Rand) *simHost { return s.hosts[r.IntN(len(s.hosts))] }

// some returns n processes.
func (s *simulation) some(r *rand.Rand, n int) (hosts []*simHost) {
	for _, i := range r.Perm(len(s.hosts))[:n] {
		hosts = append(hosts, s.hosts[i])
	}
	return hosts
}

func (s *simulation) killAll() {
	for _, h := range s.hosts {
		h.kill()
	}
}

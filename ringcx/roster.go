package ringcx

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"
)

const (
	maxRoster     = 20               // entries: as many turns as fit into a token's life
	rosterUpdate  = 8 * time.Minute  // after which a process writes its entry again
	registerTries = 3                // to write an entry
	leaveTries    = 20               // to remove it, at most 125 ms apart
	rosterEnd     = 14 * time.Minute // after which the process of an entry has ended: it looks once in a token's life
)

// member is one process in the roster of the record: those that share the session,
// so that each knows its turn when the Store is down.
type member struct {
	Since mark `json:"since"` // when it was listed first
	Seen  mark `json:"seen"`  // when it wrote last
}

// enlist enters the process of owner, or says that it is still there. A roster that is
// full takes nobody else.
func enlist(roster map[string]member, owner string, c *serverClock) map[string]member {
	next := maps.Clone(roster)
	if next == nil {
		next = map[string]member{}
	}
	end := lastSeen(roster, c).Add(-rosterEnd)
	maps.DeleteFunc(next, func(_ string, m member) bool { return c.local(m.Seen).Before(end) || farAhead(c, m.Seen, 0) })
	if _, listed := next[owner]; !listed && len(next) >= maxRoster {
		makeRoom(next, c)
	}
	now := c.mark(time.Now())
	switch m, listed := next[owner]; {
	case listed:
		next[owner] = member{Since: m.Since, Seen: now}
	case len(next) < maxRoster:
		since := now
		for _, m := range next { // after all others, so that no place is given twice
			if !farAhead(c, m.Since, 0) {
				since.At = max(since.At, m.Since.At+1)
			}
		}
		next[owner] = member{Since: since, Seen: now}
	}
	return next
}

// makeRoom removes the entry that was written longest ago, if its process should have
// written it again. If that process runs, it comes back.
func makeRoom(roster map[string]member, c *serverClock) {
	oldest := ""
	for o, m := range roster {
		if before, ok := roster[oldest]; !ok || m.Seen.At < before.Seen.At {
			oldest = o
		}
	}
	if lastSeen(roster, c).Sub(c.local(roster[oldest].Seen)) > rosterUpdate {
		delete(roster, oldest)
	}
}

// delist removes the process of owner.
func delist(roster map[string]member, owner string) map[string]member {
	next := maps.Clone(roster)
	delete(next, owner)
	return next
}

// turns returns the processes of a roster in the order of their turns, and how many of
// them were listed lately. Those come first, the earliest of them first: after a restart
// the entries of the processes before it, which may still be there, cost the new ones
// no place, and no process moves when another is listed.
func turns(roster map[string]member, c *serverClock) (owners []string, recent int) {
	end := lastSeen(roster, c).Add(-rosterEnd)
	old := func(o string) int {
		if c.local(roster[o].Since).Before(end) {
			return 1
		}
		return 0
	}
	for o, m := range roster {
		if !c.local(m.Seen).Before(end) && !farAhead(c, m.Seen, 0) {
			owners = append(owners, o)
			recent += 1 - old(o)
		}
	}
	slices.SortFunc(owners, func(a, b string) int {
		return cmp.Or(cmp.Compare(old(a), old(b)), cmp.Compare(roster[a].Since.At, roster[b].Since.At), cmp.Compare(a, b))
	})
	return owners, recent
}

// lastSeen returns when the roster was written last. Its entries are compared with that, and
// not with the time, so that processes that read the same roster agree.
func lastSeen(roster map[string]member, c *serverClock) time.Time {
	newest := time.Time{}
	for _, m := range roster {
		if !farAhead(c, m.Seen, 0) {
			newest = later(newest, c.local(m.Seen))
		}
	}
	return newest
}

// hasOthers reports whether other processes share the session.
func (l *ledger) hasOthers() bool {
	_, listed := l.record.Roster[l.owner]
	return len(l.record.Roster) > 1 || len(l.record.Roster) == 1 && !listed
}

// unlisted reports whether this process must write its entry of the roster. While
// another one renews, it does not: the write would cost that one a conflict.
func (l *ledger) unlisted() bool {
	if l.record.Rev == "" || l.record.Lease != nil || !l.down.IsZero() {
		return false
	}
	m, listed := l.record.Roster[l.owner]
	if !listed {
		_, listed = enlist(l.record.Roster, l.owner, l.clock)[l.owner]
		return listed
	}
	return time.Since(l.clock.local(m.Seen)) > rosterUpdate
}

// register writes the entry of this process, and nothing else.
func (l *ledger) register(ctx context.Context) error {
	r := l.record
	r.Roster, r.Rev = enlist(r.Roster, l.owner, l.clock), l.newRev()
	return l.swap(ctx, r)
}

// leave removes the entry of this process, and nothing else. While another process
// renews or logs out it does not, as that one would meet a conflict.
func (l *ledger) leave(ctx context.Context) error {
	switch _, listed := l.record.Roster[l.owner]; {
	case !listed || !l.down.IsZero():
		return nil
	case l.record.Lease != nil && !l.ownLease():
		return errElsewhere
	}
	r := l.record
	r.Roster, r.Rev = delist(r.Roster, l.owner), l.newRev()
	return l.swap(ctx, r)
}

// register lists this process in the roster of the record, if it is time to.
func (e *engine) register(ctx context.Context) {
	for range registerTries {
		if !e.ledger.unlisted() || e.isClosing() {
			return
		}
		if err := e.ledger.register(ctx); err != errLost {
			_ = e.told(StageStore, 0, err)
			return
		}
		if err := e.catchUp(ctx); err != nil {
			return
		}
		e.adoptShared()
	}
}

// unregister takes this process off the roster.
func (e *engine) unregister(ctx context.Context) {
	if e.ledger == nil {
		return
	}
	for range leaveTries {
		if err := e.ledger.leave(ctx); err != errLost && err != errElsewhere {
			return
		}
		_ = sleep(ctx, poll(e.jitter())/8) // many processes may end at the same moment
		if err := e.catchUp(ctx); err != nil {
			return
		}
	}
}

package ringcx

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx/internal/servertime"
)

const (
	maxRoster    = 20               // entries: as many turns as fit into the lifetime of a token
	rosterUpdate = 8 * time.Minute  // after which a process writes its entry again
	rosterEnd    = 14 * time.Minute // after which the process of an entry has ended: it looks at the record once in the lifetime of a token
)

// roster lists the processes that share the session by their names, so that each knows
// its turn when the Store is down. Its methods do not change it.
type roster map[string]rosterEntry

// rosterEntry is one process of a roster.
type rosterEntry struct {
	Since servertime.Timestamp `json:"since"` // when it was listed first
	Seen  servertime.Timestamp `json:"seen"`  // when it wrote last
}

func (r roster) has(process string) bool {
	_, listed := r[process]
	return listed
}

// hasOthers reports whether processes other than this one are listed.
func (r roster) hasOthers(process string) bool {
	return len(r) > 1 || len(r) == 1 && !r.has(process)
}

// needs reports whether the entry of a process is missing, and there is room for it, or
// must be written again.
func (r roster) needs(process string, c *servertime.Clock) bool {
	entry, listed := r[process]
	if !listed {
		return r.with(process, c).has(process)
	}
	return time.Since(c.Local(entry.Seen)) > rosterUpdate
}

// with returns r with a current entry of a process, and without the entries of processes
// that have ended. A full roster takes no new process.
func (r roster) with(process string, c *servertime.Clock) roster {
	next := maps.Clone(r)
	if next == nil {
		next = roster{}
	}
	end := r.lastSeen(c).Add(-rosterEnd)
	maps.DeleteFunc(next, func(_ string, e rosterEntry) bool { return c.Local(e.Seen).Before(end) || c.FarAhead(e.Seen, 0) })
	if !next.has(process) && len(next) >= maxRoster {
		next.makeRoom(c)
	}
	now := c.Timestamp(time.Now())
	switch e, listed := next[process]; {
	case listed:
		next[process] = rosterEntry{Since: e.Since, Seen: now}
	case len(next) < maxRoster:
		since := now
		for _, e := range next { // later than all others, so that no two processes have the same place
			if !c.FarAhead(e.Since, 0) {
				since.At = max(since.At, e.Since.At+1)
			}
		}
		next[process] = rosterEntry{Since: since, Seen: now}
	}
	return next
}

// makeRoom removes the entry of r that was written longest ago, if its process should have
// written it again. If that process still runs, it is listed again later.
func (r roster) makeRoom(c *servertime.Clock) {
	oldest := ""
	for process, e := range r {
		if before, ok := r[oldest]; !ok || e.Seen.At < before.Seen.At {
			oldest = process
		}
	}
	if r.lastSeen(c).Sub(c.Local(r[oldest].Seen)) > rosterUpdate {
		delete(r, oldest)
	}
}

// without returns r without a process.
func (r roster) without(process string) roster {
	next := maps.Clone(r)
	delete(next, process)
	return next
}

// turns returns the processes of r in the order of their turns, and how many of them were
// listed recently. Those come first, the earliest of them first. So after a restart the
// entries of the old processes, which may still be there, cost the new ones no place, and
// no process moves when another one is listed.
func (r roster) turns(c *servertime.Clock) (processes []string, recent int) {
	end := r.lastSeen(c).Add(-rosterEnd)
	old := func(process string) int {
		if c.Local(r[process].Since).Before(end) {
			return 1
		}
		return 0
	}
	for process, e := range r {
		if !c.Local(e.Seen).Before(end) && !c.FarAhead(e.Seen, 0) {
			processes = append(processes, process)
			recent += 1 - old(process)
		}
	}
	slices.SortFunc(processes, func(a, b string) int {
		return cmp.Or(cmp.Compare(old(a), old(b)), cmp.Compare(r[a].Since.At, r[b].Since.At), cmp.Compare(a, b))
	})
	return processes, recent
}

// lastSeen returns when r was written last. Entries are compared with that, and not with
// the current time, so that processes that read the same roster agree.
func (r roster) lastSeen(c *servertime.Clock) time.Time {
	newest := time.Time{}
	for _, e := range r {
		if !c.FarAhead(e.Seen, 0) {
			newest = later(newest, c.Local(e.Seen))
		}
	}
	return newest
}

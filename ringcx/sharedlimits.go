package ringcx

import (
	"slices"
	"time"
)

// gate is what limits a stage, in the record.
type gate struct {
	Rests []sharedRest `json:"rests,omitempty"`
	Hits  []sharedHit  `json:"hits,omitempty"`
}

// sharedRest is a rest in the record.
type sharedRest struct {
	Owner string `json:"owner"`
	Since mark   `json:"since"`
	Until mark   `json:"until"`
	Other int64  `json:"others"` // how long the others wait, in milliseconds
}

// sharedHit is a hit in the record.
type sharedHit struct {
	ID string `json:"id"`
	mark
	End string `json:"end,omitempty"`
}

// maxShared bounds the rests and the hits of one stage that a process takes from a
// record: more are not of this package.
const maxShared = 64

// limits are those of the record and of this process. A hit of which this host cannot
// say when it was counts from when it first saw it: that is late, and so on the safe
// side. Entries that are past by every clock, or implausibly far ahead, are ignored.
func (r *record) limits(c *serverClock, own limits) limits {
	l := newLimits()
	l.owner, l.ownUntil, l.last, l.slack = own.owner, own.ownUntil, own.last, clockDrift
	stages := map[Stage]bool{}
	for stage := range own.hits {
		stages[stage] = true
	}
	for stage := range own.rests {
		stages[stage] = true
	}
	for stage := range r.Gates {
		stages[stage] = true
	}
	for stage := range stages {
		g := r.Gates[stage]
		l.hits[stage] = l.union(c, g.Hits, own.hits[stage])
		l.rests[stage] = l.joinRests(c, g.Rests, own.rests[stage], r.Rev == "")
	}
	return l
}

// union returns the hits of a record together with those that this process knows of,
// each once.
func (l *limits) union(c *serverClock, shared []sharedHit, own []hit) (hits []hit) {
	shared = shared[:min(len(shared), maxShared)]
	for _, h := range own {
		i := slices.IndexFunc(shared, func(s sharedHit) bool { return s.ID == h.id })
		switch h.at = h.past(c); {
		case i >= 0 && h.end == "" && shared[i].End != "":
			continue // the record knows how it ended
		case i >= 0 || l.recent(h):
			hits = append(hits, h)
		}
	}
	for _, s := range shared {
		if slices.ContainsFunc(hits, func(h hit) bool { return h.id == s.ID }) {
			continue
		}
		h := hit{id: s.ID, end: s.End, instant: instant{seen: time.Now(), mark: s.mark, read: true}}
		if h.at = h.past(c); !farAhead(c, h.mark, 0) {
			hits = append(hits, h)
		}
	}
	return hits
}

// joinRests returns the rests of a record together with those of this process. What the
// others were asked is the record's to say, unless it was lost.
func (l *limits) joinRests(c *serverClock, shared []sharedRest, own []rest, lost bool) (rests []rest) {
	shared = shared[:min(len(shared), maxShared)]
	for _, r := range own {
		found := slices.ContainsFunc(shared, r.is)
		if r.owner != l.owner && (found || !lost) {
			continue // below
		}
		r.removed = r.removed || r.shared && !found && !lost
		r.shared = r.shared || found
		r.until.at = r.until.slept(c)
		rests = append(rests, r)
	}
	for _, s := range shared {
		if slices.ContainsFunc(rests, func(r rest) bool { return r.is(s) }) || farAhead(c, s.Until, maxRetryAfter) {
			continue
		}
		seen := time.Now()
		if i := slices.IndexFunc(own, func(r rest) bool { return r.is(s) }); i >= 0 {
			seen = own[i].until.seen
		}
		r := rest{
			owner: s.Owner, others: s.others(),
			since: instant{seen: seen, mark: s.Since, read: true},
			until: instant{seen: seen, mark: s.Until, read: true},
		}
		r.since.at = r.since.past(c)
		r.until.at = s.end(c, seen)
		rests = append(rests, r)
	}
	return rests
}

// end is when the rest ends, which this host saw first at seen: an hour after that at
// most. A host that does not know the time knows how long the rest is.
func (s sharedRest) end(c *serverClock, seen time.Time) time.Time {
	end := c.local(s.Until)
	if !c.known() {
		end = seen.Add(max(0, time.UnixMilli(s.Until.At).Sub(time.UnixMilli(s.Since.At))))
	}
	return earlier(end, seen.Add(maxRetryAfter))
}

// farAhead reports whether a time of the record is implausible: more than the clocks can
// differ by beyond the most that it may lie ahead.
func farAhead(c *serverClock, m mark, most time.Duration) bool {
	return c.known() && time.Until(c.local(m)) >= most+2*clockError
}

// others is how long the other processes wait, within bounds.
func (s sharedRest) others() time.Duration {
	return min(max(time.Duration(min(s.Other, maxRetryAfter.Milliseconds()))*time.Millisecond, rejectedPause), penalty)
}

// is reports whether s is r in a record.
func (r rest) is(s sharedRest) bool { return r.owner == s.Owner && r.until.mark == s.Until }

// written notes that a record has all of l.
func (l *limits) written() {
	for _, rests := range l.rests {
		for i := range rests {
			rests[i].shared = true
		}
	}
}

// gates are the limits as the record gives them. A rest that others have removed,
// because they succeeded, is not written again.
func (l *limits) gates(c *serverClock) map[Stage]gate {
	gates := map[Stage]gate{}
	for stage, rests := range l.rests {
		g := gates[stage]
		for _, r := range rests {
			if !r.removed && !r.until.over(c) {
				g.Rests = append(g.Rests, sharedRest{Owner: r.owner, Since: r.since.mark, Until: r.until.mark, Other: r.others.Milliseconds()})
			}
		}
		gates[stage] = g
	}
	for stage, hits := range l.hits {
		g := gates[stage]
		for _, h := range hits {
			if h.at = h.past(c); l.recent(h) {
				g.Hits = append(g.Hits, sharedHit{ID: h.id, mark: h.mark, End: h.end})
			}
		}
		gates[stage] = g
	}
	for stage, g := range gates {
		if len(g.Rests)+len(g.Hits) == 0 {
			delete(gates, stage)
		}
	}
	return gates
}

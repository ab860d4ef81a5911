package ringcx

import (
	"slices"
	"time"
)

// ErrElsewhere is what a caller sees who waited too long for another host.
var ErrElsewhere = errElsewhere

// SetClock gives a TokenSource that nobody has used yet another clock for the
// life of its tokens, and another source of jitter.
func SetClock(s *TokenSource, now func() time.Time, jitter func() float64) {
	s.engine.now, s.engine.jitter = now, jitter
	s.engine.clock.host = s.engine.owner // no two hosts of a simulation share a clock
}

// SetHost says on which machine a TokenSource runs that nobody has used yet.
func SetHost(s *TokenSource, name string) { s.engine.clock.host = name }

// LongestWait is how long the source may have to wait before it asks again: the
// longest rest of a stage, the limits' window and the back-off of a failure.
func LongestWait(s *TokenSource) time.Duration {
	e := s.engine
	e.slot <- struct{}{}
	defer func() { <-e.slot }()
	longest := time.Duration(0)
	for stage := range e.session.limits.rests {
		longest = max(longest, time.Until(e.session.limits.closedUntil(stage)))
	}
	for _, hits := range e.session.limits.hits {
		for _, hit := range hits {
			longest = max(longest, hitWindow-time.Since(hit.at))
		}
	}
	longest = max(longest, time.Until(e.aside.at.Add(e.aside.whileExpired(e.session.gen))))
	e.mu.Lock()
	defer e.mu.Unlock()
	return max(longest, time.Until(e.failure.until))
}

// copy makes c know what of knows.
func (c *serverClock) copy(of *serverClock) {
	of.mu.Lock()
	defer of.mu.Unlock()
	c.date, c.seen, c.then, c.odd, c.hearsay = of.date, of.seen, of.then, of.odd, of.hearsay
}

// Renewing reports whether a flight of the source is under way.
func Renewing(s *TokenSource) bool {
	s.engine.mu.Lock()
	defer s.engine.mu.Unlock()
	return s.engine.flight != nil
}

// CopyMemory gives to, which nobody has used yet, all that from knows, as a
// snapshot of a machine does: both take themselves for one process.
func CopyMemory(to, from *TokenSource) {
	from.engine.slot <- struct{}{}
	defer func() { <-from.engine.slot }()
	to.engine.state.Store(from.engine.state.Load())
	to.engine.session = from.engine.session
	l := newLimits()
	l.owner, l.slack = from.engine.owner, from.engine.session.limits.slack
	for stage, hits := range from.engine.session.limits.hits {
		l.hits[stage] = slices.Clone(hits)
	}
	for stage, rests := range from.engine.session.limits.rests {
		l.rests[stage] = slices.Clone(rests)
	}
	to.engine.session.limits, to.engine.owner = l, from.engine.owner
	to.engine.outage, to.engine.aside, to.engine.asked = from.engine.outage, from.engine.aside, from.engine.asked
	to.engine.clock.copy(from.engine.clock)
	if own, l := to.engine.ledger, from.engine.ledger; l != nil {
		own.owner, own.record, own.version = l.owner, l.record, l.version
		own.wrote, own.leases = slices.Clone(l.wrote), slices.Clone(l.leases)
		own.pending, own.leaseEnd, own.foreign = l.pending, l.leaseEnd, l.foreign
	}
}
